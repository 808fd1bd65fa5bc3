import { expect, test } from 'vitest';
import { type Check, examine, ok, warning } from '../../../src/agent/doctor/check.ts';
import { ServiceTimes } from '../../../src/agent/doctor/given.ts';
import { clockCheck, foldersOf, worstOf } from '../../../src/agent/doctor/machine.ts';
import { MendwatchError } from '../../../src/errors.ts';

const { signal } = new AbortController();

test('a check that throws or never ends is one that failed, and the others are told all the same', async () => {
  const checks: readonly Check[] = [
    { name: 'throws', look: () => Promise.reject(new MendwatchError('no runner', { remedy: 'Add one.' })) },
    {
      name: 'throws at once',
      look: () => {
        throw new Error('a bug');
      },
    },
    { name: 'hangs', limitMs: 50, look: () => new Promise(() => undefined) },
    { name: 'fine', look: async () => ok('here') },
  ];
  expect(await examine(checks, { fix: false, signal })).toEqual([
    { name: 'throws', state: 'failed', detail: 'no runner', remedy: 'Add one.' },
    { name: 'throws at once', state: 'failed', detail: 'a bug' },
    expect.objectContaining({ name: 'hangs', state: 'failed', detail: 'it did not come to its end within 0.05 s' }),
    { name: 'fine', state: 'ok', detail: 'here' },
  ]);
});

test('an abort ends what is still looked at, as skipped', async () => {
  const stopping = new AbortController();
  const hangs = { name: 'hangs', look: () => new Promise<never>(() => undefined) };
  const examined = examine([hangs], { fix: false, signal: stopping.signal });
  stopping.abort();
  expect(await examined).toMatchObject([{ state: 'skipped' }]);
});

test('only with --fix something is mended, then looked at again; a mend that fails is told', async () => {
  let isMended = false;
  const look = async () =>
    isMended
      ? ok('whole')
      : warning('broken', 'Mend it.', {
          mends: [
            { done: 'tried', apply: () => Promise.reject(new Error('not allowed')) },
            {
              done: 'mended it',
              apply: async () => {
                isMended = true;
              },
            },
          ],
        });
  const checks = [{ name: 'thing', look }];
  expect(await examine(checks, { fix: false, signal })).toEqual([
    { name: 'thing', state: 'warning', detail: 'broken', remedy: 'Mend it.' },
  ]);
  expect(isMended).toBe(false);
  const fixed = ['could not be done: tried (not allowed)', 'mended it'];
  expect(await examine(checks, { fix: true, signal })).toEqual([
    { name: 'thing', state: 'ok', detail: 'whole', fixed },
  ]);
});

test('several findings are one: the worst, and the mends of all', () => {
  const mend = { done: 'x', apply: async () => undefined };
  expect(worstOf([ok('a', { mends: [mend] }), warning('b', 'B'), warning('c', 'C')])).toEqual({
    state: 'warning',
    detail: 'b; c',
    remedy: 'B',
    mends: [mend],
  });
});

test('folders are counted as far as they are watched, the root with them', () => {
  const files = ['a.ts', 'src/b.ts', 'src/x/y/c.ts', 'test/d.ts'];
  expect(foldersOf(files, ['.'])).toBe(5);
  expect(foldersOf(files, ['src/x'])).toBe(4);
});

test('the clock is compared with what services say, whichever answer', async () => {
  const look = (offsMs: readonly (number | undefined)[]) => {
    const times = new ServiceTimes();
    const asked = offsMs.map((_, index) => times.expect(`service ${index}`));
    const finding = clockCheck({ times } as Parameters<typeof clockCheck>[0]).look(signal);
    for (const [index, offMs] of offsMs.entries()) {
      const theirs = offMs === undefined ? undefined : new Date(Date.now() - offMs).toUTCString();
      asked[index]?.heard(theirs);
    }
    return finding;
  };
  expect(await look([undefined, undefined])).toMatchObject({ state: 'skipped' });
  expect(await look([undefined, 1_000])).toMatchObject({ state: 'ok', detail: 'agrees with service 1' });
  expect(await look([0, 300_000])).toMatchObject({
    state: 'warning',
    detail: expect.stringMatching(/^(299|300|301) s ahead of service 1$/),
  });
  expect(await look([-7_200_000])).toMatchObject({
    state: 'warning',
    detail: expect.stringMatching(/^(7199|7200|7201) s behind service 0$/),
  });
});
