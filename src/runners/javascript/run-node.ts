import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestRun } from '../../domain/tests.ts';
import { messageOf } from '../../errors.ts';
import { run } from '../../process/process.ts';
import type { ProcessResult } from '../../process/types.ts';
import type { TestRequest } from '../types.ts';

const outputLimitBytes = 64 * 1024 * 1024;
const keptOutputBytes = 64 * 1024;

/** The folder of a run as the runner will name it. */
export interface Place {
  /** Without symbolic links. */
  readonly root: string;
  readonly reportFolder: string;
}

/** Whatever goes wrong while tests are started is a broken run, never an exception. */
export async function inPlace(request: TestRequest, runIn: (place: Place) => Promise<TestRun>): Promise<TestRun> {
  if (request.signal.aborted) return { kind: 'cancelled' };
  if (request.scope.kind !== 'all' && request.scope.files.length === 0) return { kind: 'no-tests', durationMs: 0 };
  try {
    return await runIn({ root: await realpath(request.root), reportFolder: await realpath(request.reportFolder) });
  } catch (error) {
    return broken('could-not-start', `The tests could not be started: ${messageOf(error)}`);
  }
}

export function broken(reason: 'could-not-start' | 'configuration', detail: string): TestRun {
  return { kind: 'broken', reason, detail, outputTail: '', durationMs: 0 };
}

/** Runs Node within the limits that hold for all tests. */
export function runNode(
  { env, timeoutMs, signal, niceness }: TestRequest,
  { root }: Place,
  command: {
    readonly node: string;
    readonly folder: string;
    readonly args: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  },
): Promise<ProcessResult> {
  const { NODE_TEST_CONTEXT: _, ...launch } = env;
  return run({
    command: command.node,
    args: command.args,
    cwd: join(root, command.folder),
    // Caches of compiled modules lie outside the lane, and what is in them can turn red into green.
    env: { ...launch, TSX_DISABLE_CACHE: '1', BABEL_DISABLE_CACHE: '1', ...command.env },
    stdout: { kind: 'collect', limitBytes: keptOutputBytes },
    stderr: { kind: 'collect', limitBytes: keptOutputBytes },
    outputLimitBytes,
    lowPriority: niceness ?? true,
    timeoutMs,
    signal,
  });
}
