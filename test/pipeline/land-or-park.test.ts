import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Task } from '../../src/domain/task.ts';
import type { AttemptEnd } from '../../src/pipeline/attempt.ts';
import { landOrPark } from '../../src/pipeline/land-or-park.ts';
import type { LandedBeside } from '../../src/pipeline/landed.ts';
import type { Parts } from '../../src/pipeline/parts.ts';
import type { Verdict } from '../../src/verify/verify.ts';
import type { Patch, Replay, Snapshot, Workspace } from '../../src/workspace/types.ts';
import { gitBlobId } from '../land/rig.ts';
import { reportOf } from '../rig/reports.ts';
import { scratch } from '../rig/scratch.ts';
import { bench } from './rig.ts';

const snapshot = (letter: string): Snapshot => ({ tree: letter.repeat(40) });
const base = snapshot('a');
const task: Task = {
  id: 'task_0000000a',
  type: 'file_change',
  file_path: 'a.ts',
  description: '',
  created_at: '2026-01-02T03:04:05.000Z',
  status: 'in_progress',
  retry_count: 0,
  priority: 0,
  attempts: [],
};
const accepted: Verdict = {
  ...{ kind: 'accepted', report: reportOf([]), durationMs: 1 },
  ...{ suspicious: [], silencing: [], flaky: [] },
};
const rejected: Verdict = {
  kind: 'rejected',
  reasons: ['A test is still red.'],
  ran: 1,
  durationMs: 1,
  outputTail: '',
};

const alone: LandedBeside = { tests: new Set(), files: new Set() };
const texts = ['old', 'new', 'theirs'];

function patchOn(from: Snapshot, path = 'a.ts'): Patch {
  const [oldBlob, newBlob] = [gitBlobId('old'), gitBlobId('new')];
  const change = { path, kind: 'modified', oldMode: '100644', newMode: '100644', oldBlob, newBlob } as const;
  return { base: from, result: snapshot('f'), changes: [change], text: 'the text of the patch' };
}

interface Stage {
  readonly parts: Parts;
  readonly root: string;
  readonly notes: string[];
  readonly judged: Patch[];
  readonly told: () => string[];
  readonly read: (path?: string) => string;
  readonly landings: () => string[];
  run(patch?: Patch, signal?: AbortSignal): Promise<AttemptEnd>;
}

interface Script {
  /** The trees that snapshots find, one after the other; the last one again and again. */
  readonly trees: readonly Snapshot[];
  readonly replay?: (patch: Patch, onto: Snapshot) => Replay;
  readonly verdict?: Verdict;
  /** Called with each snapshot. */
  readonly onSnapshot?: (root: string) => void;
  /** What others have landed meanwhile. */
  readonly beside?: LandedBeside;
}

async function stage({ trees, replay, verdict = accepted, onSnapshot, beside = alone }: Script): Promise<Stage> {
  const on = await bench([]);
  const root = join(await scratch('land-or-park'), 'project');
  mkdirSync(root);
  writeFileSync(join(root, 'a.ts'), 'old');
  let taken = 0;
  const used: Partial<Workspace> = {
    root,
    snapshot: async () => {
      onSnapshot?.(root);
      return trees[Math.min(taken++, trees.length - 1)] ?? base;
    },
    blob: async (id) => Buffer.from(texts.find((text) => gitBlobId(text) === id) ?? ''),
    changes: async () => [],
    replay: async (patch, onto) => replay?.(patch, onto) ?? { kind: 'replayed', patch: patchOn(onto) },
  };
  const notes: string[] = [];
  const judged: Patch[] = [];
  const parts: Parts = {
    ...on.parts,
    workspace: used as Workspace,
    noteOwnWrite: (path, blob) => notes.push(`${path} ${texts.find((text) => gitBlobId(text) === blob) ?? 'gone'}`),
  };
  const judge = async (patch: Patch): Promise<Verdict> => {
    judged.push(patch);
    return verdict;
  };
  return {
    parts,
    root,
    notes,
    judged,
    told: () => on.events.map(({ type }) => type),
    read: (path = 'a.ts') => readFileSync(join(root, path), 'utf8'),
    landings: () => on.state().landings.map(({ status }) => status),
    run: (patch = patchOn(base), signal = new AbortController().signal) =>
      landOrPark({ parts, task, patch, judge, beside, signal }),
  };
}

const readPatch = ({ parts }: Stage): string =>
  readFileSync(join(parts.runs.folderOf(task.id), 'parked.patch'), 'utf8');

