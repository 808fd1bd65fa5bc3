import { expect, test } from 'vitest';
import { plansFor } from './plan.ts';
import { play } from './play.ts';

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);

test(`QUEUE-5 RUN-7: killed while three regressions are mended at the same time, none is lost or landed twice (seed ${seed})`, {
  timeout: 480_000,
}, async () => {
  const [plan] = plansFor({ runs: 1, kills: 6, seed, real: 0, isSeveral: true });
  const { faults, kills } = await play(plan ?? expect.fail('no plan'));
  expect([faults, kills > 1]).toEqual([[], true]);
});
