import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestRun } from '../../domain/tests.ts';
import { run } from '../../process/process.ts';
import type { ProcessResult, ProcessSpec } from '../../process/types.ts';
import { inTime, type SharedTime, underLimit } from '../in-turn.ts';
import type { TestRequest } from '../types.ts';

const outputLimitBytes = 64 * 1024 * 1024;
const keptOutputBytes = 64 * 1024;

/** The folder of a run as the runner will name it. */
export interface Place {
  /** Without symbolic links. */
  readonly root: string;
  readonly reportFolder: string;
  /** Of the request, for all that is started for it. */
  readonly time: SharedTime;
}

export async function inPlace(request: TestRequest, runIn: (place: Place) => Promise<TestRun>): Promise<TestRun> {
  if (request.scope.kind !== 'all' && request.scope.files.length === 0 && !request.signal.aborted)
    return { kind: 'no-tests', durationMs: 0 };
  return inTime(request, async (time) => {
    const [root, reportFolder] = await Promise.all([realpath(request.root), realpath(request.reportFolder)]);
    return runIn({ root, reportFolder, time });
  });
}

export function broken(reason: 'could-not-start' | 'configuration', detail: string): TestRun {
  return { kind: 'broken', reason, detail, outputTail: '', durationMs: 0 };
}

/** In a folder relative to the root; its environment comes on top of that of the request. */
export interface NodeCommand {
  readonly node: string;
  readonly folder: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Runs Node within the limits that hold for all tests. */
export async function runNode(
  { env, signal, niceness }: TestRequest,
  { root, time }: Place,
  command: NodeCommand,
): Promise<ProcessResult> {
  const result = await run({ ...nodeSpec({ root, env, niceness }, command), timeoutMs: time.leftMs(), signal });
  return underLimit(result, time);
}

/** What all processes of a run have in common. */
export function nodeSpec(
  { root, env, niceness }: Pick<TestRequest, 'root' | 'env'> & { readonly niceness: number | undefined },
  command: NodeCommand,
): Omit<ProcessSpec, 'timeoutMs' | 'signal'> {
  const { NODE_TEST_CONTEXT: _, ...launch } = env;
  return {
    command: command.node,
    args: command.args,
    cwd: join(root, command.folder),
    // Caches of compiled modules lie outside the lane, and what is in them can turn red into green.
    env: { ...launch, TSX_DISABLE_CACHE: '1', BABEL_DISABLE_CACHE: '1', ...command.env },
    stdout: { kind: 'collect', limitBytes: keptOutputBytes },
    stderr: { kind: 'collect', limitBytes: keptOutputBytes },
    outputLimitBytes,
    lowPriority: niceness ?? true,
  };
}
