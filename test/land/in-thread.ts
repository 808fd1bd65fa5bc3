import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { expect, onTestFinished } from 'vitest';
import { placeFiles } from '../../src/land/files.ts';
import { change, tree, write } from './rig.ts';

interface Save {
  readonly way: 'in place' | 'renamed' | 'slowly';
  readonly restMicroseconds: number;
  readonly isOld: boolean;
  readonly file: number;
}

export const saves: fc.Arbitrary<readonly Save[]> = fc.array(
  fc.record({
    way: fc.constantFrom('in place', 'renamed', 'slowly'),
    restMicroseconds: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 4_000 })),
    isOld: fc.boolean(),
    file: fc.nat({ max: 3 }),
  }),
  { minLength: 1, maxLength: 5 },
);

/** A save that took longer, on a busy machine, may come after the last look at the original. */
const settleMs = 20;
const names = ['a.ts', 'b.ts', 'c.ts', 'other.ts'] as const;

/** Somebody in a thread of their own, until the test has finished. */
export async function startPerson(): Promise<Worker> {
  const person = new Worker(new URL('./fixtures/person.mjs', import.meta.url));
  onTestFinished(async () => void (await person.terminate()));
  await answerOf(person);
  return person;
}

const answerOf = (person: Worker): Promise<{ slowestMs: number }> =>
  new Promise((resolve) => person.once('message', resolve));

/**
 * Places a patch of three files (the second one is new) while the person saves those and another.
 *
 * @param turns of the event loop before it begins
 */
export async function playInThread(
  root: string,
  person: Worker,
  plan: readonly Save[],
  turns: number,
): Promise<'placed' | 'person-won' | 'unjudged'> {
  for (const name of names) if (name !== 'b.ts') write(root, name, 'old');
  const texts = plan.map((save, index) => ({
    ...save,
    file: join(root, names[save.file] ?? 'other.ts'),
    name: names[save.file] ?? 'other.ts',
    text: save.isOld ? 'old' : `theirs ${index}`,
  }));
  const saved = answerOf(person);
  person.postMessage({ saves: texts });
  for (let waited = 0; waited < turns; waited++) await turn();
  const changes = [change('a.ts', 'old', 'new'), change('b.ts', undefined, 'new'), change('c.ts', 'old', 'new')];
  const { kind } = await placeFiles(root, changes, settleMs);
  const { slowestMs } = await saved;
  if (slowestMs > settleMs / 2) return 'unjudged';
  const left = tree(root);
  expect(Object.keys(left).filter((path) => !names.some((name) => name === path))).toEqual([]);
  for (const name of names) {
    const last = texts.findLast((save) => save.name === name)?.text;
    const isTheirs = last !== undefined && left[name] === last;
    // Ours may stand only where what they saved last was what the patch was made for.
    if (last !== undefined && last !== 'old') expect(left[name], name).toBe(last);
    else if (!isTheirs && name !== 'other.ts') expect(left[name], name).toBe(kind === 'placed' ? 'new' : before(name));
  }
  return kind;
}

function before(name: string): string | undefined {
  return name === 'b.ts' ? undefined : 'old';
}
