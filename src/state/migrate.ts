import { z } from 'zod';
import { conversationEvent, task, testResultRecord } from '../domain/task.ts';
import { freshState } from './schema.ts';

type Raw = Readonly<Record<string, unknown>>;

/** One step for each old version: from the document of that version to the next one's. */
const steps: readonly ((old: Raw) => Raw)[] = [fromUnversioned];

/** The document in the current version; whether it is whole is for the schema to say. */
export function migrate(document: Raw, from: number): Raw {
  return steps.slice(from).reduce((old, step) => step(old), document);
}

/** The first orchestrator's file: the same queues and records, without the fields that came later. */
function fromUnversioned(old: Raw): Raw {
  const fresh = freshState(0);
  const queues = asRecord(old.queues);
  const orchestrator = asRecord(asRecord(old.processes).orchestrator);
  return {
    ...fresh,
    processes: {
      orchestrator: { ...fresh.processes.orchestrator, last_heartbeat: asText(orchestrator.last_heartbeat) },
    },
    queues: {
      pending: tasksFrom(queues.pending, 'pending'),
      in_progress: tasksFrom(queues.in_progress, 'in_progress'),
      completed: tasksFrom(queues.completed, 'completed').slice(-50),
      failed: tasksFrom(queues.failed, 'failed').slice(-50),
    },
    conversation_history: legal(conversationEvent, old.conversation_history).slice(-100),
    test_results: legal(testResultRecord, old.test_results).slice(-100),
    statistics: { ...fresh.statistics, uptime_start: null },
  };
}

function tasksFrom(list: unknown, status: string): unknown[] {
  const completed = (raw: unknown) => {
    const { id, type, file_path, description, created_at, retry_count, failure_reason } = asRecord(raw);
    return {
      id,
      type: type ?? 'file_change',
      file_path,
      description: description ?? '',
      created_at,
      status,
      retry_count: retry_count ?? 0,
      priority: 0,
      ...(typeof failure_reason === 'string' ? { failure_reason: failure_reason.slice(0, 2_000) } : {}),
      attempts: [],
    };
  };
  return legal(task, asList(list).map(completed));
}

/** What the schema accepts; the rest is in the backup only. */
function legal(schema: z.ZodType, list: unknown): unknown[] {
  return asList(list).filter((item) => schema.safeParse(item).success);
}

function asRecord(value: unknown): Raw {
  const parsed = z.looseObject({}).safeParse(value);
  return parsed.success ? parsed.data : {};
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function asText(value: unknown): string | null {
  return typeof value === 'string' && value.length <= 40 && value.length >= 10 ? value : null;
}
