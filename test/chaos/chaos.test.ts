import { expect, test } from 'vitest';
import { failpoints } from '../../src/failpoint.ts';
import { firstStep, moveSteps, plansFor } from './plan.ts';
import { play } from './play.ts';

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
/** Enough to come by most steps; `npm run chaos` goes by all of them. */
const wanted = ['three files', 'undone'];

/** On a machine that does nothing else it is a tenth of this. */
const timeout = 240_000;

test(`RUN-7 QUEUE-2 F1 F3 F4 F5: about 15 kills at named steps and at any moment, and nothing is lost or done twice (seed ${seed})`, {
  timeout,
}, async () => {
  const plans = plansFor({ runs: 5, kills: 20, seed, real: 0 }).filter(({ kind }) => wanted.includes(kind));
  const all = await Promise.all(plans.map(play));
  expect(all.flatMap(({ faults }) => faults)).toEqual([]);
  expect(all.reduce((sum, { kills }) => sum + kills, 0)).toBeGreaterThanOrEqual(8);
});

test('the full form goes by every named step, with at least 300 kills', () => {
  const plans = plansFor({ runs: 60, kills: 300, seed, real: 20 });
  const deaths = plans.flatMap((plan) => plan.deaths);
  const steps = new Set<string>([
    firstStep,
    ...moveSteps,
    ...deaths.flatMap((death) => ('step' in death ? death.step : [])),
  ]);
  expect([...steps].toSorted()).toEqual(failpoints.toSorted());
  expect(plans.filter(({ isReal }) => isReal)).toHaveLength(20);
  // Besides the first of each, and those of the moves.
  const moved = plans.filter(({ kind }) => kind === 'parked' || kind === 'undone').length * moveSteps.length;
  expect(deaths.length + plans.length + moved).toBeGreaterThanOrEqual(300);
});
