import { expect, test } from 'vitest';
import { Turns } from '../../src/pipeline/turns.ts';

const never = new AbortController().signal;

test('so many are let in at a time, in the order in which they came', async () => {
  const turns = new Turns(2);
  const inside: string[] = [];
  const come = async (name: string): Promise<(() => void) | undefined> => {
    const end = await turns.take(never);
    inside.push(name);
    return end;
  };
  const [first, second] = await Promise.all([come('a'), come('b')]);
  const [third, fourth] = [come('c'), come('d')];
  expect(inside).toEqual(['a', 'b']);
  first?.();
  // Said twice, it is still one place.
  first?.();
  const endOfThird = await third;
  expect(inside).toEqual(['a', 'b', 'c']);
  second?.();
  endOfThird?.();
  (await fourth)?.();
  expect(inside).toEqual(['a', 'b', 'c', 'd']);
  await Promise.all([come('e'), come('f')]);
});

test('who is told to stop leaves the line, and nobody waits for them', async () => {
  const turns = new Turns(1);
  const end = await turns.take(never);
  const stop = new AbortController();
  const [leaves, stays] = [turns.take(stop.signal), turns.take(never)];
  stop.abort();
  expect(await leaves).toBeUndefined();
  end?.();
  (await stays)?.();
  expect(await turns.take(stop.signal)).toBeUndefined();
  expect(await turns.during(stop.signal, async () => 1)).toBeUndefined();
});

test('an error ends the turn', async () => {
  const turns = new Turns(1);
  await expect(turns.during(never, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await turns.during(never, async () => 1)).toBe(1);
});
