import { parseArgs } from 'node:util';
import { failpoints } from '../../src/failpoint.ts';
import { plansFor } from './plan.ts';
import { type Played, play } from './play.ts';

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
process.exitCode = await main(process.argv.slice(2));

/** Kills the agent in many pipelines and says what was lost, done twice or left over. */
async function main(args: string[]): Promise<number> {
  const whole = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: { runs: whole, kills: whole, seed: whole, real: whole, only: whole, tasks: { type: 'boolean' } },
  });
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  const runs = Number(values.runs ?? 60);
  const wish = {
    runs,
    kills: Number(values.kills ?? runs * 5),
    real: Number(values.real ?? Math.ceil(runs / 3)),
    seed,
  };
  if (Object.values(wish).some((value) => !Number.isInteger(value) || value < 0) || runs === 0) {
    say('Usage: run.ts [--runs N] [--kills N] [--real N] [--seed S] [--only NUMBER] [--tasks]');
    return 2;
  }
  say(`${runs} pipelines, at least ${wish.kills} kills, ${wish.real} with the real CLI; --seed ${seed}`);
  const all: Played[] = [];
  for (const plan of plansFor({ ...wish, isSeveral: values.tasks === true })) {
    if (values.only !== undefined && plan.number !== Number(values.only)) continue;
    const played = await play(plan);
    all.push(played);
    say(lineOf(played));
    for (const fault of played.faults) say(`       ${fault}`);
  }
  return summarize(all, seed);
}

function lineOf({ plan, kills, atSteps, faults, durationMs }: Played): string {
  const mark = faults.length === 0 ? 'ok  ' : 'FAIL';
  const model = plan.isReal ? 'real CLI' : 'stand-in';
  const seconds = (durationMs / 1_000).toFixed(1).padStart(5);
  return `${mark} ${String(plan.number).padStart(3)} ${plan.kind.padEnd(11)} ${model} ${seconds} s, ${kills} kills: ${atSteps.join(' ')}`;
}

function summarize(all: readonly Played[], seed: number): number {
  const sum = (value: (played: Played) => number): number => all.reduce((total, played) => total + value(played), 0);
  const steps = new Set(all.flatMap(({ atSteps }) => atSteps));
  const faults = all.filter((played) => played.faults.length > 0).length;
  say(
    `${all.length} pipelines (${all.filter(({ plan }) => plan.isReal).length} with the real CLI), ${sum(({ kills }) => kills)} kills, ` +
      `${sum(({ atSteps }) => atSteps.length)} of them at ${steps.size} of ${failpoints.length} named steps, ` +
      `${sum(({ reads }) => reads)} reads of the state file, ${faults} with faults; --seed ${seed}`,
  );
  return faults === 0 ? 0 : 1;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
