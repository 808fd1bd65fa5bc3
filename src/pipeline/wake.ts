import type { Clock } from '../clock.ts';

/** A bell that is never missed: ringing before anybody waits counts. */
export class Wake {
  #rung = false;
  #waiting: (() => void) | undefined;

  wake(): void {
    this.#rung = true;
    this.#waiting?.();
  }

  /** True when the bell was rung or `afterMs` has passed, false when the signal aborted. */
  async wait(signal: AbortSignal, afterMs?: number, clock?: Clock): Promise<boolean> {
    if (signal.aborted) return false;
    if (!this.#rung) {
      const ended = new AbortController();
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true, signal: ended.signal });
        if (afterMs !== undefined && clock !== undefined) {
          clock.sleep(afterMs, ended.signal).then(resolve, () => undefined);
        }
      });
      ended.abort();
      this.#waiting = undefined;
    }
    this.#rung = false;
    return !signal.aborted;
  }
}
