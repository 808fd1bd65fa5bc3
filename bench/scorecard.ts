import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findPackageRoot } from '../src/config/package-root.ts';
import { plansFor } from '../test/chaos/plan.ts';
import { type Played, play } from '../test/chaos/play.ts';
import { machineLine } from './machine.ts';
import { playBugs } from './scorecard/play-bugs.ts';
import { judgeCorpus } from './scorecard/play-corpus.ts';
import { fails, markdownOf, type Prices, rowsOf } from './scorecard/rows.ts';

const usage = `Usage: npm run scorecard [-- OPTION …]
  --quick         a part of everything: to see that it works
  --json          as JSON
  --prices I,O    US dollars for a million tokens in and out; default 3,15
  --write         put the table between the markers in README.md
`;
/** The same lives and deaths every time. */
const seed = 20_260;

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
process.exitCode = await main(process.argv.slice(2));

/** How often the harness is wrong, and what it costs. Ends with 1 where something is beyond what it may be. */
async function main(args: string[]): Promise<number> {
  const wish = wishOf(args);
  if (wish === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  const { isQuick, asJson, write, prices } = wish;
  const rows = await measure(isQuick, prices);
  const machine = machineLine();
  const table = markdownOf(rows, machine, isQuick);
  process.stdout.write(`${asJson ? JSON.stringify({ machine, isQuick, prices, rows }, null, 2) : table}\n`);
  if (write && !(await putIntoReadme(table))) {
    process.stderr.write('README.md has no <!-- scorecard --> and <!-- /scorecard --> to put the table between.\n');
    return 1;
  }
  return rows.some(fails) ? 1 : 0;
}

function wishOf(args: string[]): { isQuick: boolean; asJson: boolean; write: boolean; prices: Prices } | undefined {
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { values } = parseArgs({
      args,
      options: { quick: flag, json: flag, write: flag, prices: { type: 'string', default: '3,15' } },
    });
    const [, input, output] = /^([\d.]+),([\d.]+)$/.exec(values.prices) ?? [];
    if (input === undefined || output === undefined) return undefined;
    const prices = { input: Number(input), output: Number(output) };
    return { isQuick: values.quick, asJson: values.json, write: values.write, prices };
  } catch {
    return undefined;
  }
}

async function measure(isQuick: boolean, prices: Prices) {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'mendwatch-scorecard-')));
  try {
    say('mistakes in a shop, mended by models of all kinds …');
    const played = await playBugs(folder, isQuick);
    say('patches that are known to be right or wrong …');
    const judged = await judgeCorpus(folder, isQuick);
    say('agents that are killed …');
    const lives: Played[] = [];
    const runs = isQuick ? 1 : 8;
    for (const plan of plansFor({ runs, kills: runs * 5, real: isQuick ? 0 : 3, seed })) lives.push(await play(plan));
    return rowsOf({ judged, played, lives }, prices);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** On standard error, so that the table or the JSON stays alone. */
function say(text: string): void {
  process.stderr.write(`${text}\n`);
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
