/** What Claude Code prints when its account or its answer has reached a limit. */
const sayings = [
  { kind: 'rate', pattern: /\b(?:usage limit reached|rate_limit_error|hit your (?:\w{1,40} )?limit)\b/i },
  { kind: 'tokens', pattern: /\bexceeded the \d{1,20} output token maximum\b/i },
] as const;
/** What is told of the line around it. */
const aroundCharacters = 80;

export interface ModelLimit {
  readonly kind: 'rate' | 'tokens';
  readonly text: string;
}

/** Looks through the output of a command that runs Claude; each kind is told once. */
export class ModelLimits {
  readonly #told = new Set<ModelLimit['kind']>();
  readonly #isClaude: boolean;

  constructor(command: string) {
    this.#isClaude = /\bclaude\b/.test(command);
  }

  find(output: Uint8Array): ModelLimit | undefined {
    if (!this.#isClaude || this.#told.size === sayings.length) return undefined;
    const text = Buffer.from(output.buffer, output.byteOffset, output.byteLength).toString();
    for (const { kind, pattern } of sayings) {
      const found = this.#told.has(kind) ? null : pattern.exec(text);
      if (found === null) continue;
      this.#told.add(kind);
      return { kind, text: around(text, found.index, found.index + found[0].length) };
    }
    return undefined;
  }
}

/** Not by the pattern: in a flood it would look back from every character. */
function around(text: string, start: number, end: number): string {
  const before = text.slice(Math.max(0, start - aroundCharacters), start);
  const after = text.slice(end, end + aroundCharacters);
  const head = before.split(/[\n"]/).at(-1) ?? '';
  const tail = after.split(/[\n"]/).at(0) ?? '';
  return `${head}${text.slice(start, end)}${tail}`.trim();
}
