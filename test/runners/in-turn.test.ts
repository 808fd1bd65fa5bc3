import { expect, test } from 'vitest';
import { inTime, inTurn, oneRun, sharedTime, underLimit } from '../../src/runners/in-turn.ts';
import { passing, reportOf } from '../rig/reports.ts';

const { signal } = new AbortController();
const ran = (outputTail: string) => ({ kind: 'ran', outputTail }) as const;
const broken = { kind: 'broken', reason: 'crashed', detail: 'x', outputTail: '', durationMs: 1 } as const;

test('folders in turn, without those that have nothing to do; the first that cannot run ends it', async () => {
  const begun: number[] = [];
  const run = async (part: number) => {
    begun.push(part);
    return part === 2 ? undefined : part === 4 ? broken : ran(`${part}`);
  };
  expect(await inTurn([1, 2, 3], run)).toEqual([ran('1'), ran('3')]);
  expect(await inTurn([1, 4, 5], run)).toBe(broken);
  expect(begun).toEqual([1, 2, 3, 1, 4]);
});

test('what is started for a request shares its time', () => {
  const time = sharedTime(10_000);
  const [first, second] = [time.leftMs(), time.leftMs()];
  expect(first).toBeLessThanOrEqual(10_000);
  expect(second).toBeLessThanOrEqual(first);
  expect(sharedTime(-5).leftMs()).toBe(1);
  const result = { end: { kind: 'timed-out', afterMs: 7 } } as Parameters<typeof underLimit>[0];
  expect(underLimit(result, time).end).toEqual({ kind: 'timed-out', afterMs: 10_000 });
});

test('the end of all, the start of none', async () => {
  const time = sharedTime(10_000);
  const report = reportOf(passing('a.test.ts', 'a'));
  expect(oneRun([ran('x'), ran('y')], report, { signal, time })).toMatchObject({ kind: 'report', outputTail: 'x\ny' });
  expect(oneRun([], reportOf([]), { signal, time })).toMatchObject({ kind: 'no-tests' });
  const aborted = AbortSignal.abort();
  expect(oneRun([ran('x')], report, { signal: aborted, time })).toEqual({ kind: 'cancelled' });
  expect(await inTime({ timeoutMs: 1, signal: aborted }, async () => broken)).toEqual({ kind: 'cancelled' });
  const failed = inTime({ timeoutMs: 1, signal }, () => Promise.reject(new Error('no such folder')));
  expect(await failed).toMatchObject({ reason: 'could-not-start', detail: expect.stringMatching(/no such folder$/) });
});
