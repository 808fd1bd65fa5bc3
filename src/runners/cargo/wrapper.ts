import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What one test program printed and how it ended. */
export interface Section {
  /** The file name of the program. */
  readonly program: string;
  readonly list: string;
  readonly stdout: string;
  readonly stderr: string;
  /** Undefined when it did not come to its end. */
  readonly exitCode: number | undefined;
}

/**
 * A script that cargo starts each test program by: it says on both streams where the program begins and ends, in words that
 * the program cannot guess, and lets only the wanted ones run. Cargo itself gives them their folder and environment.
 */
export async function writeWrapper(
  folder: string,
  token: string,
  programs: ReadonlyMap<string, { readonly hasHarness: boolean }>,
): Promise<string> {
  const path = join(folder, `cargo-runner-${token}.sh`);
  const names = (isWanted: boolean) =>
    [...programs].filter(([, { hasHarness }]) => hasHarness === isWanted).map(([name]) => quoted(name));
  const cases = [
    ...names(true).map((name) => `${name}) ;;`),
    ...names(false).map((name) => `${name}) lists= ;;`),
    '*) exit 0 ;;',
  ];
  const script = [
    '#!/bin/sh',
    'program=$(basename "$1")',
    'lists=1',
    'case $program in',
    ...cases,
    'esac',
    `say() { printf '\\n%s %s %s\\n' ${token} "$1" "$2"; printf '\\n%s %s %s\\n' ${token} "$1" "$2" >&2; }`,
    'say begin "$program"',
    'test -z "$lists" || "$1" --list --format terse',
    'say run "$program"',
    '"$@"',
    'code=$?',
    'say end "$code"',
    'exit $code',
  ];
  await writeFile(path, `${script.join('\n')}\n`, { mode: 0o700 });
  return path;
}

function quoted(name: string): string {
  return `'${name.replaceAll("'", `'\\''`)}'`;
}

/** Takes the two streams of a run apart, by the words of the script. */
export function readSections(stdout: string, stderr: string, token: string): readonly Section[] {
  const errors = new Map(partsOf(stderr, token).map((part) => [part.program, part]));
  return partsOf(stdout, token).map(({ program, list, run, exitCode }) => ({
    program,
    list,
    stdout: run,
    stderr: errors.get(program)?.run ?? '',
    exitCode,
  }));
}

interface Part {
  program: string;
  list: string;
  run: string;
  exitCode: number | undefined;
}

function partsOf(text: string, token: string): readonly Part[] {
  const pieces = text.split(new RegExp(`\\n${token} (begin|run|end) (.*)\\n`));
  const parts: Part[] = [];
  for (let at = 1; at < pieces.length; at += 3) {
    const [word, value = '', after = ''] = pieces.slice(at, at + 3);
    const last = parts.at(-1);
    if (word === 'begin') parts.push({ program: value, list: after, run: '', exitCode: undefined });
    else if (last === undefined) continue;
    else if (word === 'run') last.run = after;
    else last.exitCode = Number(value);
  }
  return parts;
}
