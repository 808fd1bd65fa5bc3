import { describe, expect, test } from 'vitest';
import type { TestRun } from '../../src/domain/tests.ts';
import type { TreeChange } from '../../src/workspace/types.ts';
import { failing, idOf, passing } from '../rig/reports.ts';
import { type Bench, bench, inTurn, ran } from './rig.ts';

const file = 'a.test.ts';
const green = passing(file, 'a');
const red = failing(file, 'a');
const [one, two] = ['1'.repeat(40), '2'.repeat(40)];

const changed = (path: string, blob = '7'): TreeChange => ({
  path,
  kind: 'modified',
  oldMode: '100644',
  newMode: '100644',
  oldBlob: '0'.repeat(40),
  newBlob: blob.repeat(40),
});

const blobsOf = (changes: readonly TreeChange[]): ReadonlyMap<string, string> =>
  new Map(changes.map(({ path, newBlob }) => [path, newBlob]));

const types = ({ events }: Bench): string[] => events.map(({ type }) => type);
const outcomes = ({ state }: Bench): (string | undefined)[] => state().queues.completed.map(({ outcome }) => outcome);

/** A bench whose baseline was made at the first commit, and whose HEAD is now at the second. */
async function afterSwitch(changes: readonly TreeChange[], brought = changes, isSwitch = true): Promise<Bench> {
  const on = await bench(green);
  on.parts.baseline.current?.noteHead(one);
  on.world.head = two;
  on.world.changes = changes;
  on.world.headMove = { isSwitch, blobs: blobsOf(brought) };
  on.world.tests = inTurn(red);
  return on;
}

describe('F24: a round after HEAD has moved', () => {
  test('is a new baseline when what changed came with the switch', async () => {
    const on = await afterSwitch(
      [changed('a.ts'), changed('b.ts'), changed('c.ts'), changed('mine.ts', '8')],
      [changed('a.ts'), changed('b.ts'), changed('c.ts'), changed('mine.ts')],
    );
    on.start();
    await on.pipeline.enqueue(['a.ts', 'b.ts', 'c.ts', 'mine.ts']);
    await on.until(() => on.state().queues.completed.length === 4);
    expect([outcomes(on), on.world.asked]).toEqual([Array(4).fill('clean'), 0]);
    expect(on.events.find(({ type }) => type === 'baseline.outdated')).toMatchObject({
      reason: 'the branch was switched',
      files: ['a.ts', 'b.ts', 'c.ts'],
    });
    expect(on.parts.baseline.known(idOf(file, 'a'))).toBe('red');
    expect(on.parts.baseline.current?.document.head).toBe(two);
  });

  test.each([
    ['the person only committed', [changed('a.ts')], [changed('a.ts')], false],
    ['the file was edited after the switch', [changed('a.ts', '8')], [changed('a.ts')], true],
    ['most of it is the person’s own', [changed('a.ts'), changed('b.ts', '8')], [changed('a.ts')], true],
  ] as const)('is an ordinary one when %s', async (_when, changes, brought, isSwitch) => {
    const on = await afterSwitch(changes, brought, isSwitch);
    on.start();
    await on.pipeline.enqueue(changes.map(({ path }) => path));
    await on.until(() => types(on).includes('regression.found'));
    expect(types(on)).not.toContain('baseline.outdated');
    expect(on.parts.baseline.current?.document.head).toBe(two);
  });

  test('is begun again when HEAD moved while the tests ran', async () => {
    const on = await afterSwitch([changed('a.ts')]);
    on.world.head = one;
    let runs = 0;
    on.world.tests = async () => {
      if (++runs === 2) on.world.head = two;
      return ran(red);
    };
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => on.state().queues.completed.length === 1);
    expect([outcomes(on), runs]).toEqual([['clean'], 3]);
    expect(types(on)).not.toContain('regression.found');
  });
});

