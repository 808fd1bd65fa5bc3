import { z } from 'zod';
import { openRecord, timestamp } from './task.ts';

export const channelName = z.enum(['github', 'slack', 'email']);
/** Where people are told. */
export type ChannelName = z.infer<typeof channelName>;

/** `check`: after an issue was made twice perhaps, a second look. */
export const escalationEvent = z.enum(['opened', 'recurred', 'resolved', 'check']);
export type EscalationEvent = z.infer<typeof escalationEvent>;

const fingerprint = z.string().min(1).max(128);
const taskId = z.string().min(1).max(64);
const count = z.int().nonnegative();

/**
 * What one channel still has to be told. `waiting`: to be sent. `sending`: written before the request, so that after a
 * crash it is known that it may have arrived. `parked`: the service refused it. What was sent is taken out.
 */
export const outboxEntry = openRecord(
  {
    /** The same at every try: by it a receiver knows what it has already. */
    key: z.string().min(1).max(200),
    channel: channelName,
    event: escalationEvent,
    fingerprint,
    task_id: taskId,
    /** Path of the report as JSON, under `runs/`. */
    report: z.string().min(1).max(4_096),
    created_at: timestamp,
    status: z.enum(['waiting', 'sending', 'parked']),
    attempts: count,
    not_before: timestamp.optional(),
    /** An earlier request may have arrived. */
    unsure: z.boolean().optional(),
    last_error: z.string().max(500).optional(),
  },
  4_000,
);
export type OutboxEntry = z.infer<typeof outboxEntry>;

/** What a channel was told last. */
const told = z.object({
  status: z.enum(['sent', 'parked']),
  event: escalationEvent,
  at: timestamp,
  /** Of the issue. */
  number: z.int().positive().optional(),
  url: z.string().max(500).optional(),
  error: z.string().max(500).optional(),
});

/** A regression that people were told of. One for each fingerprint; those of earlier versions are only `recorded`. */
export const escalation = openRecord(
  {
    task_id: taskId,
    fingerprint,
    created_at: timestamp,
    /** Path of the report for people, under `runs/`. */
    report: z.string().min(1).max(4_096),
    status: z.enum(['recorded', 'open', 'resolved']),
    /** The first of its tests. */
    title: z.string().max(300).optional(),
    reason: z.string().max(500).optional(),
    updated_at: timestamp.optional(),
    /** How often it was given up. */
    count: count.optional(),
    channels: z.partialRecord(channelName, told).optional(),
  },
  4_000,
);
export type EscalationRecord = z.infer<typeof escalation>;
