import { executor } from './executor.ts';
import { idle } from './idle.ts';
import { landing } from './landing.ts';
import { large } from './large.ts';
import { machineLine } from './machine.ts';
import { requests } from './requests.ts';
import { state } from './state.ts';
import type { Figure, Suite } from './suite.ts';
import { taskLatency } from './task-latency.ts';
import { triageBench } from './triage.ts';

const suites: readonly Suite[] = [taskLatency, landing, triageBench, idle, large, state, executor, requests];

/** `npm run bench [-- NAME …] [--quick] [--json]`. Exits with 1 only when something does not work: times are not judged. */
async function main(words: readonly string[]): Promise<number> {
  const flags = new Set(words.filter((word) => word.startsWith('--')));
  const names = words.filter((word) => !word.startsWith('--'));
  const unknown = [
    ...names.filter((name) => !suites.some((suite) => suite.name === name)),
    ...[...flags].filter((flag) => flag !== '--quick' && flag !== '--json'),
  ];
  if (unknown.length > 0) {
    process.stderr.write(
      `There is no ${unknown.join(', ')}. Names: ${suites.map(({ name }) => name).join(', ')}. Options: --quick, --json.\n`,
    );
    return 2;
  }
  const machine = machineLine();
  const results: { suite: string; figures: readonly Figure[] }[] = [];
  if (!flags.has('--json')) process.stdout.write(`${machine}\nmedian, where the middle half lies, samples\n`);
  for (const suite of suites.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const figures = await suite.run(flags.has('--quick'));
    results.push({ suite: suite.name, figures });
    if (!flags.has('--json'))
      process.stdout.write(`\n${suite.name}: ${suite.title}\n${figures.map(line).join('\n')}\n`);
  }
  if (flags.has('--json')) process.stdout.write(`${JSON.stringify({ machine, results }, null, 2)}\n`);
  return 0;
}

function line({ name, value, unit, spread, samples, target, note }: Figure): string {
  const inUnit = (number: number): string => (unit === 'ratio' || unit === '%' ? number.toFixed(2) : plain(number));
  const shown = `${inUnit(value)}${unit === 'ratio' ? '' : ` ${unit}`}`;
  const lies = spread === undefined ? '' : `${inUnit(spread[0])} to ${inUnit(spread[1])}`;
  const count = samples === undefined ? '' : `n ${samples}`;
  const about = [target === undefined ? '' : `  target ${target}`, note === undefined ? '' : `  (${note})`].join('');
  return `  ${name.padEnd(28)} ${shown.padStart(12)}  ${lies.padEnd(20)} ${count.padEnd(6)}${about}`.trimEnd();
}

function plain(number: number): string {
  return number < 100 ? number.toFixed(1) : number.toFixed(0);
}

process.exitCode = await main(process.argv.slice(2));
