import type { Package } from './packages.ts';

/** A command of a package's script that starts a test runner, taken apart. */
export interface ScriptCommand {
  /** Set for this command alone (`NAME=value` before it, also by `cross-env`). */
  readonly env: Readonly<Record<string, string>>;
  /** The program without its folder and ending: `jest`, `mocha`, `node`, `tsx`. */
  readonly program: string;
  /** Options of Node before the program's file, where the script names both. */
  readonly nodeOptions: readonly string[];
  readonly args: readonly string[];
}

const programs = new Map([
  ['jest', 'jest'],
  ['jest.js', 'jest'],
  ['mocha', 'mocha'],
  ['mocha.js', 'mocha'],
  ['_mocha', 'mocha'],
  ['ts-mocha', 'ts-mocha'],
  ['tsx', 'tsx'],
]);

/** All commands in a package's scripts that start one of these programs, those of `test` first. */
export function scriptCommands({ manifest }: Package, wanted: readonly string[]): ScriptCommand[] {
  const names = Object.keys(manifest.scripts ?? {}).sort((one, other) => rank(one) - rank(other));
  return names
    .flatMap((name) => simpleCommands(manifest.scripts?.[name] ?? ''))
    .flatMap((words) => takeApart(words) ?? [])
    .filter(({ program }) => wanted.includes(program));
}

function rank(name: string): number {
  if (name === 'test') return 0;
  return /^test/.test(name) ? 1 : 2;
}

/** The words of each command of a line for the shell. Quotes are taken off; variables and substitutions stay as text. */
function simpleCommands(line: string): string[][] {
  const commands: string[][] = [[]];
  for (const [text, operator] of line.matchAll(/(&&|\|\||[;|&\n])|(?:[^\s"'\\;&|]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/g)) {
    if (operator === undefined) commands.at(-1)?.push(unquoted(text));
    else commands.push([]);
  }
  return commands.filter((words) => words.length > 0);
}

function unquoted(word: string): string {
  return word.replaceAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/g, (_, double, single, escaped) =>
    double === undefined ? (single ?? escaped) : double.replaceAll(/\\(["\\$`])/g, '$1'),
  );
}

/** Programs around the runner (`npx`, `c8`, `cross-env`) are passed over: what counts is the runner and what follows it. */
function takeApart(words: readonly string[]): ScriptCommand | undefined {
  const env: Record<string, string> = {};
  for (const [at, word] of words.entries()) {
    const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(word) ?? [];
    if (name !== undefined && value !== undefined) env[name] = value;
    if (/^-/.test(word)) continue;
    const base = word.split('/').at(-1) ?? '';
    if (base === 'node') return nodeCommand(words.slice(at + 1), env);
    const program = programs.get(base);
    if (program !== undefined) return { env, program, nodeOptions: [], args: words.slice(at + 1) };
  }
  return undefined;
}

/** `node --flag node_modules/.bin/jest …` is jest with options of Node; `node --test …` is Node itself. */
function nodeCommand(words: readonly string[], env: Readonly<Record<string, string>>): ScriptCommand {
  const at = words.findIndex((word) => !word.startsWith('-') && programs.has(word.split('/').at(-1) ?? ''));
  const program = programs.get(words[at]?.split('/').at(-1) ?? '');
  if (program === undefined || words.includes('--test')) return { env, program: 'node', nodeOptions: [], args: words };
  return { env, program, nodeOptions: words.slice(0, at), args: words.slice(at + 1) };
}

/** One option with its value, where it has one. */
export interface Option {
  readonly name: string;
  readonly words: readonly string[];
  readonly value: string | undefined;
}

/** Splits arguments into options and the rest. `valued` are the options whose value is the next word. */
export function splitOptions(
  args: readonly string[],
  valued: ReadonlySet<string>,
): { readonly options: readonly Option[]; readonly rest: readonly string[] } {
  const options: Option[] = [];
  const rest: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? '';
    if (word === '--') return { options, rest: [...rest, ...args.slice(at + 1)] };
    const [, name, value] = /^(--?[^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) rest.push(word);
    else if (value !== undefined || !valued.has(name)) options.push({ name, words: [word], value });
    else options.push({ name, words: args.slice(at, at + 2), value: args[++at] });
  }
  return { options, rest };
}
