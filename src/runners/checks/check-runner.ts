import { realpath, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Checked, TestRun } from '../../domain/tests.ts';
import { messageOf } from '../../errors.ts';
import { run } from '../../process/process.ts';
import type { ProcessResult } from '../../process/types.ts';
import { type Broken, earlyEnd, tailOf } from '../report/ends.ts';
import { relativePath } from '../report/paths.ts';
import { plainText } from '../report/text.ts';
import type { Runner, TestRequest } from '../types.ts';
import { problemResults } from './problems.ts';
import type { Command, Ended, Looked, Place, Problem, Setup } from './types.ts';

const outputLimitBytes = 64 * 1024 * 1024;
const stderrLimitBytes = 8 * 1024 * 1024;
const tailLimit = 8_000;

/**
 * A check as a runner. It looks at all of its folder each time, since a change in one file makes problems in others, and
 * begins with nothing that an earlier run has kept.
 */
export function checkRunner(setup: Setup): Runner {
  const { folder, version, what } = setup;
  const name = nameOf(setup);
  const inside = (path: string) => (folder === '' ? path : path.startsWith(`${folder}/`) ? path : undefined);
  const asks = (rule: (path: string) => boolean) => (path: string) => inside(path) !== undefined && rule(path);
  const isNamed = (path: string) => setup.chain?.includes(path) === true;
  const isSettings = (path: string) => asks(setup.isSettings)(path) || isNamed(path);
  const wants = (path: string) => asks(setup.wants)(path) || isSettings(path);
  return {
    name,
    version,
    description: `check: ${[name, version, what === '' ? '' : `(${what})`].filter(Boolean).join(' ')}`,
    isCheck: true,
    wants,
    isProtected: isSettings,
    isSettings,
    isTestFile: () => false,
    prepare: () => undefined,
    close: () => Promise.resolve(),
    run: async (request) => {
      if (request.signal.aborted) return { kind: 'cancelled' };
      const { scope } = request;
      if (scope.kind !== 'all' && !scope.files.some(wants)) return { kind: 'no-tests', durationMs: 0 };
      return runCheck(setup, name, request);
    },
  };
}

/** What its problems are known by: two folders of a repository may each have the check. */
function nameOf({ check, folder }: Setup): string {
  return folder === '' ? check : `${check}:${folder}`;
}

async function runCheck(setup: Setup, name: string, request: TestRequest): Promise<TestRun> {
  const left: string[] = [];
  try {
    const root = await realpath(request.root);
    await setup.chain?.refresh(root);
    const place: Place = {
      root,
      folder: await realpath(join(root, setup.folder)),
      reportFolder: await realpath(request.reportFolder),
      leave: (file) => left.push(file),
    };
    return await runCommands(setup, name, request, place);
  } catch (error) {
    return broken('could-not-start', `${name} could not be started: ${messageOf(error)}`);
  } finally {
    await Promise.all(left.map((file) => rm(file, { recursive: true, force: true })));
  }
}

async function runCommands(setup: Setup, name: string, request: TestRequest, place: Place): Promise<TestRun> {
  const problems: Problem[] = [];
  const unread: Checked['unread'][] = [];
  let durationMs = 0;
  let exitCode = 0;
  const commands = await setup.commands(place);
  if (commands.length === 0) return { kind: 'no-tests', durationMs };
  for (const command of commands) {
    const result = await start(command, request, place, request.timeoutMs - durationMs);
    durationMs += result.durationMs;
    const read = await readEnd(setup, name, result, place);
    if (read.kind === 'cancelled') return read;
    if (read.kind === 'broken')
      return { ...broken(read.reason, read.detail), outputTail: tailOf(result, place.root), durationMs };
    problems.push(...read.problems);
    unread.push(read.unread);
    exitCode = Math.max(exitCode, read.code);
  }
  const tests = problemResults(name, problems, place);
  const checked = { check: name, ...passedOver(unread, place) };
  return {
    kind: 'report',
    report: { runner: name, tests, files: [], imports: {}, checked: [checked], durationMs, exitCode },
    // What the tools print is for machines.
    outputTail: tests
      .map(({ message }) => message)
      .join('\n')
      .slice(-tailLimit),
  };
}

type Read =
  | (Extract<Looked, { kind: 'problems' }> & { readonly code: number })
  | Extract<Looked, { kind: 'broken' }>
  | { readonly kind: 'cancelled' };

/** Only what came to its end, and what its exit code agrees with, is believed. */
async function readEnd(setup: Setup, name: string, result: ProcessResult, place: Place): Promise<Read> {
  const { end, stdout, stderr, droppedBytes } = result;
  if (end.kind === 'cancelled') return end;
  if (end.kind !== 'exited') {
    const [reason, detail] = earlyEnd(end, name, undefined, 'The check');
    return { kind: 'broken', reason, detail };
  }
  if (droppedBytes > 0)
    return { kind: 'broken', reason: 'too-much-output', detail: `${name} printed more than can be read.` };
  // Some tools take any value of FORCE_COLOR for a wish.
  const ended: Ended = {
    code: end.code,
    stdout: stripVTControlCharacters(stdout),
    stderr: stripVTControlCharacters(stderr),
  };
  const looked = await setup.read(ended, place);
  if (looked.kind === 'broken') return { ...looked, detail: plainText(looked.detail, place.root) };
  const counted = countedOf(looked.problems, end.code);
  if (end.code !== 0 && counted.length === 0) {
    const detail = `${name} ended with exit code ${end.code} and named no problem.`;
    return { kind: 'broken', reason: 'disagrees', detail };
  }
  return { ...looked, problems: counted, code: end.code };
}

/** Warnings count only where the exit code says that something is wrong and nothing worse is. */
function countedOf(problems: readonly Problem[], code: number): readonly Problem[] {
  const errors = problems.filter(({ severity }) => severity === 'error');
  return errors.length > 0 || code === 0 ? errors : problems;
}

function start(
  { command, args, env = {} }: Command,
  request: TestRequest,
  { folder }: Place,
  timeoutMs: number,
): Promise<ProcessResult> {
  return run({
    command,
    args,
    cwd: folder,
    env: { ...request.env, FORCE_COLOR: '0', ...env },
    stdout: { kind: 'collect', limitBytes: outputLimitBytes },
    stderr: { kind: 'collect', limitBytes: stderrLimitBytes },
    outputLimitBytes,
    timeoutMs: Math.max(timeoutMs, 1),
    signal: request.signal,
    lowPriority: request.niceness ?? true,
  });
}

function passedOver(unread: readonly Checked['unread'][], { root, folder }: Place): Pick<Checked, 'unread'> {
  if (unread.includes('all')) return { unread: 'all' };
  const files = unread.flatMap((each) => (typeof each === 'object' ? each : []));
  return files.length === 0 ? {} : { unread: files.map((file) => relativePath(root, resolve(folder, file))) };
}

function broken(reason: Broken['reason'], detail: string): Broken {
  return { kind: 'broken', reason, detail, outputTail: '', durationMs: 0 };
}
