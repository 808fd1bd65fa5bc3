import { excessOf, readSpace } from '../agent/clean/space-record.ts';
import { silenceMs, stuckMessages, whyNotDurable } from '../agent/troubles.ts';
import type { Config } from '../config/types.ts';
import type { StateDocument } from '../state/schema.ts';
import { breakerLines, gateLines } from './limit-lines.ts';
import { capitalised, inOneLine } from './line.ts';
import { inWords } from './now.ts';
import { count } from './quantities.ts';
import { excessWords } from './space-lines.ts';

export interface Trouble {
  readonly kind: 'heartbeat' | 'state' | 'health' | 'gate' | 'breaker' | 'outbox' | 'space';
  readonly text: string;
}

/** Everything about a running agent that is not as it should be. `now` in epoch ms. */
export async function troublesOf(state: StateDocument, config: Config, now: number): Promise<readonly Trouble[]> {
  const silent = silenceMs(state, config, now);
  const undurable = await whyNotDurable(config);
  const stuck = stuckMessages(state, now);
  const ill = Object.entries(state.health.reasons ?? {}).map(([name, why]) => `${name}: ${why}`);
  const of = (kind: Trouble['kind'], texts: readonly string[]): Trouble[] =>
    texts.map((text) => ({ kind, text: inOneLine(text) }));
  const space = await readSpace(config);
  const excess = space === undefined ? [] : excessOf(space, config);
  return [
    ...of(
      'heartbeat',
      silent === undefined ? [] : [`No heartbeat for ${inWords(silent)}: the agent hangs or is stopped`],
    ),
    ...of('state', undurable === undefined ? [] : [`The state cannot be written: ${undurable}`]),
    ...of('health', state.health.healthy === false ? (ill.length === 0 ? ['Health: not well'] : ill) : []),
    ...of('gate', gateLines(state)),
    ...of('breaker', breakerLines(state)),
    ...of(
      'outbox',
      stuck === 0 ? [] : [`${count(stuck, 'message')} to people not told; see \`mendwatch escalations\``],
    ),
    ...of('space', excess.map(excessWords).map(capitalised)),
  ];
}
