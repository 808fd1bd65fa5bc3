import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { plansFor } from '../../test/chaos/plan.ts';
import { type Played as Lived, play } from '../../test/chaos/play.ts';
import { timed } from '../suite.ts';
import type { PartName } from './parts.ts';
import { type OnDone, playBugs } from './play-bugs.ts';
import { judgeCorpus } from './play-corpus.ts';
import { type Measured, rowsOf } from './rows.ts';

// The parts of the scorecard that are named, in a process of its own: `measure.ts PART … --prices I,O [--quick]`.
// Prints its rows as JSON, and on standard error what it is at.

/** The same lives and deaths every time. */
const seed = 20_260;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, prices: { type: 'string', default: '' } },
});
const [input = Number.NaN, output = Number.NaN] = values.prices.split(',').map(Number);
const folder = await realpath(await mkdtemp(join(tmpdir(), 'scorecard-')));
const measured: { -readonly [Part in keyof Measured]: Measured[Part] } = {};
try {
  await part('mistakes', async (onDone) => {
    measured.played = await playBugs(folder, values.quick, onDone);
  });
  // Neither of these looks at the time.
  await Promise.all([
    part('patches', async (onDone) => {
      measured.judged = await judgeCorpus(folder, values.quick, onDone);
    }),
    part('kills', async (onDone) => {
      measured.lives = await playLives(values.quick, onDone);
    }),
  ]);
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
process.stdout.write(JSON.stringify(rowsOf(measured, { input, output })));

/** Says about ten times how far it is. */
async function part(name: PartName, play: (onDone: OnDone) => Promise<void>): Promise<void> {
  if (!positionals.includes(name)) return;
  const onDone: OnDone = (done, of) => {
    if (Math.floor((done * 10) / of) > Math.floor(((done - 1) * 10) / of)) say(`${name}: ${done} of ${of}`);
  };
  say(`${name} …`);
  const tookMs = await timed(() => play(onDone));
  say(`${name}: took ${(tookMs / 1_000).toFixed(0)} s`);
}

async function playLives(isQuick: boolean, onDone: OnDone): Promise<readonly Lived[]> {
  const runs = isQuick ? 1 : 8;
  const [kills, real] = [runs * 5, isQuick ? 0 : 3];
  const plans = plansFor({ runs, kills, real, seed });
  const sizeOf = `--runs ${runs} --kills ${kills} --real ${real} --seed ${seed}`;
  const lives: Lived[] = [];
  for (const plan of plans) {
    const life = await play(plan);
    // Where it is kept is removed with all the rest.
    for (const fault of life.faults.filter((text) => !text.startsWith('It is kept in')))
      say(`  ${plan.kind}: ${fault}; again by npm run chaos -- ${sizeOf} --only ${plan.number}`);
    lives.push(life);
    onDone(lives.length, plans.length);
  }
  return lives;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
