import { describe, expect, test } from 'vitest';
import { writeSpace } from '../../src/agent/clean/space-record.ts';
import type { Thing } from '../../src/agent/clean/stock.ts';
import { failedLines, heapLines } from '../../src/cli/clean-lines.ts';
import { type CleanWords, wishesOf } from '../../src/cli/clean-words.ts';
import { sizeWords } from '../../src/cli/size-words.ts';
import { troublesOf } from '../../src/cli/trouble-lines.ts';
import { freshState } from '../../src/state/schema.ts';
import { place } from '../agent/clean/rig.ts';

describe('what was asked for', () => {
  test('the cache, where nothing was said', () => {
    expect(wishesOf({})).toEqual({ scope: 'cache', force: false });
    expect(wishesOf({ runs: true, older: '2h' })).toEqual({ scope: 'runs', force: false, olderMs: 7_200_000 });
    expect(wishesOf({ all: true, force: true })).toEqual({ scope: 'all', force: true });
  });

  test.each<[CleanWords, string]>([
    [{ runs: true, all: true }, '--runs and --all were given: expected one of them.'],
    [{ runs: true, older: 'soon' }, '--older soon: expected a number with s, m, h or d, as in 30d.'],
    [{ older: '3d' }, '--older was given: expected it with --runs.'],
    [{ force: true, stale: true }, '--force was given: expected it with --all or --everything.'],
    [{ all: true, settings: true }, '--settings was given: expected it with --everything.'],
  ])('%j: refused, with what was expected', (words, text) => {
    expect(() => wishesOf(words)).toThrow(text);
  });
});

test('what there is: a line for each kind, with what it is needed for', () => {
  const thing = (kind: Thing['kind'], bytes: number, more: Partial<Thing> = {}): Thing => ({
    ...{ kind, path: `/x/${kind}`, isFolder: true, bytes, newestMs: 0 },
    ...more,
  });
  const lines = heapLines([
    thing('needed runs', 1_500_000, { need: 'undo' }),
    thing('needed runs', 500_000, { need: 'parked' }),
    thing('lanes', 2_400_000_000),
    thing('runs', 900),
  ]);
  expect(lines).toEqual([
    '  lanes          2.4 GB',
    '  runs             1 kB  1 task, nothing needs it',
    '  runs in use    2.0 MB  1 fix that can be undone, 1 parked fix',
  ]);
  expect([0, 1, 999_999, 1e6, 1e9].map(sizeWords)).toEqual(['0 kB', '1 kB', '1000 kB', '1.0 MB', '1.0 GB']);
  expect(failedLines([])).toEqual([]);
});

test('a limit that cannot be kept: what takes how much, by which setting, and what to do', async () => {
  const { config, write } = await place({ MAX_RUNS_MB: '1' });
  const state = freshState(Date.now());
  await write(config.stateFile, JSON.stringify(state));
  const spaceTold = async () =>
    (await troublesOf(state, config, Date.now())).flatMap(({ kind, text }) => (kind === 'space' ? [text] : []));
  expect(await spaceTold()).toEqual([]);
  const found = { at: new Date().toISOString(), cache_bytes: 4e9, runs_bytes: 2_500_000 };
  await writeSpace(config, found);
  expect(await spaceTold()).toEqual([
    'The runs take 2.5 MB, more than the 1.0 MB of MAX_RUNS_MB, and all of it is needed: raise it, or end what is open and parked',
  ]);
});
