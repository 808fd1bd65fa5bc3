import { glob, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { armFailpoint, failpoint, failpointNow, failpoints } from '../../src/failpoint.ts';

const arm = (fail: string, more: Record<string, string> = { NODE_ENV: 'test' }): void =>
  armFailpoint({ MENDWATCH_FAIL: fail, ...more });

describe('a failpoint', () => {
  afterEach(() => armFailpoint({}));

  test('acts the n-th time that its own step is come to, and only then', () => {
    arm('phase.fix:3:throw');
    for (let time = 1; time <= 5; time++) {
      expect(failpoint('phase.plan')).toBeUndefined();
      if (time === 3) expect(() => failpoint('phase.fix')).toThrow('phase.fix was to throw');
      else expect(failpoint('phase.fix')).toBeUndefined();
    }
  });

  test('throws where nothing may be awaited, too', () => {
    arm('land.file:1:throw');
    expect(() => failpointNow('land.file')).toThrow('land.file was to throw');
    failpointNow('land.file');
  });

  test('that hangs never goes on', async () => {
    arm('phase.fix:1:hang');
    const turn = new Promise((resolve) => setImmediate(() => resolve('waits')));
    expect(await Promise.race([failpoint('phase.fix'), turn])).toBe('waits');
  });

  test('is nothing outside of tests', () => {
    for (const env of [{}, { NODE_ENV: 'production' }, { VITEST: 'true' }] as Record<string, string>[]) {
      armFailpoint({ MENDWATCH_FAIL: 'phase.fix:1:throw', ...env });
      expect(failpoint('phase.fix')).toBeUndefined();
    }
  });

  test.each(['phase.dance:1:kill', 'phase.fix:0:kill', 'phase.fix:x:kill', 'phase.fix:1:sing'])(
    'that does not exist (%s) is a mistake in the test',
    (text) => expect(() => arm(text)).toThrow(`MENDWATCH_FAIL=${text}: expected name:n:kill|throw|hang`),
  );
});

test('every name stands at a step', async () => {
  const folder = resolve(import.meta.dirname, '../../src');
  const found = new Set<string>();
  for await (const file of glob('**/*.ts', { cwd: folder })) {
    const text = await readFile(resolve(folder, file), 'utf8');
    for (const [, name = ''] of text.matchAll(/failpoint(?:Now)?\(['`]([^'`]+)['`]\)/g)) found.add(name);
  }
  // Those of the phases are made up.
  const isThere = (name: string): boolean => found.has(name) || name.startsWith('phase.');
  expect(failpoints.filter((name) => !isThere(name))).toEqual([]);
});
