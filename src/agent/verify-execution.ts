import { join } from 'node:path';
import { launchEnvironment } from '../config/process-environment.ts';
import { type Verified, verifyExecution } from '../executor/verify.ts';
import { configOf } from './execute.ts';

export type { Verified } from '../executor/verify.ts';

/**
 * Compares what log, record and transcript say of an execution, and the result where it is given.
 *
 * @throws MendwatchError when this is no id, or nothing is known of it
 */
export function verify(
  executionId: string,
  options: { readonly cwd?: string; readonly result?: unknown },
): Promise<Verified> {
  const { executor } = configOf(launchEnvironment(), options.cwd);
  const places = { folder: join(executor.folder, 'executions'), logFile: executor.logFile };
  return verifyExecution(executionId, places, options.result);
}
