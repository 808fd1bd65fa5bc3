import { describe, expect, test } from 'vitest';
import type { TestRun } from '../../src/domain/tests.ts';
import type { TreeChange } from '../../src/workspace/types.ts';
import { failing, idOf, passing } from '../rig/reports.ts';
import { type Bench, bench, inTurn, ran } from './rig.ts';

const file = 'a.test.ts';
const green = passing(file, 'a');
const red = failing(file, 'a');

const outcomes = ({ state }: Bench): (string | undefined)[] => state().queues.completed.map(({ outcome }) => outcome);
const sizes = ({ state }: Bench): number[] => Object.values(state().queues).map((queue) => queue.length);
const types = ({ events }: Bench): string[] => events.map(({ type }) => type);
const deleted = (path: string): TreeChange => ({
  path,
  kind: 'deleted',
  oldMode: '100644',
  newMode: '000000',
  oldBlob: '1'.repeat(40),
  newBlob: '0'.repeat(40),
});

describe('the two loops', () => {
  test('VERIFY-2: a green change ends as clean, and no model is asked', async () => {
    const on = await bench(green);
    on.world.tests = inTurn(green);
    on.start();
    await on.pipeline.enqueue(['a.ts', 'b.ts']);
    await on.until(() => on.state().last_triaged_tree !== null);
    expect([outcomes(on), on.world.asked, on.state().last_triaged_tree]).toEqual([
      ['clean', 'clean'],
      0,
      on.world.tree,
    ]);
  });

  test('FIX-1 CLAUDE-4: a regression is tried MAX_RETRIES times with a growing wait, then people are told', async () => {
    const on = await bench(green);
    on.world.tests = inTurn(red);
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => types(on).includes('task.failed'), 500);
    const [task] = on.state().queues.failed;
    expect(task?.attempts.map(({ verdict }) => verdict)).toEqual(['rejected', 'rejected']);
    expect(task?.failure_reason).toMatch(/^gave up after 2 attempts\. Last: Claude changed nothing/);
    expect(on.events.filter(({ type }) => type === 'attempt.rejected')).toMatchObject([
      { retryInMs: 1_000 },
      { attempt: 2 },
    ]);
    expect(on.state().statistics).toMatchObject({ tasks_failed: 1, tasks_escalated: 1 });
    expect(on.parts.baseline.known(idOf(file, 'a'))).toBe('red');
    // The next save of the same file is not blamed for it.
    on.world.asked = 0;
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => on.state().queues.completed.length === 1);
    expect([outcomes(on), on.world.asked]).toEqual([['clean'], 0]);
  });

  test('QUEUE-2: what was in progress and what was open at a crash is taken up again', async () => {
    const first = await bench(green);
    first.world.tests = inTurn(red);
    await first.pipeline.enqueue(['a.ts', 'b.ts']);
    await first.parts.state.update((state) => {
      const [task] = state.queues.pending.splice(0, 1);
      if (task !== undefined) state.queues.in_progress.push({ ...task, status: 'in_progress', phase: 'triage' });
    });
    const on = await bench(green, {}, first.state());
    on.world.tests = inTurn(green);
    await on.pipeline.recover();
    expect(sizes(on)).toEqual([2, 0, 0, 0]);
    on.start();
    await on.until(() => on.state().queues.completed.length === 2);
  });

  test('QUEUE-3: files that break one test together are one regression; the oldest task carries it', async () => {
    const on = await bench(green, { autoFixEnabled: false });
    on.world.tests = inTurn(red);
    on.start();
    await on.pipeline.enqueue(['a.ts', 'b.ts', 'c.ts']);
    await on.until(() => on.state().queues.completed.length === 3);
    expect(
      on
        .state()
        .queues.completed.map(({ file_path, outcome }) => `${file_path} ${outcome}`)
        .toSorted(),
    ).toEqual(['a.ts reported', 'b.ts duplicate', 'c.ts duplicate']);
  });

  test('FIX-4: with AUTO_FIX_ENABLED=false no model is asked, not even for what was open before', async () => {
    const before = await bench(green);
    before.world.tests = inTurn(red);
    const running = before.start();
    await before.pipeline.enqueue(['a.ts']);
    await before.until(() => types(before).includes('attempt.rejected'));
    await running.stop();
    expect(sizes(before)).toEqual([1, 0, 0, 0]);
    const on = await bench(green, { autoFixEnabled: false }, before.state());
    await on.parts.open.add(
      before.state().queues.pending[0]?.id ?? '',
      before.parts.open.record(before.state().queues.pending[0]?.id ?? ''),
    );
    await on.pipeline.recover();
    on.start();
    await on.until(() => types(on).includes('escalation.recorded'), 1_000);
    expect([outcomes(on), on.world.asked]).toEqual([['reported'], 0]);
  });
});

