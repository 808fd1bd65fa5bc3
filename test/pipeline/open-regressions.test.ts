import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { TestReport, TestResult } from '../../src/domain/tests.ts';
import { OpenRegressions } from '../../src/pipeline/open-regressions.ts';
import { type RegressionRecord, Runs } from '../../src/pipeline/runs.ts';
import { failing, idOf, loadFailure, passing, redOf, reportOf, skipping, unhandled } from '../rig/reports.ts';
import { scratch } from '../rig/scratch.ts';

const file = 'a.test.ts';
const none = new Set<string>();

function recordOf(red: readonly TestResult[], before: TestReport = reportOf(red)): RegressionRecord {
  return { fingerprint: 'print', files: ['a.ts'], tests: red.map(redOf), diff: '- a\n+ b', before };
}

async function openWith(
  records: Readonly<Record<string, RegressionRecord>>,
): Promise<{ open: OpenRegressions; folder: string }> {
  const folder = await scratch('runs');
  const open = new OpenRegressions(new Runs(folder, async (text) => text));
  for (const [taskId, record] of Object.entries(records)) await open.add(taskId, record);
  return { open, folder };
}

describe('an open regression', () => {
  test('QUEUE-2: is the same after a restart', async () => {
    const record = recordOf(failing(file, 'a'));
    const { folder } = await openWith({ task_1: record });
    const again = new OpenRegressions(new Runs(folder, async (text) => text));
    await again.load('task_1');
    expect(again.record('task_1')).toEqual(record);
    await expect(again.load('task_2')).rejects.toThrow('ENOENT');
    expect(() => again.record('task_2')).toThrow('Task task_2 has no open regression');
  });

  test('holds its tests; another one does not hold them', async () => {
    const { open } = await openWith({ task_1: recordOf(failing(file, 'a')), task_2: recordOf(failing(file, 'b')) });
    expect(open.held()).toEqual(new Set([idOf(file, 'a'), idOf(file, 'b')]));
    expect(open.held('task_1')).toEqual(new Set([idOf(file, 'b')]));
    open.close('task_2');
    expect(open.held('task_1')).toEqual(none);
  });

  test('QUEUE-3: is found by any test that it shares', async () => {
    const { open } = await openWith({ task_1: recordOf(failing(file, 'a', 'b')) });
    expect(open.overlapping(failing(file, 'x', 'b').map(redOf))).toBe('task_1');
    expect(open.overlapping(failing(file, 'x').map(redOf))).toBeUndefined();
    expect(open.overlapping(failing('b.test.ts', 'a').map(redOf))).toBeUndefined();
  });

  test('that was stopped holds nothing: if its tests are red again, that is another one', async () => {
    const { open } = await openWith({ task_1: recordOf(failing(file, 'a')) });
    expect([open.stopReason('task_1'), open.signal('task_1').aborted]).toEqual([undefined, false]);
    open.stop('task_1', 'mended by the person');
    expect([open.stopReason('task_1'), open.signal('task_1').reason]).toEqual(Array(2).fill('mended by the person'));
    expect(open.overlapping(failing(file, 'a').map(redOf))).toBeUndefined();
    expect(open.held()).toEqual(none);
    expect(open.mendedIn(reportOf(passing(file, 'a')), none)).toEqual([]);
    expect(open.record('task_1').tests).toHaveLength(1);
  });

  test('that nobody knows is no work', async () => {
    const { open } = await openWith({});
    expect([open.signal('task_1').aborted, open.stopReason('task_1')]).toEqual([true, undefined]);
    open.stop('task_1', 'cancelled');
    await open.refresh('task_1', { files: [], tests: [], diff: '', report: reportOf([]), gone: none });
  });
});

