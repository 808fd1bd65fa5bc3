import { every, isoTime } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { StateDocument } from '../state/schema.ts';
import { StateFencedError } from '../state/store.ts';
import type { Parts } from './parts.ts';

type CheckName = keyof StateDocument['health']['checks'];
/** Undefined when all is well, else why it is not. */
type Finding = string | undefined;

export interface VitalSigns {
  /** What the health check asks; that the state can be written is found out by writing what they said. */
  readonly checks: Readonly<Record<Exclude<CheckName, 'state_manager'>, () => Promise<Finding> | Finding>>;
  /** Whether everything that should turn does so, within this time. A heartbeat is written only then. */
  readonly isAlive: (withinMs: number) => Promise<boolean>;
}

/** Loops that only have to look up answer at once; the watcher may have a large tree before it. */
const answerMs = 60_000;

/** Heartbeat and health check, in the state file for monitors. A state that cannot be written is itself the finding. */
export async function keepVitalSigns(parts: Parts, signs: VitalSigns, signal: AbortSignal): Promise<void> {
  const heart = new Heart(parts, signs);
  const { clock, config } = parts;
  const beat = (): Promise<void> => unlessKept(parts, () => heart.beat());
  const check = (): Promise<void> => unlessKept(parts, () => checkHealth(parts, signs));
  await Promise.all([
    every(clock, config.heartbeatMs, signal, beat),
    // A monitor need not wait for the first word.
    check().then(() => every(clock, config.healthCheckMs, signal, check)),
  ]);
}

/** When another agent has taken over, the file is that one's. */
async function unlessKept({ events }: Parts, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof StateFencedError)) events.emit({ type: 'state.unavailable', message: messageOf(error) });
  }
}

class Heart {
  readonly #parts: Parts;
  readonly #signs: VitalSigns;
  #isStill = false;

  constructor(parts: Parts, signs: VitalSigns) {
    this.#parts = parts;
    this.#signs = signs;
  }

  async beat(): Promise<void> {
    const { state, clock, events } = this.#parts;
    if (!(await this.#signs.isAlive(answerMs))) {
      const message = 'a loop or the watcher does not answer; no heartbeat is written until it does';
      if (!this.#isStill) events.emit({ type: 'fault', where: 'the heartbeat', message });
      this.#isStill = true;
      return;
    }
    this.#isStill = false;
    await state.update((draft) => {
      draft.processes.orchestrator.last_heartbeat = isoTime(clock.now());
    });
  }
}

async function checkHealth({ state, clock, events }: Parts, { checks }: VitalSigns): Promise<void> {
  const reasons: Partial<Record<CheckName, string>> = {};
  for (const [name, check] of Object.entries(checks)) {
    const found = await Promise.resolve()
      .then(check)
      .catch((error: unknown) => `the check failed: ${messageOf(error)}`);
    if (found !== undefined) reasons[name as keyof typeof checks] = found.slice(0, 500);
  }
  const result = () => ({
    healthy: Object.keys(reasons).length === 0,
    checks: {
      state_manager: reasons.state_manager === undefined,
      file_watcher: reasons.file_watcher === undefined,
      test_runner: reasons.test_runner === undefined,
      claude_instances: reasons.claude_instances === undefined,
    },
    reasons,
  });
  try {
    await state.update((draft) => {
      draft.health = { checked_at: isoTime(clock.now()), ...result() };
    });
  } catch (error) {
    reasons.state_manager = messageOf(error);
  }
  events.emit({ type: 'health.checked', ...result() });
}