describe('LAND-5: the person comes first', () => {
  async function withOpenRegression(): Promise<Bench> {
    const on = await bench(green, { retryDelayMs: 3_600_000, maxRetries: 5 });
    on.world.tests = inTurn(red);
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => types(on).includes('attempt.rejected'));
    return on;
  }

  test('a regression that waits for its next attempt and is mended by hand ends', async () => {
    const on = await withOpenRegression();
    on.world.tests = inTurn(green);
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => types(on).filter((type) => type === 'task.finished').length === 2);
    expect([outcomes(on), sizes(on)]).toEqual([
      ['clean', 'clean'],
      [0, 0, 2, 0],
    ]);
    expect(on.events.findLast(({ type }) => type === 'task.finished')).toMatchObject({ note: 'mended by the person' });
  });

  test('F23: one whose test file is deleted ends too', async () => {
    const on = await withOpenRegression();
    on.world.tests = async () => ({ kind: 'no-tests', durationMs: 1 });
    on.world.changes = [deleted(file)];
    await on.pipeline.enqueue([file]);
    await on.until(() => on.state().queues.completed.length === 2);
    expect(outcomes(on)).toEqual(['clean', 'clean']);
  });

  test('a round that saw the tree before a fix landed is made again, and nobody has undone the fix', async () => {
    const on = await bench(green);
    const land = (): Promise<unknown> =>
      on.parts.state.update((draft) =>
        draft.landings.push({
          task_id: 'task_0000000a',
          landed_at: '2026-01-02T03:04:05.000Z',
          files: [],
          folder: 'task_0000000a/landing',
          status: 'landed',
        }),
      );
    let runs = 0;
    on.world.tests = async () => {
      runs++;
      if (runs === 2) await land();
      return ran(runs <= 2 ? red : green);
    };
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => on.state().queues.completed.length === 1);
    expect([outcomes(on), runs, on.world.asked]).toEqual([['clean'], 3, 0]);
    expect(types(on)).not.toContain('regression.muted');
  });

  test('broken again in another way, it is joined by the new change and not doubled', async () => {
    const on = await withOpenRegression();
    await on.pipeline.enqueue(['b.ts']);
    await on.until(() => types(on).includes('regression.joined'));
    await on.until(() => on.state().queues.completed.length === 1);
    expect([outcomes(on), sizes(on)]).toEqual([['duplicate'], [1, 0, 1, 0]]);
    const [open] = on.state().queues.pending;
    expect(on.parts.open.record(open?.id ?? '').files).toEqual(['a.ts', 'b.ts']);
  });
});

describe('a round of triage', () => {
  test('F18: looks at everything that changed since the last one, so that the tree counts as triaged with right', async () => {
    const on = await bench(green, { watchPaths: ['src'] });
    const scopes: unknown[] = [];
    on.world.tests = async (scope) => {
      scopes.push(scope);
      return ran(green);
    };
    on.world.changes = [deleted('src/saved-a-moment-ago.ts'), deleted('outside.ts'), deleted('src/a.ts')];
    on.start();
    await on.pipeline.enqueue(['src/a.ts']);
    await on.until(() => on.state().queues.completed.length === 1);
    expect(scopes).toEqual([{ kind: 'related', files: ['src/a.ts', 'src/saved-a-moment-ago.ts'] }]);
  });

  test('gives a regression a task although nobody saved its file by name', async () => {
    const on = await bench(green, { autoFixEnabled: false });
    on.world.changes = [deleted('b.ts')];
    const report = ran(red);
    on.world.tests = async () =>
      report.kind === 'report' ? { ...report, report: { ...report.report, imports: { [file]: ['b.ts'] } } } : report;
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => on.state().queues.completed.length === 2);
    expect(
      on
        .state()
        .queues.completed.map(({ file_path, outcome }) => `${file_path} ${outcome}`)
        .toSorted(),
    ).toEqual(['a.ts clean', 'b.ts reported']);
  });

  test('WATCH-5: a batch of very many files is one task, also when its list has been lost', async () => {
    const on = await bench(green);
    on.world.tests = inTurn(green);
    const files = Array.from({ length: 201 }, (_, index) => `src/${index}.ts`);
    await on.pipeline.enqueue(files);
    expect(on.state().queues.pending).toMatchObject([{ type: 'batch', file_path: 'src' }]);
    await on.parts.runs.write(on.state().queues.pending[0]?.id ?? '', 'files.json', 'not a list');
    on.start();
    await on.until(() => on.state().queues.completed.length === 1);
    expect(outcomes(on)).toEqual(['clean']);
  });

  test.each<[string, boolean]>([
    ['with a baseline', true],
    ['without one', false],
  ])('VERIFY-6: of a runner that cannot run fails its tasks with the reason, %s', async (_, hasBaseline) => {
    const on = await bench(hasBaseline ? green : undefined);
    on.world.tests = async () => ({
      kind: 'broken',
      reason: 'timed-out',
      detail: 'It hung.',
      outputTail: '',
      durationMs: 1,
    });
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => on.state().queues.failed.length === 1);
    expect(on.state().queues.failed).toMatchObject([{ failure_reason: 'The tests could not be run: It hung.' }]);
    expect(on.state().last_triaged_tree).toBeNull();
  });

  test.each<[string, boolean]>([
    ['with a baseline', true],
    ['while the baseline is made', false],
  ])('RUN-3: that is cut off by the end of the agent puts its tasks back, %s', async (_, hasBaseline) => {
    const on = await bench(hasBaseline ? green : undefined);
    let isRunning = false;
    on.world.tests = (_scope, signal) =>
      new Promise<TestRun>((resolve) => {
        isRunning = true;
        signal.addEventListener('abort', () => resolve({ kind: 'cancelled' }));
      });
    const running = on.start();
    await on.pipeline.enqueue(['a.ts', 'b.ts']);
    await on.until(() => isRunning);
    await running.stop();
    expect([sizes(on), on.state().last_triaged_tree]).toEqual([[2, 0, 0, 0], null]);
  });
});

