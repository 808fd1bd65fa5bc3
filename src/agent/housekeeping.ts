import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { AgentEvents } from '../events.ts';
import type { Workspace } from '../workspace/types.ts';

const everyMs = 30 * 60_000;

/** Now and then, while nothing is being worked at. What could not be tidied up today is tidied up the next time. */
export async function keepHouse(
  { workspace, clock, events }: { workspace: Workspace; clock: Clock; events: AgentEvents },
  isBusy: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      await clock.sleep(everyMs, signal);
    } catch {
      return;
    }
    if (isBusy()) continue;
    try {
      await workspace.tidy();
    } catch (error) {
      events.emit({ type: 'fault', where: 'tidying up the private repository', message: messageOf(error) });
    }
  }
}
