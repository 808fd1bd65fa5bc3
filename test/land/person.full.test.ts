import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scratch } from '../rig/scratch.ts';
import { playAtSteps, scenes } from './at-steps.ts';
import { playInThread, saves, startPerson } from './in-thread.ts';

const seed = Date.now() % 2 ** 31;

test(`F22 LAND-1: a person at every step of a landing, 1,000 times (seed ${seed})`, async () => {
  const folder = await scratch('land');
  let round = 0;
  const play = async (scene: Parameters<typeof playAtSteps>[1]): Promise<void> => {
    const root = join(folder, String(round++));
    mkdirSync(root);
    await playAtSteps(root, scene);
    rmSync(root, { recursive: true });
  };
  await fc.assert(fc.asyncProperty(scenes, play), { numRuns: 1_000, seed });
}, 300_000);

test(`F22 LAND-1: a person who saves several files at the very same moment, 1,000 times (seed ${seed})`, async () => {
  const folder = await scratch('land');
  const person = await startPerson();
  const seen = { placed: 0, 'person-won': 0, unjudged: 0 };
  let round = 0;
  const play = async (plan: Parameters<typeof playInThread>[2], turns: number): Promise<void> => {
    const root = join(folder, String(round++));
    mkdirSync(root);
    seen[await playInThread(root, person, plan, turns)]++;
    rmSync(root, { recursive: true });
  };
  await fc.assert(fc.asyncProperty(saves, fc.nat({ max: 6 }), play), { numRuns: 1_000, seed });
  expect(Math.min(seen.placed, seen['person-won'])).toBeGreaterThan(0);
}, 300_000);