describe('errors', () => {
  test('RUN-6: inside a round fail its tasks, and the next round is well', async () => {
    const on = await bench(green);
    on.world.tests = () => Promise.reject(new Error('a bug'));
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => on.state().queues.failed.length === 1);
    expect(on.state().queues.failed).toMatchObject([{ failure_reason: 'an error inside the agent: a bug' }]);
    expect(on.events).toContainEqual(expect.objectContaining({ type: 'fault', where: 'triage', message: 'a bug' }));
    on.world.tests = inTurn(green);
    await on.pipeline.enqueue(['b.ts']);
    await on.until(() => on.state().queues.completed.length === 1);
  });

  test('RUN-6: inside an attempt fail that task alone', async () => {
    const on = await bench(green);
    on.world.tests = inTurn(red);
    on.parts.planner.plan = () => Promise.reject(new Error('a bug'));
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => types(on).includes('task.failed'));
    expect(on.state().queues.failed).toMatchObject([{ failure_reason: 'an error inside the agent: a bug' }]);
    expect(on.parts.open.held().size).toBe(0);
  });

  test('F13: while the state cannot be written nothing is claimed or paid, and it goes on by itself', async () => {
    const on = await bench(green);
    on.world.tests = inTurn(red);
    await on.pipeline.enqueue(['a.ts']);
    let tries = 0;
    on.world.isStateFaulty = () => tries++ >= 0;
    on.start();
    await on.until(() => tries > 3, 5_000);
    expect([sizes(on), on.world.asked, types(on).includes('fault')]).toEqual([[1, 0, 0, 0], 0, false]);
    on.world.isStateFaulty = () => false;
    await on.until(() => types(on).includes('attempt.rejected'), 5_000);
  });

  test('F13: a round whose end cannot be written is done again, and its regression is not lost', async () => {
    const on = await bench(green);
    let hasRun = 0;
    on.world.tests = async () => {
      hasRun++;
      return ran(red);
    };
    let isFull = true;
    on.world.isStateFaulty = () => isFull && hasRun >= 2;
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => hasRun >= 2);
    await on.until(() => on.clock.sleeping > 0);
    expect(sizes(on)).toEqual([0, 1, 0, 0]);
    isFull = false;
    await on.until(() => types(on).includes('attempt.rejected'), 5_000);
    expect([sizes(on).slice(0, 2), outcomes(on)]).toEqual([[1, 0], []]);
  });

  test('F13: an attempt whose end cannot be written is put back and made again', async () => {
    const on = await bench(green, { maxRetries: 5 });
    on.world.tests = inTurn(red);
    let isFull = false;
    on.world.isStateFaulty = () => isFull;
    const fix = on.parts.fixer.fix.bind(on.parts.fixer);
    on.parts.fixer.fix = async (...words) => {
      isFull = true;
      return fix(...words);
    };
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => isFull && on.clock.sleeping > 0);
    expect(sizes(on)).toEqual([0, 1, 0, 0]);
    on.parts.fixer.fix = fix;
    isFull = false;
    await on.until(() => types(on).includes('attempt.rejected'), 5_000);
    expect(on.state().queues.pending).toMatchObject([{ attempts: [{ number: 1 }] }]);
  });
});
