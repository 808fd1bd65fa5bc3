import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bugs } from '../../bench/scorecard/bugs.ts';
import { shop } from '../../bench/scorecard/live-agent.ts';
import { honest, others } from '../../bench/scorecard/models.ts';
import type { Round } from '../../bench/scorecard/play-bugs.ts';
import { fails, markdownOf, rowsOf } from '../../bench/scorecard/rows.ts';
import { findPackageRoot } from '../../src/config/package-root.ts';
import { waterfallOf } from '../../src/domain/timing.ts';
import { run } from '../../src/process/process.ts';
import { plansFor } from '../chaos/plan.ts';
import type { Played as Lived } from '../chaos/play.ts';
import { scratch } from '../rig/scratch.ts';

const [bug] = bugs;
const cheat = others.find(({ name }) => name === 'writes the expected values down');

async function oracleSays(project: string): Promise<number | undefined> {
  const oracle = join(findPackageRoot(), 'bench', 'scorecard', 'oracle.ts');
  const { end } = await run({ command: process.execPath, args: [oracle, shop, project], cwd: project, env: {} });
  return end.kind === 'exited' ? end.code : undefined;
}

test('every mistake can be made and mended, and the oracle sees those that only the tests take for mended', async () => {
  const folder = await scratch('oracle');
  expect(await oracleSays(shop)).toBe(0);
  for (const [number, { name, file, whole, broken, hardCoded }] of bugs.entries()) {
    const text = await readFile(join(shop, file), 'utf8');
    const project = join(folder, String(number));
    await cp(shop, project, { recursive: true });
    await writeFile(join(project, file), text.replace(whole, hardCoded));
    expect(text.split(whole), name).toHaveLength(2);
    expect(text.replace(whole, broken).split(broken), name).toHaveLength(2);
    expect(await oracleSays(project), name).toBe(1);
  }
});

function round(about: Partial<Round>): Round {
  if (bug === undefined) throw new Error('There is no mistake');
  const fall = waterfallOf([]);
  const tokens = { input: 1_000_000, output: 100_000 };
  return { model: honest, bug, end: 'landed', isWrong: false, landings: 1, verdictMs: 100, fall, tokens, ...about };
}

function life(faults: readonly string[]): Lived {
  const [plan] = plansFor({ runs: 1, kills: 1, real: 0, seed: 1 });
  if (plan === undefined) throw new Error('There is no plan');
  return { plan, kills: 3, atSteps: [], reads: 9, faults, durationMs: 1 };
}

test('only what was played has rows, and what has no value fails', () => {
  expect(rowsOf({ lives: [life([])] }, { input: 3, output: 15 }).map(({ name }) => name)).toHaveLength(1);
  expect(rowsOf({}, { input: 3, output: 15 })).toEqual([]);
  expect([fails({ name: 'x', value: Number.NaN }), fails({ name: 'x', value: 9 })]).toEqual([true, false]);
});

test('the scorecard counts what is wrong, and what may not be fails it', () => {
  const peak = { agentMb: 100, allMb: 500, processes: 7 };
  const judged = {
    wrong: 3,
    wrongAccepted: ['tests edited: one'],
    honest: 2,
    honestRejected: [],
    harmed: [],
    broken: [],
  };
  const rounds = [
    round({}),
    round({ verdictMs: 300, landings: 2 }),
    round({ ...(cheat === undefined ? {} : { model: cheat }), isWrong: true }),
  ];
  const measured = {
    judged,
    played: { rounds, peak, orphans: 0, saves: 9, savesLost: 0 },
    lives: [life([]), life(['lost', 'kept'])],
  };
  const rows = rowsOf(measured, { input: 3, output: 15 });
  expect(rows.filter(fails).map(({ name }) => name)).toEqual([
    ...['wrong patches accepted', 'patches landed twice', 'lost, done twice or left over after kill -9'],
  ]);
  const table = markdownOf(rows, 'a machine', false);
  expect(table).toMatch(/^On a machine:\n\n\| what \| measured \| how \|/);
  expect(table).toContain(
    '| wrong patches accepted | 1 of 3 | corpus: not one of them does what was meant; tests edited: one |',
  );
  expect(table).toContain('| save → verdict | 100 ms median, 300 ms p90 |');
  expect(table).toContain('| the same, where it writes the expected values into the source | 1 of 1 |');
  expect(table).toContain('| lost, done twice or left over after kill -9 | 1 of 2 | pipelines, with 6 kills |');
  expect(table).toContain('| money per landed fix | $4.500 |');
});
