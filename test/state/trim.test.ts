import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Landing, Task } from '../../src/domain/task.ts';
import { freshState, type StateDocument, stateSchema } from '../../src/state/schema.ts';
import { trim } from '../../src/state/trim.ts';
import { landingOf, taskOf } from './samples.ts';

const outcome = fc.constantFrom<Task['outcome']>('clean', 'duplicate', 'fixed', 'parked');
const landingStatus = fc.constantFrom<Landing['status']>(
  'landing',
  'applying',
  'undoing',
  'landed',
  'rolled-back',
  'undone',
);
const isUnderWay = ({ status }: Pick<Landing, 'status'>): boolean => status.endsWith('ing');
const sizes = fc.nat(300);

const documents = fc
  .record({
    completed: fc.array(outcome, { maxLength: 120 }),
    failed: fc.nat(120),
    history: sizes,
    results: sizes,
    pending: fc.nat(60),
    landings: fc.array(landingStatus, { maxLength: 150 }),
    text: fc.nat(3_000),
  })
  .map((made): StateDocument => {
    const timestamp = '2026-01-01T00:00:00Z';
    const text = 'ü'.repeat(made.text / 2);
    const range = (length: number) => Array.from({ length }, (_, index) => index);
    const document = freshState(0);
    document.queues.completed = made.completed.map((outcome, n) =>
      taskOf(n, { status: 'completed', outcome, description: text }),
    );
    document.queues.failed = range(made.failed).map((n) => taskOf(n, { status: 'failed', description: text }));
    document.queues.pending = range(made.pending).map((n) => taskOf(n));
    document.conversation_history = range(made.history).map((n) => ({ timestamp, type: 'note', n, text }));
    document.test_results = range(made.results).map((n) => ({
      task_id: taskOf(n).id,
      timestamp,
      passed: true,
      duration: 1,
      test_path: text,
    }));
    // More than a hundred landings cannot be under way at once.
    let underWay = 0;
    document.landings = made.landings.map((status, n) =>
      landingOf(n, isUnderWay({ status }) && underWay++ > 20 ? 'landed' : status),
    );
    return document;
  });

test('QUEUE-1: trimming is pure, idempotent, and always gives a legal document of legal size', () => {
  fc.assert(
    fc.property(documents, (document) => {
      const before = JSON.stringify(document);
      const trimmed = trim(document);
      expect(JSON.stringify(document)).toBe(before);
      expect(stateSchema.safeParse(trimmed).error).toBeUndefined();
      expect(Buffer.byteLength(JSON.stringify(trimmed))).toBeLessThanOrEqual(500_000);
      expect(trim(trimmed)).toEqual(trimmed);
      expect(trimmed.queues.pending).toEqual(document.queues.pending);
      const underWay = ({ landings }: StateDocument) => landings.filter(isUnderWay);
      expect(underWay(trimmed)).toEqual(underWay(document));
    }),
    { numRuns: 100 },
  );
});

test('only the oldest go, clean before duplicate before the rest', () => {
  fc.assert(
    fc.property(fc.array(outcome, { minLength: 51, maxLength: 120 }), (outcomes) => {
      const document = freshState(0);
      document.queues.completed = outcomes.map((outcome, n) => taskOf(n, { status: 'completed', outcome }));
      const kept = trim(document).queues.completed;
      expect(kept).toHaveLength(50);
      const rank = (task: Task) => (task.outcome === 'clean' ? 0 : task.outcome === 'duplicate' ? 1 : 2);
      const gone = document.queues.completed.filter((task) => !kept.includes(task));
      const goesFirst = (a: Task, b: Task) => rank(a) < rank(b) || (rank(a) === rank(b) && a.id < b.id);
      expect(gone.every((lost) => kept.every((left) => goesFirst(lost, left)))).toBe(true);
      expect(kept).toEqual(document.queues.completed.filter((task) => kept.includes(task)));
    }),
    { numRuns: 50 },
  );
});

test('a document within its limits is left as it is', () => {
  const document = freshState(0);
  document.queues.completed = [taskOf(1, { status: 'completed', outcome: 'clean' })];
  expect(trim(document)).toEqual(document);
});
