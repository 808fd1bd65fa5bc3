import { isoTime } from '../clock.ts';
import type { GateCause } from '../domain/gate.ts';
import { messageOf } from '../errors.ts';
import { openGates } from './keep-gates.ts';
import type { Parts } from './parts.ts';

const cause: GateCause = 'on-battery';
const lookMs = 60_000;

/** With `PAUSE_ON_BATTERY`: the gate before fixes is shut while the machine runs on battery. */
export class BatteryWatch {
  readonly #parts: Parts;
  readonly #isOnBattery: () => Promise<boolean>;
  readonly #onOpened: () => void;

  constructor(parts: Parts, isOnBattery: () => Promise<boolean>, onOpened: () => void) {
    this.#parts = parts;
    this.#isOnBattery = isOnBattery;
    this.#onOpened = onOpened;
  }

  /** Looks once a minute, until the signal aborts. To be called after the first look. */
  async run(signal: AbortSignal): Promise<void> {
    if (!this.#parts.config.pauseOnBattery) return;
    for (;;) {
      try {
        await this.#parts.clock.sleep(lookMs, signal);
      } catch {
        return;
      }
      await this.look();
    }
  }

  /** Never rejects: a state that cannot be written is looked at again in a minute. */
  async look(): Promise<void> {
    const { state, config, events } = this.#parts;
    try {
      const isShut = state.current.gates[cause] !== undefined;
      const isOnBattery = config.pauseOnBattery && (await this.#isOnBattery());
      if (isOnBattery && !isShut) await this.#shut();
      if (isOnBattery || !isShut) return;
      await openGates(this.#parts, config.pauseOnBattery ? 'mains' : 'configuration', [cause]);
      this.#onOpened();
    } catch (error) {
      events.emit({ type: 'state.unavailable', message: messageOf(error) });
    }
  }

  async #shut(): Promise<void> {
    const { state, clock, events, configuration } = this.#parts;
    const reason = 'PAUSE_ON_BATTERY is true';
    await state.update((draft) => {
      draft.gates[cause] = {
        ...{ reason, since: isoTime(clock.now()), opens_at: null, probes: 0 },
        configuration: configuration(),
      };
    });
    events.emit({ type: 'gate.shut', cause, detail: reason, probes: 0 });
  }
}
