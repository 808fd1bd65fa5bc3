import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { type SchemaName, schemas } from '../../../src/cli/schemas/schemas.ts';
import { findPackageRoot } from '../../../src/config/package-root.ts';
import { run, start } from '../../../src/process/process.ts';
import { onTerminal } from '../../rig/terminal.ts';
import { ctrlC, ctrlD, type Row } from './rows.ts';

export const entry = join(findPackageRoot(), 'automation', 'mendwatch.ts');

export interface Place {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** That of a clone, which has settings of its own. */
  readonly entry?: string;
}

interface Heard {
  readonly stdout: string;
  readonly stderr: string;
}

/** What nobody should read. */
const slips = /undefined|NaN|\[object |This is a bug|^\s+at /m;

/** Described by its schema to the last field. */
export function expectDescribed(name: SchemaName, text: string, words: string): void {
  const value: unknown = JSON.parse(text);
  const parsed = schemas[name].safeParse(value);
  expect(parsed.error?.message, `${words}: ${text}`).toBeUndefined();
  expect(parsed.data, `${words} says more than its schema`).toEqual(value);
}

function expectLines(name: SchemaName, text: string, words: string): void {
  for (const line of text.trimEnd().split('\n')) expectDescribed(name, line, words);
}

/** Both at once, where both are wanted. Gives what the program got. */
export async function say(on: Place, row: Row, ids: Readonly<Record<string, string>> = {}): Promise<Heard> {
  const shows = new RegExp(fill(row.shows.source, ids), row.shows.flags);
  const said = { ...row, words: fill(row.words, ids), shows };
  const [heard = { stdout: '', stderr: '' }] = await Promise.all([
    row.only === 'terminal' ? undefined : byProgram(on, said),
    row.only === 'program' ? undefined : byPerson(on, said),
  ]);
  return heard;
}

async function byPerson(
  { folder, env, entry: program = entry }: Place,
  { words, code, shows, keys = [] }: Row,
): Promise<void> {
  const terminal = onTerminal([process.execPath, program, ...words.split(' ')], { cwd: folder, env });
  for (const [seen, typed] of keys) {
    await terminal.shows(seen);
    terminal.type(typed);
  }
  expect(await terminal.ended, `${words}: ${terminal.screen.join('\n')}`).toEqual({ kind: 'exited', code });
  const screen = terminal.screen.join('\n');
  // As it stands, or but for where its rows end.
  expect(shows.test(screen) ? screen : wordsIn(screen).join(' '), words).toMatch(shows);
  expect(screen, words).not.toMatch(slips);
}

async function byProgram(on: Place, { words, code, schema, prints, keys = [] }: Row): Promise<Heard> {
  const args = prints === undefined ? [...words.split(' '), '--json'] : words.split(' ');
  const child = start({
    command: process.execPath,
    args: [on.entry ?? entry, ...args],
    cwd: on.folder,
    env: on.env,
    stdin: 'open',
    stdout: { kind: 'stream' },
    timeoutMs: 60_000,
  });
  onTestFinished(async () => void (await child.cancel('the test is over')));
  let stdout = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  for (const [seen, typed] of keys) {
    await expect.poll(() => stdout, { timeout: 20_000 }).toContain(seen);
    if (typed === ctrlC) process.kill(child.pid ?? 0, 'SIGINT');
    else if (typed === ctrlD) child.stdin?.end();
    else child.stdin?.write(typed);
  }
  const { end, stderr } = await child.result;
  expect(end, `${words} --json: ${stdout}${stderr}`).toEqual({ kind: 'exited', code });
  expect(stderr, words).not.toMatch(slips);
  if (schema === 'logs') expectLines(schema, stdout, words);
  else if (schema !== undefined) expectDescribed(schema, stdout, words);
  else if (prints !== undefined) expect(stdout, words).toMatch(prints);
  else expectRefused({ stdout, stderr }, words);
  return { stdout, stderr };
}

function expectRefused({ stdout, stderr }: Heard, words: string): void {
  expect(stdout, words).toBe('');
  expect(stderr, words).not.toBe('');
  expect(stderr, words).not.toMatch(slips);
}

/** The same is said with and without a terminal, but for where the lines end. */
export async function sayWrongly(on: Place, words: string, says: string): Promise<void> {
  const command = [process.execPath, on.entry ?? entry, ...words.split(' ')];
  const terminal = onTerminal(command, { cwd: on.folder, env: on.env });
  const [program = '', ...args] = command;
  const { end, stdout, stderr } = await run({ command: program, args, cwd: on.folder, env: on.env, timeoutMs: 60_000 });
  expect(end, `${words}: ${stderr}`).toEqual({ kind: 'exited', code: 2 });
  expectRefused({ stdout, stderr }, words);
  expect(stderr, words).toContain(says);
  expect(await terminal.ended, words).toEqual({ kind: 'exited', code: 2 });
  expect(wordsIn(terminal.screen.join('\n')).join(' '), words).toBe(wordsIn(stderr).join(' '));
}

/** The words, but for numbers, which may have changed meanwhile, that a narrow terminal shows in two parts, although they would have had room. */
export async function broken(on: Place, words: string, ids: Readonly<Record<string, string>>): Promise<string[]> {
  const args = [process.execPath, entry, ...fill(words, ids).split(' ')];
  const [wide, narrow] = [400, narrowColumns].map((columns) =>
    onTerminal(args, { cwd: on.folder, env: on.env, columns }),
  );
  await Promise.all([wide?.ended, narrow?.ended]);
  const whole = new Set(wordsIn(narrow?.screen.join('\n') ?? ''));
  return wordsIn(wide?.screen.join('\n') ?? '').filter(
    (word) => word.length < narrowColumns / 2 && !/\d/.test(word) && !whole.has(word),
  );
}

const narrowColumns = 40;

function wordsIn(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

function fill(text: string, ids: Readonly<Record<string, string>>): string {
  return text.replace(/\{([a-z]+)\}/g, (_, name) => ids[name] ?? `{${name}}`);
}
