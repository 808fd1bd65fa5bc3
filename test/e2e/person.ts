import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Scenario } from '../../src/claude/rehearsal/server.ts';
import { isFixer, mender } from '../rig/menders.ts';
import { setStage } from '../rig/set-stage.ts';
import type { Stage } from '../rig/stage.ts';
import { takePicture } from './corpus/picture.ts';

export const file = 'src/discount.ts';
export const [whole, broken] = ['subtotal >= 10_000', 'subtotal > 10_000'];
const cart = 'src/cart.ts';
/** Tests that nothing of this concerns: twenty plays are quicker without them. */
const withoutOthers = { 'test/money.test.ts': undefined, 'test/shipping.test.ts': undefined };

export const deeds = ['other lines', 'same lines', 'another file', 'deletes', 'reverts'] as const;
export type Deed = (typeof deeds)[number];
export const moments = ['plan', 'fix', 'verify', 'land'] as const;
export type Moment = (typeof moments)[number];

/** What the person has in their editor when they save: the file as they broke it, and what they did to it since. */
function inEditor(deed: Deed, original: string): string | undefined {
  const mine = original.replace(whole, broken);
  switch (deed) {
    case 'other lines':
      return mine.replace('/** 5% from', '/** Five percent from');
    case 'same lines':
      return mine.replace(broken, 'subtotal > 12_000');
    case 'another file':
      return mine;
    case 'deletes':
      return undefined;
    case 'reverts':
      return original;
  }
}

/** @param original the file before the person broke it */
export async function act(stage: Stage, deed: Deed, original: string): Promise<void> {
  const text = inEditor(deed, original);
  if (deed === 'another file') await stage.edit(cart, 'Adds to a cart;', 'Adds to the cart;');
  else if (text === undefined) await rm(join(stage.project, file));
  else await stage.save(file, text);
}

/** All that is theirs is there, where it landed the fix too, and nothing else has changed. */
export async function expectTheirs(stage: Stage, deed: Deed, isFixed: boolean, original: string): Promise<void> {
  const text = inEditor(deed, original);
  const expected = isFixed ? text?.replace(broken, whole) : text;
  const read = (): Promise<string | undefined> => stage.read(file).catch(() => undefined);
  // What they saved after the landing is a change of its own, which takes its own way to its end.
  await expect.poll(read, { timeout: 60_000 }).toBe(expected);
  const status = [
    ...(deed === 'another file' ? [` M ${cart}`] : []),
    ...(expected === undefined ? [` D ${file}`] : expected === original ? [] : [` M ${file}`]),
  ];
  const told = async (): Promise<readonly string[]> =>
    (await stage.git('status', '--porcelain')).split('\n').filter((line) => line !== '');
  await expect.poll(told).toEqual(status);
}

/** A model that mends the break; the fixer's first answer comes when `until` has come. */
export function mends(until?: Promise<void>): Scenario {
  const inner = mender({ file, from: broken, to: whole });
  return async (request) => {
    if (request.isMain && isFixer(request)) await until;
    return inner(request);
  };
}

/**
 * The person breaks a test, and does something else a little after a phase of the mending has begun.
 *
 * @returns how the task ended, and whether that was before the person did it
 */
export async function play(
  deed: Deed,
  moment: Moment,
  delayMs: number,
): Promise<{ readonly outcome: string; readonly wasLate: boolean }> {
  const stage = await setStage({ scenario: mends(), settings: { MAX_RETRIES: '1' }, files: withoutOthers });
  const original = await stage.read(file);
  const git = takePicture(join(stage.project, '.git'));
  await stage.edit(file, whole, broken);
  const { taskId } = await stage.until('regression.found');
  await stage.until('task.phase', ({ phase }) => phase === moment);
  await rest(delayMs);
  await act(stage, deed, original);
  const wasLate = stage.events.some(({ type }) => type === 'land.landed');
  const { outcome } = await stage.until('task.finished', (event) => event.taskId === taskId);
  await expectTheirs(stage, deed, outcome === 'fixed' && deed !== 'same lines', original);
  // Git has refreshed its index when the test asked it for the status.
  expect(takePicture(join(stage.project, '.git'), ['index'])).toEqual(
    new Map([...git].filter(([path]) => path !== 'index')),
  );
  return { outcome, wasLate };
}
