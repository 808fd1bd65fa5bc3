import type { Config } from '../config/types.ts';
import type { TaskPhase } from '../domain/task.ts';

/** For snapshots, lanes and the disk, around what has a limit in the settings. */
const marginMs = 5 * 60_000;
/** The run, and what is red in it once more, and room for a third. */
const runsOfALook = 3;
/** A patch is replayed three times at most; each time it is proven again. */
const proofsOfALanding = 4;

/** The longest that a step may take: what its parts may take by the settings, and a margin. */
export function stepLimitMs(
  step: TaskPhase,
  { claudeTimeoutMs, testTimeoutMs }: Pick<Config, 'claudeTimeoutMs' | 'testTimeoutMs'>,
): number {
  const lookMs = runsOfALook * testTimeoutMs;
  switch (step) {
    case 'plan':
    case 'fix':
      return claudeTimeoutMs + marginMs;
    case 'triage':
    case 'verify':
      return lookMs + marginMs;
    case 'land':
      return proofsOfALanding * (lookMs + marginMs);
    case 'escalate':
      return marginMs;
  }
}
