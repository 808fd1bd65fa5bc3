import { cpus, totalmem } from 'node:os';
import { executor } from './executor.ts';
import { idle } from './idle.ts';
import { landing } from './landing.ts';
import { large } from './large.ts';
import { stateBench } from './state.ts';
import type { Figure, Suite } from './suite.ts';
import { taskLatency } from './task-latency.ts';

const state: Suite = {
  name: 'state',
  title:
    'durable updates of a 200 KB state file, against a plain lock-read-write-unlock loop with the same two libraries',
  run: async (isQuick) => {
    const measured = await stateBench(isQuick ? { updates: 10, groups: 1 } : {});
    return [
      { name: 'plain loop', value: measured.naivePerSecond, unit: '/s' },
      { name: 'one by one', value: measured.oneByOnePerSecond, unit: '/s' },
      { name: 'one by one / plain', value: measured.oneByOneOverNaive, unit: 'ratio', target: '≥ 1' },
      { name: 'in a group', value: measured.groupPerSecond, unit: '/s' },
      { name: 'group / plain', value: measured.groupOverNaive, unit: 'ratio', target: '≥ 20' },
    ];
  },
};

const suites: readonly Suite[] = [taskLatency, landing, idle, large, state, executor];

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
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${process.platform}`;
  const results: { suite: string; figures: readonly Figure[] }[] = [];
  if (!flags.has('--json')) process.stdout.write(`${machine}\n`);
  for (const suite of suites.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const figures = await suite.run(flags.has('--quick'));
    results.push({ suite: suite.name, figures });
    if (!flags.has('--json'))
      process.stdout.write(`\n${suite.name}: ${suite.title}\n${figures.map(line).join('\n')}\n`);
  }
  if (flags.has('--json')) process.stdout.write(`${JSON.stringify({ machine, results }, null, 2)}\n`);
  return 0;
}

function line({ name, value, unit, target, note }: Figure): string {
  const digits = unit === 'ratio' ? 2 : unit === '%' ? 2 : value < 100 ? 1 : 0;
  const shown = `${value.toFixed(digits)}${unit === 'ratio' ? '' : ` ${unit}`}`;
  return `  ${name.padEnd(28)} ${shown.padStart(12)}${target === undefined ? '' : `   target ${target}`}${note === undefined ? '' : `   (${note})`}`;
}

process.exitCode = await main(process.argv.slice(2));
