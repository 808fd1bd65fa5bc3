import { isoTime } from '../clock.ts';
import type { ChannelName, EscalationRecord, OutboxEntry } from '../domain/escalation.ts';
import type { Delivery, Later, Sent } from '../escalate/channel.ts';
import type { StateDocument } from '../state/schema.ts';

/** So many messages wait at most; then the oldest are parked. So many stand in the outbox at all; then parked ones go. */
const outboxLimits = { waiting: 100, entries: 150 } as const;

/** What a lost request or another agent may have made beside ours has come to be by then. */
const checkAfterMs = 5 * 60_000;

/** A service that answers with faults for so many tries (about half a day) cannot take this message. */
const maxFaults = 80;

export interface GivenUp {
  readonly taskId: string;
  readonly fingerprint: string;
  /** Of the first test. */
  readonly title: string;
  readonly reason: string;
  /** Under `runs/`: for people, and for the channels. */
  readonly page: string;
  readonly report: string;
  readonly nowMs: number;
}

/** A regression is given to people: once as news, from then on as red again. Part of the write that settles its task. */
export function noteGivenUp(state: StateDocument, channels: readonly ChannelName[], given: GivenUp): void {
  const { taskId, fingerprint, page, nowMs } = given;
  const now = isoTime(nowMs);
  const known = findEscalation(state, fingerprint);
  const told = { task_id: taskId, report: page, title: given.title.slice(0, 300), reason: given.reason.slice(0, 500) };
  if (known === undefined) {
    state.escalations.push({ ...told, fingerprint, created_at: now, updated_at: now, status: 'open', count: 1 });
  } else Object.assign(known, told, { status: 'open', updated_at: now, count: (known.count ?? 1) + 1 });
  const event = known === undefined ? 'opened' : 'recurred';
  for (const channel of channels) {
    addEntry(state, { channel, event, fingerprint, taskId, report: given.report, nowMs });
  }
}

/** Its tests are not red any more. Nothing happens where nobody was told. */
export function noteMended(
  state: StateDocument,
  channels: readonly ChannelName[],
  fingerprint: string | undefined,
  nowMs: number,
): void {
  const known = fingerprint === undefined ? undefined : findEscalation(state, fingerprint);
  if (known?.status !== 'open') return;
  Object.assign(known, { status: 'resolved', updated_at: isoTime(nowMs) });
  const report = known.report.replace(/\.md$/, '.json');
  for (const channel of channels) {
    addEntry(state, {
      channel,
      event: 'resolved',
      fingerprint: known.fingerprint,
      taskId: known.task_id,
      report,
      nowMs,
    });
  }
}

/** Written before the request: whoever finds it after a crash knows that it may have arrived. */
export function noteSending(state: StateDocument, key: string): OutboxEntry | undefined {
  const entry = state.outbox.find((candidate) => candidate.key === key);
  if (entry === undefined || entry.status === 'parked') return undefined;
  if (entry.status === 'sending') entry.unsure = true;
  entry.status = 'sending';
  entry.attempts++;
  delete entry.not_before;
  return structuredClone(entry);
}

/** A message that a service has taken, or never will. Returns whether it was parked. */
export function noteDelivery(
  state: StateDocument,
  key: string,
  delivery: Delivery,
  retryAtMs: number,
  nowMs: number,
): boolean {
  const entry = state.outbox.find((candidate) => candidate.key === key);
  if (entry === undefined) return false;
  switch (delivery.kind) {
    case 'sent':
      noteSent(state, entry, delivery, nowMs);
      return false;
    case 'refused':
      park(state, entry, delivery.reason, nowMs);
      return true;
    case 'closed':
      entry.status = 'waiting';
      entry.last_error = delivery.reason.slice(0, 500);
      return false;
    case 'later':
      return noteLater(state, entry, delivery, retryAtMs, nowMs);
  }
}

function noteSent(state: StateDocument, entry: OutboxEntry, { issue, isNew }: Sent, nowMs: number): void {
  state.outbox.splice(state.outbox.indexOf(entry), 1);
  const { channel, event, fingerprint, task_id: taskId, report } = entry;
  if (event === 'check') {
    const known = findEscalation(state, fingerprint)?.channels?.[channel];
    if (known !== undefined) Object.assign(known, issue);
    return;
  }
  tellOfChannel(state, entry, { status: 'sent', event, at: isoTime(nowMs), ...issue });
  if (channel !== 'github' || (entry.unsure !== true && isNew !== true)) return;
  const check = addEntry(state, { channel, event: 'check', fingerprint, taskId, report, nowMs });
  check.not_before = isoTime(nowMs + checkAfterMs);
}

