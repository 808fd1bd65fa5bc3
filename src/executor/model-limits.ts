/** What Claude Code prints when its account or its answer has reached a limit. */
const sayings = [
  {
    kind: 'rate',
    pattern: /[^\n"]{0,80}\b(?:usage limit reached|rate_limit_error|hit your (?:\w+ )?limit)\b[^\n"]{0,80}/i,
  },
  { kind: 'tokens', pattern: /[^\n"]{0,80}\bexceeded the \d+ output token maximum\b[^\n"]{0,80}/i },
] as const;

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
      const found = this.#told.has(kind) ? undefined : pattern.exec(text)?.[0];
      if (found === undefined) continue;
      this.#told.add(kind);
      return { kind, text: found.trim() };
    }
    return undefined;
  }
}
