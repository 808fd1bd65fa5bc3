import { createHash } from 'node:crypto';
import type { Config } from '../config/types.ts';

/**
 * What every process that an agent starts carries in its environment, the same over restarts: after a crash the next
 * agent on this state file ends what the last one left, before it uses the lanes in which that may still be writing.
 */
export function agentMarker({ stateFile }: Pick<Config, 'stateFile'>): string {
  return `agent-${createHash('sha256').update(stateFile).digest('hex').slice(0, 16)}`;
}
