import { z } from 'zod';
import type { Task } from '../domain/task.ts';
import type { Fix } from '../fix/fixer.ts';
import type { Patch, Snapshot } from '../workspace/types.ts';
import type { AttemptLog } from './attempt.ts';
import { patchName } from './earlier.ts';
import type { Parts } from './parts.ts';

/*
 * A fix that was paid and has got no verdict yet: the tests could not be run, the agent was stopped or killed. It is
 * judged again instead of being bought again, as long as the tree is the one that it was made on.
 */

/** What can never be judged is thrown away after so many tries. */
const maxTries = 10;

const id = z.string().regex(/^[0-9a-f]{40}$/);
const keptSchema = z.object({
  base: id,
  result: id,
  strategy: z.string(),
  cost_usd: z.number(),
  tries: z.int().nonnegative(),
});
type Kept = z.infer<typeof keptSchema>;

const fileOf = (attempt: number): string => `attempt-${attempt}/fix.json`;

export async function keepFix(
  { runs }: Parts,
  task: Task,
  { base, result }: Patch,
  { number, strategy, costUsd }: AttemptLog,
): Promise<void> {
  const kept: Kept = { base: base.tree, result: result.tree, strategy, cost_usd: costUsd, tries: 0 };
  await runs.write(task.id, fileOf(number), JSON.stringify(kept));
}

/** The patch that this attempt has paid already. The log then says what it cost, and what its strategy was. */
export async function keptFix(
  parts: Parts,
  task: Task,
  base: Snapshot,
  log: AttemptLog,
): Promise<Extract<Fix, { kind: 'patch' }> | undefined> {
  const { runs, workspace } = parts;
  const kept = await read(parts, task.id, log.number);
  if (kept === undefined) return undefined;
  // The private repository may have been emptied meanwhile.
  const isOfThisTree = kept.base === base.tree && kept.tries < maxTries;
  const patch = isOfThisTree ? await workspace.patch(base, kept.result).catch(() => undefined) : undefined;
  const left = patch === undefined ? {} : { ...kept, tries: kept.tries + 1 };
  await runs.write(task.id, fileOf(log.number), JSON.stringify(left));
  if (patch === undefined) return undefined;
  Object.assign(log, { strategy: kept.strategy, costUsd: kept.cost_usd, patch: patchFile(task.id, log.number) });
  return { kind: 'patch', patch, summary: kept.strategy, answer: unasked };
}

/** Whether the next attempt at a task may need no money. */
export async function hasKeptFix(parts: Parts, { id, attempts }: Task): Promise<boolean> {
  return (await read(parts, id, attempts.length + 1)) !== undefined;
}

async function read({ runs }: Parts, taskId: string, attempt: number): Promise<Kept | undefined> {
  const text = await runs.read(taskId, fileOf(attempt));
  if (text === undefined) return undefined;
  try {
    return keptSchema.parse(JSON.parse(text));
  } catch {
    // Used up, or half a file of an agent that was killed.
    return undefined;
  }
}

const patchFile = (taskId: string, attempt: number): string => `${taskId}/${patchName(attempt)}`;

const unasked: Fix['answer'] = {
  outcome: { kind: 'done', text: '', structured: undefined, denials: 0 },
  usage: { costUsd: 0, turns: 0, inputTokens: 0, outputTokens: 0 },
  sessionId: undefined,
  durationMs: 0,
};
