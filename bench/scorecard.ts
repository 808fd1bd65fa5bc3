import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findPackageRoot } from '../src/config/package-root.ts';
import { ExitCode } from '../src/errors.ts';
import { runWithFamily, troubleOf, untilSignalled } from './family.ts';
import { machineLine } from './machine.ts';
import { type PartName, partNames } from './scorecard/parts.ts';
import { fails, markdownOf, type Row } from './scorecard/rows.ts';

const usage = `Usage: npm run scorecard [-- PART …] [OPTION …]

  mistakes        mistakes in a shop, mended by models of all kinds, through the whole agent
  patches         patches that are known to be right or wrong, through the harness
  kills           agents that are killed again and again

Without a part all of them.

  --quick         a little of everything: to see that it works
  --json          as JSON
  --prices I,O    US dollars for a million tokens in and out; default 3,15
  --write         put the table of all parts between the markers in README.md
  --help          this
`;
/** Several times what it takes. */
const timeoutMs = 90 * 60_000;

interface Wish {
  readonly parts: readonly PartName[];
  readonly isQuick: boolean;
  readonly asJson: boolean;
  readonly write: boolean;
  readonly prices: string;
}

process.exitCode = await main(process.argv.slice(2));

/** How often the harness is wrong, and what it costs. Ends with 1 where something is beyond what it may be. */
async function main(args: string[]): Promise<number> {
  const wish = wishOf(args);
  if (wish === 'help') {
    process.stdout.write(usage);
    return ExitCode.done;
  }
  if (typeof wish === 'string') {
    process.stderr.write(`${wish}\n\n${usage}`);
    return ExitCode.configuration;
  }
  const { parts, isQuick, asJson, write, prices } = wish;
  const rows = await measure(parts, isQuick, prices);
  if (typeof rows === 'number') return rows;
  const machine = machineLine();
  const table = markdownOf(rows, machine, isQuick);
  process.stdout.write(`${asJson ? JSON.stringify({ machine, isQuick, prices, rows }, null, 2) : table}\n`);
  if (write && !(await putIntoReadme(table))) {
    process.stderr.write('README.md has no <!-- scorecard --> and <!-- /scorecard --> to put the table between.\n');
    return ExitCode.failed;
  }
  const failed = rows.filter(fails);
  for (const { name } of failed) process.stderr.write(`Not as it has to be: ${name}\n`);
  return failed.length > 0 ? ExitCode.failed : ExitCode.done;
}

/** What the words ask for, or what is wrong with them. */
function wishOf(args: string[]): Wish | string {
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        ...{ quick: flag, json: flag, write: flag, help: { ...flag, short: 'h' } },
        prices: { type: 'string', default: '3,15' },
      },
    });
    if (values.help) return 'help';
    const unknown = positionals.filter((word) => !partNames.some((name) => name === word));
    if (unknown.length > 0) return `There is no ${unknown.map((word) => `“${word}”`).join(', ')}.`;
    if (!/^\d+(\.\d+)?,\d+(\.\d+)?$/.test(values.prices))
      return `--prices is two numbers with a comma between, such as 3,15: not “${values.prices}”.`;
    const parts = partNames.filter((name) => positionals.length === 0 || positionals.includes(name));
    if (values.write && parts.length < partNames.length) return '--write wants the table of all parts: name none.';
    return { parts, isQuick: values.quick, asJson: values.json, write: values.write, prices: values.prices };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The rows, or the code to end with where there are none. */
async function measure(parts: readonly PartName[], isQuick: boolean, prices: string): Promise<readonly Row[] | number> {
  const signal = untilSignalled();
  const args = [...parts, '--prices', prices, ...(isQuick ? ['--quick'] : [])];
  // On standard error, so that the table or the JSON stays alone.
  const onSaid = (text: string): void => void process.stderr.write(text);
  const { end, stdout, reaped } = await runWithFamily('scorecard/measure.ts', args, { timeoutMs, signal, onSaid });
  if (signal.aborted) {
    process.stderr.write('Stopped. All that it had started has ended.\n');
    return ExitCode.interrupted;
  }
  const trouble = troubleOf(end);
  if (trouble === undefined) return [...(JSON.parse(stdout) as readonly Row[]), leftRow(reaped)];
  process.stderr.write(`Nothing was measured: ${trouble}\n`);
  return ExitCode.failed;
}

function leftRow(value: number): Row {
  return {
    name: 'processes left behind by all of it',
    value,
    most: 0,
    note: 'agents, test runners, Claudes, at the end',
  };
}

async function putIntoReadme(table: string): Promise<boolean> {
  const file = join(findPackageRoot(), 'README.md');
  const readme = await readFile(file, 'utf8');
  const markers = /(<!-- scorecard -->\n)[\s\S]*(<!-- \/scorecard -->)/;
  if (!markers.test(readme)) return false;
  await writeFile(
    file,
    readme.replace(markers, (_, begin, end) => `${begin}\n${table}\n\n${end}`),
  );
  return true;
}
