import { glob, lstat, readFile, realpath, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { CheckCommand } from '../../domain/runner-names.ts';
import { namedIn } from '../shell/rules.ts';
import type { Finding } from '../types.ts';
import { checkRunner } from './check-runner.ts';
import { readSarif } from './sarif.ts';
import { isAnySettings } from './settings-files.ts';
import type { CheckFamily, CheckSearch, Ended, Looked, Place, Problem } from './types.ts';

const longestLine = 2_000;
const mostFiles = 100;
const largestFileBytes = 64 * 1024 * 1024;

/** The person's own command, in the root. What it looks at is not known: it is run for every change. */
export const command: CheckFamily = { name: 'command', find };

async function find({ root, checkCommand }: CheckSearch): Promise<readonly Finding[]> {
  if (checkCommand === undefined) return [];
  const { line } = checkCommand;
  const isNamed = namedIn(line, root);
  const runner = checkRunner({
    check: 'command',
    folder: '',
    version: '',
    what: line.length > 60 ? `${line.slice(0, 59)}…` : line,
    wants: () => true,
    isSettings: (path) => isAnySettings(path) || isNamed(path),
    commands: async (place) => {
      await removeOld(checkCommand, place);
      return [{ command: '/bin/sh', args: ['-c', line] }];
    },
    read: (ended, place) => readCommand(checkCommand, ended, place),
  });
  return [{ kind: 'runner', folder: '', runner }];
}

/** A log of an earlier run must not be taken for this one's. Only what lies in the root itself is touched. */
async function removeOld(given: CheckCommand, place: Place): Promise<void> {
  const files = await logFiles(given, place);
  await Promise.all(files.map((file) => rm(file)));
}

async function readCommand(given: CheckCommand, ended: Ended, place: Place): Promise<Looked> {
  const { code, stdout, stderr } = ended;
  // The shell's own words for a program that cannot be run.
  if (code === 126 || code === 127) {
    const detail = `CHECK_COMMAND could not be run (exit code ${code}): ${(stderr || stdout).trim().slice(-300)}`;
    return { kind: 'broken', reason: 'could-not-start', detail };
  }
  const found =
    given.problems.kind === 'pattern'
      ? matches(given.problems.source, `${stdout}\n${stderr}`)
      : await fromSarif(given, ended, place);
  if (found === undefined) {
    const detail = `CHECK_COMMAND ended with exit code ${code} and without the SARIF that CHECK_SARIF names.`;
    return { kind: 'broken', reason: 'configuration', detail };
  }
  // What the command itself calls a success has no problem.
  return { kind: 'problems', problems: code === 0 ? [] : found };
}

/** Line by line, so that no pattern has much to look at. */
export function matches(source: string, output: string): readonly Problem[] {
  const pattern = new RegExp(source);
  return output.split(/\r?\n/).flatMap((text): readonly Problem[] => {
    const { groups } = pattern.exec(text.slice(0, longestLine)) ?? {};
    if (groups?.message === undefined) return [];
    const { file = '', message, code, severity = 'error' } = groups;
    const at = { line: numberOf(groups.line), column: numberOf(groups.column) };
    return [{ file, ...at, code, message, severity: /^(?:warn|info|note|hint)/i.test(severity) ? 'warning' : 'error' }];
  });
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

async function fromSarif(
  given: CheckCommand,
  { stdout }: Ended,
  place: Place,
): Promise<readonly Problem[] | undefined> {
  if (given.problems.kind !== 'sarif') return undefined;
  if (given.problems.files.length === 0) return readSarif(stdout);
  const files = await logFiles(given, place);
  const logs = await Promise.all(files.map(async (file) => readSarif(await readFile(file, 'utf8'))));
  if (logs.length === 0 || logs.includes(undefined)) return undefined;
  return logs.flatMap((log) => log ?? []);
}

/** Real files inside the root that the patterns name. */
async function logFiles({ problems }: CheckCommand, { root }: Place): Promise<readonly string[]> {
  if (problems.kind !== 'sarif') return [];
  const files: string[] = [];
  for await (const path of glob([...problems.files], { cwd: root, exclude: ['**/node_modules/**'] })) {
    const file = join(root, path);
    const found = await lstat(file).catch(() => undefined);
    const isReal = found?.isFile() === true && found.size <= largestFileBytes;
    if (isReal && (await realpath(file)).startsWith(`${root}${sep}`)) files.push(file);
    if (files.length >= mostFiles) break;
  }
  return files.sort();
}
