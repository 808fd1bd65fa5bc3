import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { ChannelName, OutboxEntry } from '../domain/escalation.ts';
import type { Channel, Delivery, Message } from '../escalate/channel.ts';
import { type Report, reportSchema } from '../escalate/report.ts';
import type { AgentEvents } from '../events.ts';
import { mapStrings } from '../secrets/strings.ts';
import { StateFencedError, type StateStore, StateUnavailableError } from '../state/store.ts';
import { retryDelayMs } from './back-off.ts';
import {
  findEscalation,
  isCrowded,
  makeRoom,
  nextEntry,
  nextEntryAt,
  noteDelivery,
  noteSending,
} from './escalations.ts';
import { tellFault } from './tell-fault.ts';
import { Wake } from './wake.ts';

/** While a service is away. Many agents meet the same outage. */
const backOff = { baseMs: 5_000, capMs: 10 * 60_000, jitter: 'equal', leastMs: 1_000 } as const;
const faultPauseMs = 10_000;
/** The clock may jump, and other hands write the state: what is due is looked for at least this often. */
const longestWaitMs = 60_000;

export interface OutboxParts {
  readonly channels: readonly Channel[];
  readonly state: StateStore;
  readonly clock: Clock;
  readonly events: AgentEvents;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** A text without secrets. */
  readonly scrub: (text: string) => string;
  readonly runsFolder: string;
}

/**
 * Sends what stands in the outbox of the state, each channel by itself and in order. It may be killed at any moment: what
 * was being sent is tried again as "may have arrived".
 */
export class Outbox {
  readonly #parts: OutboxParts;
  readonly #loops: readonly ChannelLoop[];

  constructor(parts: OutboxParts) {
    this.#parts = parts;
    this.#loops = parts.channels.map((channel) => new ChannelLoop(channel, parts));
  }

  /** Where people are told. */
  get names(): readonly ChannelName[] {
    return this.#parts.channels.map(({ name }) => name);
  }

  wake(): void {
    for (const loop of this.#loops) loop.wake();
  }

  /** Works until the signal aborts; then whatever is under way is dropped at once. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.run(signal)));
  }
}

class ChannelLoop {
  readonly #channel: Channel;
  readonly #parts: OutboxParts;
  readonly #wake = new Wake();
  /** Nothing is sent any more before the next start. */
  #isClosed = false;
  /** That a service is away is told once. */
  #isAway = false;

  constructor(channel: Channel, parts: OutboxParts) {
    this.#channel = channel;
    this.#parts = parts;
  }

  wake(): void {
    this.#wake.wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    this.wake();
    let pauseMs: number | undefined;
    while (await this.#wake.wait(signal, pauseMs ?? this.#untilDueMs(), this.#parts.clock)) {
      pauseMs = undefined;
      try {
        await this.#drain(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof StateFencedError) throw error;
        pauseMs = faultPauseMs;
        if (!(error instanceof StateUnavailableError)) {
          tellFault(this.#parts, `escalation (${this.#channel.name})`, error);
        }
      }
    }
  }

  #untilDueMs(): number {
    const { state, clock } = this.#parts;
    const dueAt = this.#isClosed ? undefined : nextEntryAt(state.current, this.#channel.name, clock.now());
    return Math.min(Math.max(0, (dueAt ?? Number.POSITIVE_INFINITY) - clock.now()), longestWaitMs);
  }

  async #drain(signal: AbortSignal): Promise<void> {
    const { state, clock } = this.#parts;
    await this.#keepWithinLimits();
    while (!signal.aborted && !this.#isClosed) {
      const entry = nextEntry(state.current, this.#channel.name, clock.now());
      if (entry === undefined) return;
      await this.#send(entry.key, signal);
      if (this.#channel.paceMs > 0) await clock.sleep(this.#channel.paceMs, signal);
    }
  }

  async #send(key: string, signal: AbortSignal): Promise<void> {
    const { state, clock, random } = this.#parts;
    const entry = await state.update((draft) => noteSending(draft, key), { powerSafe: true });
    if (entry === undefined || signal.aborted) return;
    const delivery = await this.#channel.deliver(await this.#message(entry), signal);
    // Left as "sending": whether it has arrived is found out at the next start.
    if (signal.aborted) return;
    const waitMs = waitOf(delivery) ?? retryDelayMs(entry.attempts, backOff, random);
    const now = clock.now();
    const isParked = await state.update((draft) => noteDelivery(draft, key, delivery, now + waitMs, now));
    this.#tell(entry, delivery, waitMs, isParked);
  }

  async #message({ key, event, fingerprint, task_id: taskId, report, attempts }: OutboxEntry): Promise<Message> {
    const known = findEscalation(this.#parts.state.current, fingerprint);
    return {
      ...{ key, event, fingerprint, taskId, isRetry: attempts > 1 },
      report: await this.#read(report),
      isMended: known?.status === 'resolved',
      issueNumber: known?.channels?.github?.number,
    };
  }

  /** The person may have emptied the folder: what is known without it is told all the same. */
  async #read(path: string): Promise<Report | undefined> {
    try {
      const parsed = reportSchema.safeParse(JSON.parse(await readFile(join(this.#parts.runsFolder, path), 'utf8')));
      // Clean when it was written; but what is secret may have become known since.
      return parsed.success ? mapStrings(parsed.data, this.#parts.scrub) : undefined;
    } catch {
      return undefined;
    }
  }

  #tell(entry: OutboxEntry, delivery: Delivery, retryInMs: number, isParked: boolean): void {
    const { events } = this.#parts;
    const { channel, event, task_id: taskId } = entry;
    if (delivery.kind === 'later' && !isParked) {
      if (!this.#isAway) events.emit({ type: 'escalation.waiting', channel, reason: delivery.reason, retryInMs });
      this.#isAway = true;
      return;
    }
    this.#isAway = false;
    if (delivery.kind === 'closed') {
      this.#isClosed = true;
      events.emit({ type: 'escalation.closed', channel, reason: delivery.reason });
    } else if (delivery.kind !== 'sent') {
      events.emit({ type: 'escalation.parked', taskId, channel, reason: delivery.reason });
    } else if (event !== 'check') {
      const { url } = delivery.issue ?? {};
      events.emit({ type: 'escalation.sent', taskId, channel, event, ...(url === undefined ? {} : { url }) });
    }
  }

  async #keepWithinLimits(): Promise<void> {
    const { state, clock, events } = this.#parts;
    if (!isCrowded(state.current)) return;
    const now = clock.now();
    for (const { task_id: taskId, channel, last_error } of await state.update((draft) => makeRoom(draft, now))) {
      events.emit({ type: 'escalation.parked', taskId, channel, reason: last_error ?? '' });
    }
  }
}

function waitOf(delivery: Delivery): number | undefined {
  return delivery.kind === 'later' ? delivery.retryInMs : undefined;
}
