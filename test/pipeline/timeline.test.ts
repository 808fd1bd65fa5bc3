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
const batch: AgentFact = { type: 'watch.batch', files: ['a.ts'], total: 1 };
const landing: readonly (readonly [number, AgentFact])[] = [
  [0, batch],
  [5, { type: 'task.created', taskId, file: 'a.ts' }],
  [40, { type: 'triage.started', files: ['a.ts'] }],
  // The next save, while this one is looked at.
  [100, batch],
  [340, { type: 'triage.red', tests: ['t'], count: 1 }],
  [640, { type: 'triage.finished', ran: 2, red: 1, knownRed: 0, flaky: 0, durationMs: 560 }],
  [650, finding],
  [660, { type: 'task.phase', taskId, phase: 'plan', attempt: 1, of: 3 }],
  [800, { type: 'plan.ready', taskId, summary: '', source: 'claude', costUsd: 0, durationMs: 100 }],
  [1_000, { type: 'land.landed', taskId, files: ['a.ts'] }],
  [1_010, { type: 'task.finished', taskId, file: 'a.ts', outcome: 'fixed', costUsd: 0, durationMs: 1_000 }],
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
  expect(waterfall).toMatchObject({ totalMs: 1_010, testsMs: 560, modelMs: 100, ownMs: 350 });
  expect(waterfall?.steps.map(({ name, durationMs }) => [name, durationMs])).toEqual([
    ['queue', 5],
    ['snapshot', 35],
    ['first run', 300],
    ['repeat of what is red', 300],
    ['what is to be done', 10],
    ['begin to plan', 10],
    ['plan', 140],
    ['landed', 200],
    ['settled', 10],
  ]);
  expect(waterfallLines(waterfall)[0]).toContain(
    '1010 ms since the last save; tests 560 ms, Claude 100 ms, the rest 350',
  );
  expect(waterfallLines(waterfall)[3]).toMatch(/^ {4}first run +300 ms {2} +#{11,13}$/);
});

test('a task that was tried very often keeps its first steps and its latest', async () => {
  const { runs, at } = await play();
  for (const [ms, fact] of landing.slice(0, 7)) at(ms, fact);
  const rejected: AgentFact = { type: 'attempt.rejected', taskId, attempt: 1, of: 3, reasons: [] };
  for (let ms = 1_000; ms < 3_000; ms++) at(ms, { type: 'task.phase', taskId, phase: 'fix', attempt: 1, of: 3 });
  at(3_000, rejected);
  await expect.poll(async () => (await readWaterfall(runs.folder, taskId))?.steps.length).toBe(399);
  expect((await readWaterfall(runs.folder, taskId))?.totalMs).toBe(3_000);
});

test('nothing is said of times where nothing was noted', async () => {
  expect(await readWaterfall(await scratch('no-times'), taskId)).toBeUndefined();
  expect(waterfallLines(undefined)).toEqual(['  Times: nothing was noted for this task.']);
  expect(waterfallOf([])).toMatchObject({ steps: [], totalMs: 0, ownMs: 0 });
});
