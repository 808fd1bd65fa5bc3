import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scratch } from '../rig/scratch.ts';
import { playAtSteps, scenes } from './at-steps.ts';
import { playInThread, saves, startPerson } from './in-thread.ts';

// A thousand of each are in the full set.
const numRuns = 100;

test('F22 LAND-1: whatever the person does to which files at which step, the last of theirs is there, and of the patch all or none', async () => {
  const folder = await scratch('land');
  let round = 0;
  const play = async (scene: Parameters<typeof playAtSteps>[1]): Promise<void> => {
    const root = join(folder, String(round++));
    mkdirSync(root);
    await playAtSteps(root, scene);
  };
  await fc.assert(fc.asyncProperty(scenes, play), { numRuns });
});

test('F22 LAND-1: a person who saves at the very same moment, in a thread of their own, never loses the last save', async () => {
  const folder = await scratch('land');
  const person = await startPerson();
  let round = 0;
  let judged = 0;
  const play = async (plan: Parameters<typeof playInThread>[2], turns: number): Promise<void> => {
    const root = join(folder, String(round++));
    mkdirSync(root);
    if ((await playInThread(root, person, plan, turns)) !== 'unjudged') judged++;
  };
  await fc.assert(fc.asyncProperty(saves, fc.nat({ max: 4 }), play), { numRuns });
  expect(judged).toBeGreaterThan(0);
});