describe('LAND-5: a regression is mended by the person when', () => {
  const mended = async (record: RegressionRecord, report: TestReport | undefined, gone = none): Promise<boolean> => {
    const { open } = await openWith({ task_1: record });
    return open.mendedIn(report, gone).includes('task_1');
  };

  test('all its tests are seen green', async () => {
    const record = recordOf(failing(file, 'a', 'b'));
    expect(await mended(record, reportOf(passing(file, 'a', 'b', 'c')))).toBe(true);
    expect(await mended(record, reportOf([...passing(file, 'a'), ...failing(file, 'b')]))).toBe(false);
    expect(await mended(record, reportOf([...passing(file, 'a'), ...skipping(file, 'b')]))).toBe(false);
    expect(await mended(record, reportOf(passing('b.test.ts', 'a', 'b')))).toBe(false);
    expect(await mended(record, undefined)).toBe(false);
  });

  test('F23: what is not green was taken away: the test, or its file', async () => {
    const record = recordOf([...failing(file, 'a'), ...failing('b.test.ts', 'b')]);
    expect(await mended(record, reportOf([...passing(file, 'renamed'), ...passing('b.test.ts', 'b')]))).toBe(true);
    expect(await mended(record, reportOf(passing(file, 'a')), new Set(['b.test.ts']))).toBe(true);
    expect(await mended(record, undefined, new Set([file, 'b.test.ts']))).toBe(true);
    expect(await mended(record, undefined, new Set([file]))).toBe(false);
    expect(await mended(record, reportOf([loadFailure(file), ...passing('b.test.ts', 'b')]))).toBe(false);
  });

  test('F70: the file loads again and its tests are green; the error outside of tests is gone', async () => {
    const unloaded = recordOf([loadFailure(file), ...failing(file, 'a')]);
    expect(await mended(unloaded, reportOf(passing(file, 'a')))).toBe(true);
    expect(await mended(unloaded, reportOf([loadFailure(file)]))).toBe(false);
    expect(await mended(recordOf([unhandled(file)]), reportOf(passing(file, 'a')))).toBe(true);
    const ofNoFile = recordOf(
      [unhandled('')],
      reportOf([...passing(file, 'a'), ...passing('b.test.ts', 'b'), unhandled('')]),
    );
    expect(await mended(ofNoFile, reportOf([...passing(file, 'a'), ...passing('b.test.ts', 'b')]))).toBe(true);
    expect(await mended(ofNoFile, reportOf(passing(file, 'a')))).toBe(false);
  });
});

describe('QUEUE-3: an open regression that is joined', () => {
  test('takes files and tests on; of the runs, the newer one counts, file by file', async () => {
    const before = reportOf([...failing(file, 'a'), ...passing('b.test.ts', 'b')], { imports: { [file]: ['a.ts'] } });
    const { open, folder } = await openWith({ task_1: recordOf(failing(file, 'a'), before) });
    const report = reportOf(failing('b.test.ts', 'b'), { imports: { 'b.test.ts': ['b.ts'] } });
    const tests = [...failing(file, 'a'), ...failing('b.test.ts', 'b')].map(redOf);
    await open.refresh('task_1', { files: ['a.ts', 'b.ts'], tests, diff: '+ c', report, gone: none });
    const record = open.record('task_1');
    expect(record).toMatchObject({
      fingerprint: 'print',
      files: ['a.ts', 'b.ts'],
      diff: '- a\n+ b\n+ c',
      before: { files: [file, 'b.test.ts'], imports: { [file]: ['a.ts'], 'b.test.ts': ['b.ts'] } },
    });
    expect(record.tests.map(({ id }) => id)).toEqual([idOf(file, 'a'), idOf('b.test.ts', 'b')]);
    expect(record.before.tests.map(({ id, status }) => `${id} ${status}`)).toEqual([
      `${idOf(file, 'a')} failed`,
      `${idOf('b.test.ts', 'b')} failed`,
    ]);
    expect(await readdir(folder)).toEqual(['task_1']);
  });

  test('F23: gives up tests that no longer exist, since no fix could make them green', async () => {
    const { open } = await openWith({
      task_1: recordOf([...failing(file, 'a', 'old name'), ...failing('gone.test.ts', 'x')]),
    });
    const report = reportOf(failing(file, 'a', 'new name'));
    const gone = new Set(['gone.test.ts']);
    await open.refresh('task_1', { files: [], tests: failing(file, 'a').map(redOf), diff: '', report, gone });
    expect(open.record('task_1').tests.map(({ title }) => title)).toEqual(['a']);
  });

  test('does not grow with every save', async () => {
    const { open } = await openWith({ task_1: recordOf(failing(file, 'a')) });
    const change = {
      files: ['a.ts'],
      tests: failing(file, 'a').map(redOf),
      report: reportOf(failing(file, 'a')),
      gone: none,
    };
    for (let save = 0; save < 20; save++)
      await open.refresh('task_1', { ...change, diff: `save ${save} ${'x'.repeat(50_000)}` });
    const { diff, tests, files } = open.record('task_1');
    expect([tests.length, files.length, diff.length < 150_000]).toEqual([1, 1, true]);
    expect(diff.startsWith('- a\n+ b')).toBe(true);
    expect(diff).toContain('save 19 ');
  });
});

test('VERIFY-1: what another fix has mended counts as green before; a file that did not load is not excused either', async () => {
  const before = reportOf([...failing(file, 'a', 'b', 'c'), loadFailure('x.test.ts')]);
  const { open, folder } = await openWith({
    task_1: recordOf(failing(file, 'a'), before),
    task_2: recordOf(failing(file, 'b'), before),
  });
  await open.noteMended('task_2', [idOf(file, 'b'), loadFailure('x.test.ts').id]);
  const statuses = open.record('task_1').before.tests.map(({ title, status }) => `${title} ${status}`);
  expect(statuses).toEqual(['a failed', 'b passed', 'c failed']);
  expect(open.record('task_2').before).toEqual(before);
  const again = new OpenRegressions(new Runs(folder, async (text) => text));
  await again.load('task_1');
  expect(again.record('task_1')).toEqual(open.record('task_1'));
});