describe('LAND-1: a proven patch', () => {
  test('lands on the tree that it was proven on; the watcher knows it before', async () => {
    const on = await stage({ trees: [base] });
    await on.parts.state.update((state) => {
      state.last_triaged_tree = base.tree;
    });
    expect(await on.run()).toEqual({ kind: 'landed', files: ['a.ts'] });
    expect([on.read(), on.notes, on.landings(), on.told()]).toEqual(['new', ['a.ts new'], ['landed'], ['land.landed']]);
    expect(on.judged).toEqual([]);
    expect(on.parts.state.current.last_triaged_tree).toBe(patchOn(base).result.tree);
  });

  test('F22: is replayed on a newer tree and proven there', async () => {
    const on = await stage({ trees: [snapshot('b'), snapshot('b')] });
    expect(await on.run()).toEqual({ kind: 'landed', files: ['a.ts'] });
    expect(on.judged.map((patch) => patch.base)).toEqual([snapshot('b')]);
    expect(on.told()).toEqual(['land.replayed', 'land.landed']);
    expect(on.parts.state.current.last_triaged_tree).toBeNull();
  });

  test('LAND-5: is not landed where the person has made the very same change; the task is theirs', async () => {
    const on = await stage({
      trees: [snapshot('b')],
      replay: (_, onto) => ({ kind: 'replayed', patch: { ...patchOn(onto), changes: [] } }),
    });
    const record = { fingerprint: 'f', files: ['a.ts'], tests: [], diff: '', before: reportOf([]) };
    await on.parts.open.add(task.id, record);
    expect(await on.run()).toEqual({ kind: 'stopped' });
    expect(on.parts.open.stopReason(task.id)).toBe('mended by the person');
    expect([on.landings(), on.told()]).toEqual([[], ['land.replayed']]);
  });

  test('is left when the attempt was stopped', async () => {
    const on = await stage({ trees: [base] });
    expect(await on.run(patchOn(base), AbortSignal.abort())).toEqual({ kind: 'stopped' });
    expect([on.read(), on.landings()]).toEqual(['old', []]);
  });
});

describe('LAND-3: a proven patch is parked, and the tree left as it is', () => {
  test('F22: when the person changed the same lines', async () => {
    const on = await stage({ trees: [snapshot('b')], replay: () => ({ kind: 'conflict', paths: ['a.ts', 'b.ts'] }) });
    expect(await on.run()).toEqual({ kind: 'parked', reason: 'you changed the same lines in a.ts, b.ts' });
    expect([on.read(), readPatch(on), on.told()]).toEqual(['old', 'the text of the patch', ['land.parked']]);
  });

  test('F22: when it is refused on their newer changes', async () => {
    const on = await stage({ trees: [snapshot('b')], verdict: rejected });
    expect(await on.run()).toEqual({
      kind: 'parked',
      reason: 'it is not proven on your newer changes. A test is still red.',
    });
    expect([on.read(), on.landings()]).toEqual(['old', []]);
  });

  test('F22: when the tree never rests', async () => {
    const on = await stage({ trees: ['b', 'c', 'd', 'e', 'f'].map(snapshot) });
    expect(await on.run()).toEqual({ kind: 'parked', reason: 'the files kept changing while the fix was verified' });
    expect(on.judged).toHaveLength(3);
  });

  test('F22: when the person is always a moment faster; what they had is not called ours', async () => {
    const on = await stage({ trees: [base], onSnapshot: (root) => writeFileSync(join(root, 'a.ts'), 'theirs') });
    expect(await on.run()).toEqual({ kind: 'parked', reason: 'a.ts was being changed' });
    expect([on.read(), on.notes.at(-1), new Set(on.landings())]).toEqual([
      'theirs',
      'a.ts old',
      new Set(['rolled-back']),
    ]);
  });

  test('when it cannot be written', async () => {
    const on = await stage({ trees: [base] });
    rmSync(join(on.root, 'a.ts'));
    writeFileSync(join(on.root, 'x'), 'a file where a folder should be');
    const end = await on.run(patchOn(base, 'x/a.ts'));
    expect(end).toMatchObject({ kind: 'parked', reason: expect.stringMatching(/^it could not be written: ENOTDIR/) });
    expect([on.landings(), on.notes]).toEqual([['rolled-back'], ['x/a.ts new', 'x/a.ts old']]);
  });
});

describe('QUEUE-5: beside what another task has landed, a patch', () => {
  const beside: LandedBeside = { tests: new Set(['t']), files: new Set(['b.ts']) };

  test('is proven once more even on its own tree: tests of the other one were excused so far', async () => {
    const on = await stage({ trees: [base], beside });
    expect(await on.run()).toEqual({ kind: 'landed', files: ['a.ts'] });
    expect([on.judged.length, on.told()]).toEqual([1, ['land.replayed', 'land.landed']]);
  });

  test('that touches the same lines, or is refused there, is made anew and not called the person’s doing', async () => {
    const replay = (): Replay => ({ kind: 'conflict', paths: ['b.ts'] });
    const inTheWay = await stage({ trees: [snapshot('b')], replay, beside });
    expect(await inTheWay.run()).toEqual({ kind: 'overtaken', files: ['b.ts'] });
    const refused = await stage({ trees: [snapshot('b')], verdict: rejected, beside });
    expect(await refused.run()).toEqual({ kind: 'overtaken', files: ['b.ts'] });
    expect([inTheWay.read(), refused.read(), inTheWay.told()]).toEqual(['old', 'old', []]);
  });

  test('is parked where it is the person who has changed the same lines', async () => {
    const replay = (): Replay => ({ kind: 'conflict', paths: ['a.ts'] });
    const on = await stage({ trees: [snapshot('b')], replay, beside });
    expect(await on.run()).toMatchObject({ kind: 'parked', reason: 'you changed the same lines in a.ts' });
  });
});

test('a replayed patch on which the tests could not be run is nobody’s fault', async () => {
  const on = await stage({ trees: [snapshot('b')], verdict: { kind: 'broken', detail: 'gone' } });
  expect(await on.run()).toEqual({ kind: 'unavailable', what: 'test runner', detail: 'gone' });
  const stopped = await stage({ trees: [snapshot('b')], verdict: { kind: 'cancelled' } });
  expect(await stopped.run()).toEqual({ kind: 'stopped' });
});
