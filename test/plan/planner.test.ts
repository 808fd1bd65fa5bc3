import { expect, onTestFinished, test } from 'vitest';
import { Planner } from '../../src/plan/planner.ts';
import { patiently, stage } from '../claude/rig.ts';
import { FakeClock } from '../rig/fake-clock.ts';

const strategy = { summary: 'Put it back', cause: 'It was changed', steps: [], files: [], keeps_intent: true };

test('CLAUDE-1, CLAUDE-5: the planner is one process as long as its limit of money fits, and never has more than it may spend', async () => {
  const { rehearsal, spec } = await stage(() => ({ structured: strategy, usage: { inputTokens: 10_000 } }));
  const { tools: _, ...rest } = spec();
  const planner = new Planner({ spec: rest, clock: new FakeClock(), ...patiently(), idleMs: 60_000 });
  onTestFinished(() => planner.close());
  const input = { prompt: 'What broke?', tests: [], files: [] };
  const plan = async (maxUsd: number) => (await planner.plan(input, maxUsd, patiently().signal)).plan;
  planner.warm(0.9);
  const first = await plan(1);
  expect(first).toMatchObject({ source: 'claude', strategy });
  await plan(0.7);
  // Two thirds of 0.9 are more than this question may cost.
  await plan(0.4);
  const cheap = await plan(first.costUsd / 2);
  expect(rehearsal.requests.filter(({ isMain }) => isMain).map(({ questions }) => questions)).toEqual([1, 2, 1, 1]);
  // What was asked could not be known to cost too much; nothing more is asked then.
  expect(cheap.costUsd).toBeLessThanOrEqual(first.costUsd * 1.1);
});