describe('F24: an open regression, when the branch is switched', () => {
  /** A fix is being made for `a`; then the branch is switched, and all tests end as given there. */
  async function switched(there: () => Promise<TestRun>): Promise<{ on: Bench; stopped: () => unknown }> {
    const on = await bench(green);
    on.parts.baseline.current?.noteHead(one);
    on.world.head = one;
    on.world.tests = inTurn(red);
    const stops: unknown[] = [];
    let asked = 0;
    on.parts.fixer.fix = async (_prompt, _base, _usd, signal) => {
      asked++;
      if (asked === 1 && !signal.aborted)
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      stops.push(signal.reason);
      const usage = { costUsd: 0, turns: 1, inputTokens: 1, outputTokens: 1 };
      const answer = {
        outcome: { kind: 'done', text: '', structured: {}, denials: 0 },
        usage,
        sessionId: undefined,
        durationMs: 1,
      } as const;
      return { fix: { kind: 'empty', summary: 'nothing', answer }, transcript: '' };
    };
    on.start();
    await on.pipeline.enqueue(['a.ts']);
    await on.until(() => asked === 1);
    on.world.tests = there;
    on.world.head = two;
    on.world.tree = 'b'.repeat(40);
    on.world.changes = [changed('a.ts')];
    on.world.headMove = { isSwitch: true, blobs: blobsOf(on.world.changes) };
    await on.pipeline.enqueue(['a.ts']);
    return { on, stopped: () => stops[0] };
  }

  test.each([
    ['green', green],
    ['gone', passing('b.test.ts', 'b')],
  ])('ends as clean when its tests are %s there; the model is stopped', async (_what, tests) => {
    const { on, stopped } = await switched(async () => ran(tests));
    await on.until(() => on.state().queues.completed.length === 2);
    expect([outcomes(on), stopped()]).toEqual([['clean', 'clean'], 'the branch was switched']);
    expect(on.events.filter(({ type }) => type === 'task.finished')).toContainEqual(
      expect.objectContaining({ note: 'the branch was switched' }),
    );
    expect(on.parts.open.going).toEqual([]);
  });

  test('is taken up again when its tests are red there too, and not before that is known', async () => {
    const tellRuns: (() => void)[] = [];
    const { on, stopped } = await switched(async () => {
      await new Promise<void>((resolve) => tellRuns.push(resolve));
      return ran(red);
    });
    await on.until(() => tellRuns.length === 1 && on.state().queues.pending.length === 1);
    expect(stopped()).toBe('the branch was switched');
    const asked = on.world.asked;
    for (const tell of tellRuns) tell();
    await on.until(() => on.world.asked > asked);
    expect(on.state().queues.completed).toHaveLength(1);
    expect(on.parts.baseline.known(idOf(file, 'a'))).toBe('green');
  });
});

test('VERIFY-2: a change of the runner’s configuration is a new baseline, and nobody is blamed', async () => {
  const on = await bench(green);
  on.world.tests = inTurn(red);
  on.world.changes = [changed('vitest.config.ts'), changed('a.ts')];
  on.start();
  await on.pipeline.enqueue(['vitest.config.ts', 'a.ts']);
  await on.until(() => on.state().queues.completed.length === 2);
  expect([outcomes(on), types(on).includes('regression.found')]).toEqual([['clean', 'clean'], false]);
  expect(on.events.find(({ type }) => type === 'baseline.outdated')).toMatchObject({ files: ['vitest.config.ts'] });
  expect(on.parts.baseline.known(idOf(file, 'a'))).toBe('red');
});

test('WATCH_PATHS that were changed make the next round a new baseline: other tests belong to it', async () => {
  const on = await bench(green, { watchPaths: ['a.ts'] });
  const { current } = on.parts.baseline;
  if (current !== undefined) current.document.watch_paths = ['.'];
  on.world.tests = inTurn(green);
  on.start();
  await on.pipeline.enqueue(['a.ts']);
  await on.until(() => on.state().queues.completed.length === 1);
  expect(types(on)).toContain('baseline.outdated');
  expect(on.parts.baseline.current?.document.watch_paths).toEqual(['a.ts']);
});

test('PROJECT_READ_ONLY that was changed makes the next round a new baseline, which tells who writes where it may not', async () => {
  const on = await bench(green, { projectReadOnly: 'auto' });
  const { current } = on.parts.baseline;
  if (current !== undefined) current.document.read_only = 'off';
  const message = "EROFS: read-only file system, open 'dist/out.txt'";
  const barred = failing(file, 'a').map((test) => ({ ...test, message }));
  on.world.tests = inTurn(barred);
  on.start();
  await on.pipeline.enqueue(['a.ts']);
  await on.until(() => on.state().queues.completed.length === 1);
  expect(on.events.find(({ type }) => type === 'baseline.outdated')).toMatchObject({
    reason: 'PROJECT_READ_ONLY was changed',
  });
  expect(on.events.find(({ type }) => type === 'baseline.barred')).toMatchObject({ files: [file], total: 1 });
  expect(types(on)).not.toContain('regression.found');
});

test('F73: LANE_LINKS that were changed make the next round a new baseline', async () => {
  const on = await bench(green, { laneLinks: ['dist'] });
  const { current } = on.parts.baseline;
  if (current !== undefined) current.document.lane_links = [];
  on.world.tests = inTurn(green);
  on.start();
  await on.pipeline.enqueue(['a.ts']);
  await on.until(() => on.state().queues.completed.length === 1);
  expect(types(on)).toContain('baseline.outdated');
  expect(on.parts.baseline.current?.document.lane_links).toEqual(['dist']);
});
