import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import type { OtherDoors } from '../../src/cli/entry.ts';
import { overview } from '../../src/cli/help.ts';
import { explain } from '../../src/cli/main.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { widthOf } from '../../src/cli/width.ts';
import { findPackageRoot } from '../../src/config/package-root.ts';
import { MendwatchError } from '../../src/errors.ts';

const shut = (): Promise<number> => Promise.reject(new Error('This door is not opened here'));
const doors: OtherDoors = { serve: shut, mcp: shut };
const program = () => buildProgram(doors, () => undefined);
const visible = (): readonly string[] => {
  const all = program();
  return all
    .createHelp()
    .visibleCommands(all)
    .map((command) => command.name());
};

/** What a command line is refused with. */
async function refusalOf(words: string): Promise<MendwatchError> {
  const error: unknown = await program()
    .parseAsync(words === '' ? [] : words.split(' '), { from: 'user' })
    .catch((reason: unknown) => reason);
  if (!(error instanceof MendwatchError)) throw new Error(`${words}: not refused in our words: ${error}`);
  return error;
}

describe('the list of commands', () => {
  const lines = stripVTControlCharacters(overview(program())).trimEnd().split('\n');

  test('fits one screen of 80 columns', () => {
    expect(lines.length).toBeGreaterThanOrEqual(24);
    expect(lines.length).toBeLessThanOrEqual(40);
    expect(lines.filter((line) => widthOf(line) > 80)).toEqual([]);
  });

  test('names every command once, in a group', () => {
    const listed = lines.flatMap((line) => /^ {2}([a-z]+)(?: [<[]| {2})/.exec(line)?.[1] ?? []);
    expect(listed.filter((name) => name !== 'mendwatch').sort()).toEqual(
      visible()
        .filter((name) => name !== 'help')
        .sort(),
    );
  });

  test('every command has help with its options, and nothing in it is empty', () => {
    for (const command of program().commands) {
      const help = command.helpInformation();
      expect(help, command.name()).toContain(`Usage: mendwatch ${command.name()}`);
      for (const { description, flags } of command.options)
        expect(description, `${command.name()} ${flags}`).not.toBe('');
      for (const word of command.registeredArguments)
        expect(word.description, `${command.name()} ${word.name()}`).not.toBe('');
    }
  });

  test('what the README calls `mendwatch X` is a command', async () => {
    const readme = await readFile(join(findPackageRoot(), 'README.md'), 'utf8');
    const named = [...readme.matchAll(/`mendwatch ([a-z]+)/g)].map(([, name = '']) => name);
    expect([...new Set(named)].filter((name) => !visible().includes(name))).toEqual([]);
  });
});

describe('a command line that cannot be understood says what was expected, with exit code 2', () => {
  test.each([
    ['statuss', 'There is no command statuss; did you mean status?', '`mendwatch --help` lists them.'],
    ['qwertyuiop', 'There is no command qwertyuiop.', '`mendwatch --help` lists them.'],
    ['--json', 'There is no option --json before a command.', 'Options of a command come after it'],
    ['status --jsno', '`status` has no option --jsno; did you mean --json?', '`mendwatch status --help` lists them.'],
    ['clean --olderr 3d', 'did you mean --older?', '`mendwatch clean --help` lists them.'],
    ['show', 'show: expected the id of a task, or its beginning.', '`mendwatch tasks` lists them.'],
    ['snooze', 'snooze: expected a number with s, m, h or d, as in 30m.', '`mendwatch snooze --help`'],
    ['logs --lines', 'logs: expected a value after --lines.', '`mendwatch logs --help` says which.'],
    ['status a b', 'status: too many words (a, b): expected none.', '`mendwatch status --help`'],
    ['show a b', 'show: too many words (a, b): expected <id>.', 'A text with spaces needs quotes.'],
    ['serve now', 'serve: too many words (now): expected none.', '`mendwatch serve --help`'],
    ['service', 'service: expected install, uninstall or status.', '`mendwatch service --help`'],
  ])('%s', async (words, message, remedy) => {
    const refusal = await refusalOf(words);
    expect(refusal.message).toContain(message);
    expect(refusal.remedy).toContain(remedy);
    expect(refusal.exitCode).toBe(2);
  });

  test.each([
    ['snooze soon', 'snooze soon: expected a number with s, m, h or d, as in 30m, up to 30d.'],
    ['stop --timeout x', '--timeout x: expected a number of seconds, up to 86400.'],
    ['logs --lines many', '--lines many: expected a number up to 1000000.'],
    ['logs --level loud', '--level loud: expected one of trace, debug, info, warn, error, fatal.'],
    ['logs --since when', '--since when: expected a time as in 45s, 30m, 2h, 1d, or a date.'],
    ['logs --task x', '--task x: expected the id of a task or its beginning, as in task_37f2f7e8 or 37f2.'],
    ['status --watch --check', '--watch and --check were given: expected one of them.'],
    ['service start', 'service start: expected install, uninstall or status.'],
    ['clean --older 3', '--older 3: expected a number with s, m, h or d, as in 30d.'],
    ['clean --runs --all', '--runs and --all were given: expected one of them.'],
    ['execute', 'execute: expected a task, or --list with a file of tasks.'],
    ['execute x --timeout 0', '--timeout 0: expected a number above 0, up to 86400.'],
    ['execute x --resume', '--resume was given: expected it with --list.'],
    ['verify', 'verify: expected the id of an execution, or --list.'],
    ['doctor --contract --fix', '--contract goes with --json only'],
    ['start --json --plain', '--plain and --json were given: expected one of them.'],
    ['completion tcsh', 'completion tcsh: expected bash, zsh or fish.'],
    ['schema nothing', 'There is no schema nothing.'],
  ])('%s', async (words, message) => {
    const refusal = await refusalOf(words);
    expect(refusal.message).toContain(message);
    expect(refusal.exitCode).toBe(2);
  });
});

test.each([
  [{ code: 'EROFS', syscall: 'open', path: '/ro/file' }, '/ro/file cannot be used: its disk is read-only (EROFS).'],
  [{ code: 'ENOSPC', syscall: 'open', path: '/full/file' }, '/full/file cannot be used: its disk is full (ENOSPC).'],
  [{ code: 'ENOENT', syscall: 'mkdir', path: '/ro/dir' }, '/ro/dir cannot be used: it cannot be made there (ENOENT).'],
  [{ code: 'ENOENT', syscall: 'open', path: '/gone' }, 'This is a bug in Mendwatch:'],
])('a disk that refuses is no bug of ours: %j', async (fields, said) => {
  let output = '';
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    output += String(text);
    return true;
  });
  const exitCode = await explain(Object.assign(new Error('refused'), fields)).finally(() => write.mockRestore());
  expect(exitCode).toBe(1);
  expect(output.split('\n')[0]).toBe(said);
  expect(/\n +at /.test(output)).toBe(said.startsWith('This is a bug'));
});
