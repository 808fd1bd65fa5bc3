import type { AgentEvent } from '../events.ts';
import type { StateDocument } from '../state/schema.ts';
import { MovingLine, type Terminal } from './moving-line.ts';
import { elapsed, waitingWords, workIn, workWords } from './now.ts';
import { count } from './quantities.ts';

const tickMs = 1_000;
/** As wide as the time of day at the beginning of the lines above it. */
const timeColumns = 8;

type Hold = 'paused' | 'snoozed';

/** A terminal with what was done, line by line, and what is being done in one more line that moves. */
export class LiveView {
  readonly #line: MovingLine;
  readonly #maxRetries: number;
  readonly #forget: (() => void)[] = [];
  #state: () => StateDocument | undefined = () => undefined;
  #files = 0;
  #baselineSince: number | undefined;
  #hold: Hold | undefined;
  #isStopping = false;
  #tick: NodeJS.Timeout | undefined;

  constructor(out: Terminal, maxRetries: number) {
    this.#line = new MovingLine(out);
    this.#maxRetries = maxRetries;
  }

  /** From here on any end leaves the terminal in order, and who has stopped this process (Ctrl-Z) finds it again as it was. */
  guardTerminal(): void {
    const erase = (): void => this.#line.erase();
    const redraw = (): void => this.#line.redraw();
    process.once('exit', erase);
    process.on('SIGCONT', redraw);
    this.#forget.push(() => process.off('exit', erase).off('SIGCONT', redraw));
  }

  /** @param state of the agent, as it is at the moment of the call */
  attend(state: () => StateDocument): void {
    this.#state = state;
    this.#draw();
  }

  print(lines: readonly string[]): void {
    this.#line.print(lines);
  }

  note(event: AgentEvent): void {
    switch (event.type) {
      case 'agent.running':
        this.#files = event.files;
        break;
      case 'agent.held':
        this.#hold = event.pausedAt !== undefined ? 'paused' : event.snoozedUntil !== undefined ? 'snoozed' : undefined;
        break;
      case 'agent.stopping':
        this.#isStopping = true;
        break;
      case 'baseline.started':
        this.#baselineSince = event.at;
        break;
      case 'baseline.made':
      case 'baseline.unavailable':
        this.#baselineSince = undefined;
        break;
    }
    this.#draw();
  }

  close(): void {
    clearInterval(this.#tick);
    this.#line.show('');
    for (const forget of this.#forget.splice(0)) forget();
  }

  #draw(): void {
    const now = Date.now();
    const busy = this.#busyText(now);
    this.#line.show(busy ?? this.#idleText());
    if (busy === undefined) {
      clearInterval(this.#tick);
      this.#tick = undefined;
    } else this.#tick ??= setInterval(() => this.#draw(), tickMs).unref();
  }

  #busyText(now: number): string | undefined {
    const state = this.#state();
    const works = state === undefined ? [] : workIn(state);
    const [first, second, ...others] = works;
    if (state === undefined || first === undefined) {
      if (this.#baselineSince === undefined) return undefined;
      return lineWith(elapsed(now - this.#baselineSince), 'running all tests');
    }
    const more = others.length === 0 ? '' : `; ${others.length} more`;
    const beside = second === undefined ? '' : `; ${workWords(second, this.#maxRetries)}${more}`;
    const time = first.sinceMs === undefined ? '' : elapsed(now - first.sinceMs);
    return lineWith(time, `${workWords(first, this.#maxRetries)}${waitingWords(state)}${beside}`);
  }

  #idleText(): string {
    const state = this.#state();
    if (this.#isStopping || this.#files === 0) return '';
    const hold = this.#hold ?? (state?.processes.orchestrator.status === 'paused' ? 'paused' : undefined);
    const held = hold === undefined ? '' : `, ${hold}`;
    return lineWith(
      '',
      `watching ${count(this.#files, 'file')}${held}${state === undefined ? '' : waitingWords(state)}`,
    );
  }
}

function lineWith(time: string, text: string): string {
  return `${time.padStart(timeColumns)} › ${text}`;
}
