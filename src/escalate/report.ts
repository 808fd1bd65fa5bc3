import { z } from 'zod';
import type { Task } from '../domain/task.ts';
import type { RedTest } from '../domain/tests.ts';
import { cleanText, oneLine, shorten } from './text.ts';

/** Takes secrets out of a text that leaves. */
export type Clean = (text: string) => Promise<string>;

const reportedTest = z.object({ title: z.string(), file: z.string(), message: z.string() });
const reportedAttempt = z.object({
  number: z.number(),
  verdict: z.string(),
  strategy: z.string(),
  reasons: z.array(z.string()),
  /** The patch as text; null where none was made or it is gone. */
  patch: z.string().nullable(),
  cost_usd: z.number(),
  duration: z.number(),
});

/** What a person needs to take over, once for all channels. Clean of secrets and of control characters, and limited. */
export const reportSchema = z.object({
  version: z.literal(1),
  task_id: z.string(),
  fingerprint: z.string(),
  project: z.string(),
  created_at: z.string(),
  kind: z.enum(['failed', 'question', 'reported']),
  reason: z.string(),
  /** The first of them; `test_count` says how many there are. */
  tests: z.array(reportedTest),
  test_count: z.number(),
  files: z.array(z.string()),
  file_count: z.number(),
  /** The change that broke the tests. */
  diff: z.string(),
  attempts: z.array(reportedAttempt),
  cost_usd: z.number(),
  /** From the task's start to its end, in seconds. */
  duration: z.number(),
  /** What to type next. */
  commands: z.array(z.object({ command: z.string(), does: z.string() })),
});
export type Report = z.infer<typeof reportSchema>;
export type ReportedAttempt = z.infer<typeof reportedAttempt>;

export interface ReportInput {
  readonly task: Task;
  readonly kind: Report['kind'];
  readonly reason: string;
  readonly fingerprint: string;
  readonly project: string;
  readonly tests: readonly RedTest[];
  readonly files: readonly string[];
  readonly diff: string;
  /** The text of each attempt's patch, by the attempt's number. */
  readonly patches: ReadonlyMap<number, string>;
  readonly now: string;
}

const limits = { tests: 20, files: 50, name: 500, message: 4_000, diff: 24_000, patch: 8_000, reason: 2_000 };

export async function makeReport(input: ReportInput, clean: Clean): Promise<Report> {
  const { task, kind, tests, files } = input;
  // Cleaned before it is cut: half a secret is not recognised any more.
  const text = async (raw: string, limit: number): Promise<string> => shorten(await clean(cleanText(raw)), limit);
  const line = async (raw: string): Promise<string> => oneLine(await clean(cleanText(raw)), limits.name);
  return {
    version: 1,
    task_id: task.id,
    fingerprint: input.fingerprint,
    project: await line(input.project),
    created_at: input.now,
    kind,
    reason: await text(input.reason, limits.reason),
    tests: await Promise.all(
      tests.slice(0, limits.tests).map(async ({ title, file, message }) => ({
        title: await line(title),
        file: await line(file),
        message: await text(message, limits.message),
      })),
    ),
    test_count: tests.length,
    files: await Promise.all(files.slice(0, limits.files).map(line)),
    file_count: files.length,
    diff: await text(input.diff, limits.diff),
    attempts: await Promise.all(
      task.attempts.map(async ({ number, verdict, strategy, reasons, cost_usd, duration }) => ({
        number,
        verdict,
        strategy: await text(strategy, limits.reason),
        reasons: await Promise.all(reasons.map((reason) => text(reason, limits.reason))),
        patch: (await text(input.patches.get(number) ?? '', limits.patch)) || null,
        cost_usd,
        duration,
      })),
    ),
    cost_usd: task.cost_usd ?? task.attempts.reduce((sum, { cost_usd }) => sum + cost_usd, 0),
    duration: secondsSince(task.started_at ?? task.created_at, input.now),
    commands: commandsFor(task.id, kind),
  };
}

function commandsFor(id: string, kind: Report['kind']): Report['commands'] {
  const apply = { command: `mendwatch apply ${id}`, does: 'puts the proposal into the working tree' };
  const undo = { command: `mendwatch undo ${id}`, does: 'takes it back again' };
  return [
    { command: `mendwatch show ${id}`, does: 'everything that is known of it' },
    { command: `mendwatch retry ${id}`, does: 'lets Mendwatch try again' },
    ...(kind === 'question' ? [apply, undo] : []),
  ];
}

function secondsSince(start: string, end: string): number {
  const ms = Date.parse(end) - Date.parse(start);
  return Number.isFinite(ms) ? Math.max(0, ms / 1_000) : 0;
}

export function headline({ test_count, tests, files, project }: Report): string {
  // It ended before its tests were known.
  if (test_count === 0) return `${project}: a change could not be looked at: ${files[0] ?? 'not known'}`;
  const first = tests[0]?.title ?? 'not known';
  return `${project}: ${test_count === 1 ? 'a test is' : `${test_count} tests are`} red: ${first}`;
}
