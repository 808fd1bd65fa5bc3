import { isoTime } from '../clock.ts';
import type { AgentFact } from '../events.ts';
import type { StateDocument } from '../state/schema.ts';
import { isOwnGate, outdatedGates, type ServiceFault, shut, without } from './gates.ts';
import type { Parts } from './parts.ts';

/** Why a gate was opened: the service answered, the settings are others, somebody said so, the next day has come. */
type OpenedBy = Extract<AgentFact, { type: 'gate.opened' }>['by'];

/** A fault of the service: all tasks wait at its gate. */
export async function shutGate(parts: Parts, fault: ServiceFault): Promise<void> {
  const { config, state, clock, random, events, configuration } = parts;
  const now = clock.now();
  const gate = await state.update((draft) => {
    // A call that goes on beside was asked before the gate was shut, and says nothing new.
    if (config.maxConcurrentTasks > 1 && isShut(draft.gates[fault.cause]?.opens_at, now)) return undefined;
    draft.gates = shut(draft.gates, fault, now, random, configuration());
    return draft.gates[fault.cause];
  });
  if (gate === undefined) return;
  events.emit({
    type: 'gate.shut',
    cause: fault.cause,
    detail: gate.reason,
    probes: gate.probes,
    ...(gate.opens_at === null ? {} : { opensAt: Date.parse(gate.opens_at) }),
  });
}

function isShut(opensAt: string | null | undefined, now: number): boolean {
  return typeof opensAt === 'string' && Date.parse(opensAt) > now;
}

/** Opens these gates in the draft of a state; gives those that were shut. For a command without an agent, too. */
export function openIn(draft: StateDocument, causes: readonly string[]): readonly string[] {
  const opened = causes.filter((cause) => draft.gates[cause] !== undefined);
  if (opened.length > 0) draft.gates = without(draft.gates, opened);
  return opened;
}

export async function openGates(parts: Parts, by: OpenedBy, causes: readonly string[]): Promise<void> {
  const { state } = parts;
  const before = state.current.gates;
  tellOpened(parts, before, await state.update((draft) => openIn(draft, causes)), by);
}

/** Whoever has changed the settings, or logged in, has mended what shut the gate. */
export async function openOutdatedGates(parts: Parts): Promise<void> {
  const { state, configuration } = parts;
  if (Object.keys(state.current.gates).length === 0) return;
  const outdated = outdatedGates(state.current.gates, configuration());
  if (outdated.length > 0) await openGates(parts, 'configuration', outdated);
}

export function tellOpened(
  { events, clock }: Parts,
  before: StateDocument['gates'],
  causes: readonly string[],
  by: OpenedBy,
): void {
  for (const cause of causes) {
    const since = Date.parse(before[cause]?.since ?? isoTime(clock.now()));
    events.emit({ type: 'gate.opened', cause, by, shutMs: Math.max(0, clock.now() - since) });
  }
}

/** The gates that an answer of the service opens: all but our own. */
export function ofService(gates: StateDocument['gates']): readonly string[] {
  return Object.keys(gates).filter((cause) => !isOwnGate(cause));
}
