import { join } from 'node:path';
import { launchEnvironment } from '../config/process-environment.ts';
import { type Verified, verifyExecution } from '../executor/verify.ts';
import { configOf } from './execute.ts';
import { type ListedExecution, latestExecutions, wholeExecutionId } from './known-executions.ts';

export type { Verified } from '../executor/verify.ts';

/**
 * Compares what log, record and transcript say of an execution, and the result where it is given.
 *
 * @param id may be shortened
 * @throws MendwatchError when this is no id, or nothing is known of it
 */
export async function verify(
  id: string,
  options: { readonly cwd?: string; readonly result?: unknown },
): Promise<Verified> {
  const { executor } = configOf(launchEnvironment(), options.cwd);
  const folder = join(executor.folder, 'executions');
  return verifyExecution(await wholeExecutionId(folder, id), { folder, logFile: executor.logFile }, options.result);
}

/** The latest executions, newest first. */
export function listExecutions(cwd: string | undefined, most: number): Promise<readonly ListedExecution[]> {
  const { executor } = configOf(launchEnvironment(), cwd);
  return latestExecutions(join(executor.folder, 'executions'), most);
}
