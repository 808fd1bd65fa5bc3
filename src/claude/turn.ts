import { messageOf } from '../errors.ts';
import { noFacts, type TurnEnd, type TurnFacts, withEvent } from './outcome.ts';
import type { StreamEvent } from './stream.ts';
import type { ClaudeSession } from './types.ts';

export type Ask = Parameters<ClaudeSession['ask']>[1];

/** The question that is being answered: collects what the lines say and ends for the first of several reasons. */
export class Turn {
  readonly #onEnd: (end: TurnEnd, facts: TurnFacts) => void;
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => this.finish({ kind: 'cancelled', reason: messageOf(this.#signal.reason) });
  readonly #total: NodeJS.Timeout;
  readonly #idle: NodeJS.Timeout | undefined;
  #facts = noFacts;
  #isOver = false;

  /** Without an idle limit only the total one counts. `onEnd` is called once. */
  constructor({ timeoutMs, idleTimeoutMs, signal }: Ask, onEnd: (end: TurnEnd, facts: TurnFacts) => void) {
    const limit = (kind: 'total' | 'idle', afterMs: number): NodeJS.Timeout =>
      setTimeout(() => this.finish({ kind: 'timed-out', limit: kind, afterMs }), afterMs);
    this.#onEnd = onEnd;
    this.#signal = signal;
    this.#total = limit('total', timeoutMs);
    this.#idle = idleTimeoutMs === undefined ? undefined : limit('idle', idleTimeoutMs);
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** A line came: the idle time starts again. */
  note(event: StreamEvent): void {
    if (this.#isOver) return;
    this.#idle?.refresh();
    this.#facts = withEvent(this.#facts, event);
    if (event.kind === 'result') this.finish({ kind: 'answered', result: event });
  }

  finish(end: TurnEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#total);
    clearTimeout(this.#idle);
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#onEnd(end, this.#facts);
  }
}
