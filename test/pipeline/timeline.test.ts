import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readWaterfall, waterfallLines } from '../../src/cli/timing.ts';
import { waterfallOf } from '../../src/domain/timing.ts';
import { type AgentFact, createEvents } from '../../src/events.ts';
import { Runs } from '../../src/pipeline/runs.ts';
import { keepTimeline } from '../../src/pipeline/timeline.ts';
import { scratch } from '../rig/scratch.ts';

const taskId = 'task_1';
const finding: AgentFact = {
  type: 'regression.found',
  taskId,
  fingerprint: 'f',
  tests: ['t'],
  count: 1,
  files: ['a.ts'],
};
const batch: AgentFact = { type: 'watch.batch', files: ['a.ts'], total: 1, seenAt: 1_000 };
const phase = (name: 'plan' | 'fix' | 'verify' | 'land'): AgentFact => ({
  ...{ type: 'task.phase', taskId, phase: name, attempt: 1, of: 3 },
});
const bill = { costUsd: 0, durationMs: 100 };
const landing: readonly (readonly [number, AgentFact])[] = [
  [3_000, batch],
  [3_005, { type: 'task.created', taskId, file: 'a.ts' }],
  [3_040, { type: 'triage.started', files: ['a.ts'], snapshotMs: 30 }],
  // The next save, while this one is looked at.
  [3_100, batch],
  [3_340, { type: 'triage.red', tests: ['t'], count: 1 }],
  [3_640, { type: 'triage.finished', ran: 2, red: 1, knownRed: 0, flaky: 0, durationMs: 560 }],
  [3_650, finding],
  [3_660, phase('plan')],
  [3_700, { type: 'lane.ready', taskId, lane: 'fix', durationMs: 35 }],
  [3_750, { type: 'lane.ready', taskId, lane: 'verify', durationMs: 80 }],
  [3_800, { type: 'plan.ready', taskId, summary: '', source: 'claude', ...bill }],
  [3_803, phase('fix')],
  [4_000, { type: 'fix.ready', taskId, files: ['a.ts'], ...bill }],
  [4_004, phase('verify')],
  [4_500, { type: 'verdict', taskId, accepted: true, reasons: [], ran: 2, durationMs: 400 }],
  [4_503, phase('land')],
  [4_600, { type: 'land.landed', taskId, files: ['a.ts'], durationMs: 60 }],
  [4_610, { type: 'task.finished', taskId, file: 'a.ts', outcome: 'fixed', costUsd: 0, durationMs: 1_000 }],
];

async function play(): Promise<{ runs: Runs; at: (ms: number, fact: AgentFact) => void }> {
  let now = 0;
  const runs = new Runs(await scratch('timeline'), (text) => text);
  const events = createEvents(
    () => now,
    (text) => text,
  );
  keepTimeline(events, runs, (error) => {
    throw error;
  });
  const at = (ms: number, fact: AgentFact): void => {
    now = ms;
    events.emit(fact);
  };
  return { runs, at };
}

test('what happened to a task is beside its files when it is settled, from the save on', async () => {
  const { runs, at } = await play();
  for (const [ms, fact] of landing) at(ms, fact);
  await expect.poll(() => readFile(join(runs.folder, taskId, 'timing.json'), 'utf8').catch(() => '')).toMatch(/\}$/);
  const waterfall = await readWaterfall(runs.folder, taskId);
  const sums = { totalMs: 3_610, testsMs: 960, modelMs: 200, waitedMs: 2_015, ownMs: 435, overlapMs: 115 };
  expect(waterfall).toMatchObject(sums);
  expect(waterfall?.steps.map(({ name, startMs, durationMs, beside }) => [name, startMs, durationMs, beside])).toEqual([
    ['seen', 0, 0, false],
    ['debounce', 0, 2_000, false],
    ['queue', 2_000, 5, false],
    ['wait', 2_005, 5, false],
    ['snapshot', 2_010, 30, false],
    ['triage', 2_040, 300, false],
    ['repeat', 2_340, 300, false],
    ['settle', 2_640, 10, false],
    ['wait', 2_650, 10, false],
    ['plan', 2_660, 140, false],
    ['fix lane', 2_665, 35, true],
    ['verify lane', 2_670, 80, true],
    ['fix', 2_800, 200, false],
    ['verify', 3_000, 500, false],
    ['landing wait', 3_500, 40, false],
    ['landing', 3_540, 60, false],
    ['settle', 3_600, 10, false],
  ]);
  const lines = waterfallLines(waterfall);
  expect(lines[0]).toContain(
    '3610 ms since the save was seen; tests 960 ms, Claude 200 ms, waiting 2015 ms, the rest 435 ms',
  );
  expect(lines[1]).toContain('Side by side (=): 115 ms');
  expect(lines.find((line) => line.includes('repeat'))).toMatch(/^ {4}repeat {8,} \+2340 ms +300 ms {2} {26}#{3}$/);
  expect(lines.find((line) => line.includes('verify lane'))).toMatch(/ 80 ms {2} {30}=$/);
});

test('a task that was tried very often keeps its first steps and its latest', async () => {
  const { runs, at } = await play();
  for (const [ms, fact] of landing.slice(0, 8)) at(ms, fact);
  const rejected: AgentFact = { type: 'attempt.rejected', taskId, attempt: 1, of: 3, reasons: [] };
  for (let ms = 5_000; ms < 7_000; ms++) at(ms, { type: 'task.phase', taskId, phase: 'plan', attempt: 2, of: 3 });
  at(7_000, rejected);
  await expect.poll(async () => (await readWaterfall(runs.folder, taskId))?.steps.length).toBe(400);
  expect((await readWaterfall(runs.folder, taskId))?.totalMs).toBe(6_000);
});

test('what is waited for within an attempt is told apart from the step behind it', () => {
  const marks = [
    { name: 'plan', at: 1_000 },
    { name: 'hand-over', at: 1_099 },
    { name: 'fix', at: 1_500 },
    { name: 'hand-over', at: 1_600 },
    { name: 'verify', at: 2_000 },
  ];
  expect(waterfallOf(marks).steps.map(({ name, durationMs }) => [name, durationMs])).toEqual([
    ['plan', 0],
    ['fix', 500],
    ['wait', 100],
    ['verify', 400],
  ]);
});

test('nothing is said of times where nothing was noted', async () => {
  expect(await readWaterfall(await scratch('no-times'), taskId)).toBeUndefined();
  expect(waterfallLines(undefined)).toEqual(['  Times: nothing was noted for this task.']);
  expect(waterfallOf([])).toMatchObject({ steps: [], totalMs: 0, ownMs: 0 });
});
