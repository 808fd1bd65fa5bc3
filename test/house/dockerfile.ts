import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

export const repository = resolve(import.meta.dirname, '../..');

export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** The instructions of the Dockerfile, stage by stage; each stage begins with its `FROM`. */
export async function dockerStages(): Promise<readonly (readonly Instruction[])[]> {
  const text = await readFile(resolve(repository, 'Dockerfile'), 'utf8');
  const lines = text.replace(/^#.*\n/gm, '').replace(/\\\n\s*/g, '');
  const stages: Instruction[][] = [];
  for (const line of lines.split('\n')) {
    const [, name, rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === undefined) {
      if (line.trim() !== '') throw new Error(`No instruction: ${line}`);
    } else if (name === 'FROM') stages.push([{ name, text: rest }]);
    else stages.at(-1)?.push({ name, text: rest });
  }
  return stages;
}

/** All of one kind in a stage. */
export function of(stage: readonly Instruction[] | undefined, name: string): readonly string[] {
  return (stage ?? []).filter((one) => one.name === name).map(({ text }) => text);
}

/** `COPY` from the repository: what, and where to below the working folder. */
export function copiesOf(
  stage: readonly Instruction[] | undefined,
): ReadonlyArray<readonly [from: string, to: string]> {
  return of(stage, 'COPY')
    .filter((text) => !text.startsWith('--from='))
    .flatMap((text) => {
      const words = text.split(/\s+/);
      const to = words.pop() ?? '';
      return words.map((from) => [from, to.endsWith('/') ? `${to}${from}` : to] as const);
    });
}

export function environmentOf(stage: readonly Instruction[] | undefined): Record<string, string> {
  const pairs = of(stage, 'ENV').flatMap((text) => text.split(/\s+/));
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
}

/** The words of an instruction in its exec form, by which no shell stands between. */
export function wordsOf(stage: readonly Instruction[] | undefined, name: string): readonly string[] {
  const text = of(stage, name).at(-1) ?? '';
  return JSON.parse(text.slice(text.indexOf('['))) as string[];
}

/** The part of compose.yaml that is one service. */
export async function composeService(name: string): Promise<string> {
  const text = await readFile(resolve(repository, 'compose.yaml'), 'utf8');
  return new RegExp(`^  ${name}:\n((?:    .*\n|\n)+)`, 'm').exec(text)?.[1] ?? '';
}
