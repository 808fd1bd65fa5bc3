import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf, runsToPrune } from '../../../src/agent/clean/prune-runs.ts';
import type { Thing } from '../../../src/agent/clean/stock.ts';

const hour = 60 * 60_000;
const now = 1_000 * 24 * hour;
const limits = { maxBytes: 100, keepMs: 24 * hour };

function run(name: string, bytes: number, ageMs: number, kind: Thing['kind'] = 'runs'): Thing {
  return { kind, path: `/runs/${name}`, isFolder: true, bytes, newestMs: now - ageMs };
}

const pruned = (...things: readonly Thing[]): readonly string[] =>
  runsToPrune(things, limits, now).map(({ path }) => path.slice('/runs/'.length));

describe('which runs go', () => {
  test('those that are too old, and the oldest until the rest is small enough', () => {
    expect(pruned(run('old', 1, 25 * hour), run('new', 1, 2 * hour))).toEqual(['old']);
    expect(pruned(run('b', 60, 3 * hour), run('a', 60, 4 * hour), run('c', 30, 2 * hour))).toEqual(['a']);
  });

  test('never what is needed, though it counts, nor what is young', () => {
    expect(pruned(run('needed', 500, 99 * hour, 'needed runs'), run('old', 1, 2 * hour))).toEqual(['old']);
    expect(pruned(run('young', 500, hour / 2))).toEqual([]);
  });

  test('law: the limit is kept, or nothing more may go', () => {
    const thing = fc
      .tuple(fc.nat(80), fc.nat(50 * hour), fc.boolean())
      .map(([bytes, ageMs, needed]) => run(`${bytes}-${ageMs}`, bytes, ageMs, needed ? 'needed runs' : 'runs'));
    fc.assert(
      fc.property(fc.array(thing), (things) => {
        const gone = new Set(runsToPrune(things, limits, now));
        const left = things.filter((each) => !gone.has(each));
        const free = left.filter(({ kind, newestMs }) => kind === 'runs' && now - newestMs >= hour);
        expect([...gone].every(({ kind }) => kind === 'runs')).toBe(true);
        expect(bytesOf(left) <= limits.maxBytes || free.length === 0).toBe(true);
        expect(free.every(({ newestMs }) => now - newestMs < limits.keepMs)).toBe(true);
      }),
    );
  });
});