/** The whole channel waits, so that messages keep their order and nobody is asked more often for there being many. */
function noteLater(state: StateDocument, entry: OutboxEntry, later: Later, retryAtMs: number, nowMs: number): boolean {
  if (later.isFault && entry.attempts >= maxFaults) {
    park(state, entry, later.reason, nowMs);
    return true;
  }
  entry.status = 'waiting';
  entry.last_error = later.reason.slice(0, 500);
  if (later.unsure) entry.unsure = true;
  for (const other of state.outbox) {
    if (other.channel !== entry.channel || other.status !== 'waiting') continue;
    const soonest = Math.max(retryAtMs, Date.parse(other.not_before ?? '') || 0);
    other.not_before = isoTime(soonest);
  }
  return false;
}

export function isCrowded({ outbox }: StateDocument): boolean {
  const waiting = outbox.filter(({ status }) => status === 'waiting').length;
  return waiting > outboxLimits.waiting || outbox.length > outboxLimits.entries;
}

/** Keeps the outbox within its limits. Returns what was parked for it. */
export function makeRoom(state: StateDocument, nowMs: number): readonly OutboxEntry[] {
  const waiting = state.outbox.filter(({ status }) => status === 'waiting');
  const crowded = waiting.slice(0, Math.max(0, waiting.length - outboxLimits.waiting));
  for (const entry of crowded) park(state, entry, `more than ${outboxLimits.waiting} messages wait`, nowMs);
  const parked = state.outbox.filter(({ status }) => status === 'parked');
  const surplus = new Set(parked.slice(0, Math.max(0, state.outbox.length - outboxLimits.entries)));
  if (surplus.size > 0) state.outbox = state.outbox.filter((entry) => !surplus.has(entry));
  return structuredClone(crowded);
}

/** What a channel has to be told next, or undefined: the first that waits holds back the others, except late checks. */
export function nextEntry(state: StateDocument, channel: ChannelName, nowMs: number): OutboxEntry | undefined {
  return heads(state, channel).find((entry) => dueAt(entry, nowMs) <= nowMs);
}

/** When there is something for a channel, in epoch milliseconds. */
export function nextEntryAt(state: StateDocument, channel: ChannelName, nowMs: number): number | undefined {
  const times = heads(state, channel).map((entry) => dueAt(entry, nowMs));
  return times.length === 0 ? undefined : Math.min(...times);
}

function heads(state: StateDocument, channel: ChannelName): readonly OutboxEntry[] {
  const mine = state.outbox.filter((entry) => entry.channel === channel && entry.status !== 'parked');
  const first = mine.find(({ event }) => event !== 'check');
  return [...(first === undefined ? [] : [first]), ...mine.filter(({ event }) => event === 'check')];
}

const longestWaitMs = 25 * 3_600_000;

/** A time far ahead was written under another clock. */
function dueAt({ not_before }: OutboxEntry, nowMs: number): number {
  const dueMs = Date.parse(not_before ?? '');
  return Number.isNaN(dueMs) || dueMs > nowMs + longestWaitMs ? 0 : dueMs;
}

interface NewEntry {
  readonly channel: ChannelName;
  readonly event: OutboxEntry['event'];
  readonly fingerprint: string;
  readonly taskId: string;
  readonly report: string;
  readonly nowMs: number;
}

function addEntry(state: StateDocument, { channel, event, fingerprint, taskId, report, nowMs }: NewEntry): OutboxEntry {
  // The time for when the state file was lost, the revision for when the clock was set back.
  const stem = `${channel}-${event}-${taskId}-${nowMs.toString(36)}-${state.revision.toString(36)}`;
  const taken = state.outbox.filter(({ key }) => key.startsWith(stem)).length;
  const entry: OutboxEntry = {
    key: taken === 0 ? stem : `${stem}-${taken}`,
    ...{ channel, event, fingerprint, task_id: taskId, report },
    created_at: isoTime(nowMs),
    status: 'waiting',
    attempts: 0,
  };
  state.outbox.push(entry);
  return entry;
}

function park(state: StateDocument, entry: OutboxEntry, reason: string, nowMs: number): void {
  entry.status = 'parked';
  entry.last_error = reason.slice(0, 500);
  delete entry.not_before;
  const { event } = entry;
  tellOfChannel(state, entry, { status: 'parked', event, at: isoTime(nowMs), error: reason.slice(0, 500) });
}

type Told = NonNullable<NonNullable<EscalationRecord['channels']>[ChannelName]>;

function tellOfChannel(state: StateDocument, { channel, fingerprint }: OutboxEntry, told: Told): void {
  const known = findEscalation(state, fingerprint);
  if (known === undefined) return;
  const { number, url } = known.channels?.[channel] ?? {};
  const issue = number === undefined || url === undefined ? {} : { number, url };
  known.channels = { ...known.channels, [channel]: { ...issue, ...told } };
}

export function findEscalation(state: StateDocument, fingerprint: string): EscalationRecord | undefined {
  return state.escalations.findLast((entry) => entry.fingerprint === fingerprint && entry.status !== 'recorded');
}
