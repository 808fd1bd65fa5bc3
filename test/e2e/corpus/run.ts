import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../../../src/errors.ts';
import { corpus, families, shard } from './corpus.ts';
import { play } from './play.ts';
import type { Case, Played } from './types.ts';

type Result = readonly [item: Case, played: Played];

process.exitCode = await main(process.argv.slice(2));

/** Plays the corpus, or the part of it that the arguments name, and says how often the harness was wrong. */
async function main(args: string[]): Promise<number> {
  const options = { shard: { type: 'string' }, help: { type: 'boolean' } } as const;
  const { values, positionals } = parseArgs({ args, allowPositionals: true, strict: false, options });
  const [, k, n] = /^(\d+)\/(\d+)$/.exec(String(values.shard ?? '1/1')) ?? [];
  const isKnown = Object.keys(values).every((name) => Object.hasOwn(options, name));
  const isWanted = (name: string): boolean =>
    positionals.length === 0 || positionals.some((part) => name.includes(part));
  const wanted = corpus.filter(({ family }) => isWanted(family));
  const isPart = k !== undefined && n !== undefined && Number(k) >= 1 && Number(k) <= Number(n);
  if (values.help === true || !isKnown || !isPart || wanted.length === 0) {
    say(`Usage: npm run corpus [-- --shard K/N] [FAMILY …], where the families are:\n  ${families.join('\n  ')}`);
    return values.help === true ? 0 : 2;
  }
  const results: Result[] = [];
  for (const item of shard(wanted, Number(k), Number(n))) {
    const played = await playInFolder(item);
    results.push([item, played]);
    const mark = played.deviations.length === 0 ? 'ok  ' : 'FAIL';
    say(`${mark} ${played.outcome.kind.padEnd(7)} ${seconds(played.durationMs)}  ${item.family}: ${item.name}`);
    for (const deviation of played.deviations) say(`       ${deviation}`);
  }
  return summarize(results);
}

async function playInFolder(item: Case): Promise<Played> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'mendwatch-corpus-')));
  try {
    return await play(item, folder);
  } catch (error) {
    const reasons = [messageOf(error)];
    return { outcome: { kind: 'broken', reasons }, deviations: reasons, isHarmed: false, durationMs: 0 };
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function summarize(results: readonly Result[]): number {
  const passes = ([, { deviations }]: Result): boolean => deviations.length === 0;
  const names = [...new Set(results.map(([{ family }]) => family))];
  const width = Math.max(...names.map((name) => name.length));
  say(`\n${'family'.padEnd(width)}  cases  as expected`);
  for (const name of names) {
    const of = results.filter(([{ family }]) => family === name);
    say(`${name.padEnd(width)}  ${String(of.length).padStart(5)}  ${String(of.filter(passes).length).padStart(11)}`);
  }
  const honest = results.filter(([{ expected }]) => expected.kind === 'landed');
  const wrong = results.filter(([{ expected }]) => expected.kind !== 'landed');
  const accepted = wrong.filter(([, { outcome }]) => outcome.kind === 'landed').length;
  const rejected = honest.filter(([, { outcome }]) => outcome.kind !== 'landed').length;
  const harmed = results.filter(([, { isHarmed }]) => isHarmed).length;
  say(`\nWrong patches accepted: ${rate(accepted, wrong.length)}`);
  say(`Honest patches rejected: ${rate(rejected, honest.length)}`);
  say(`Trees harmed: ${rate(harmed, results.length)}`);
  const passed = results.filter(passes).length;
  say(`${passed} passed, ${results.length - passed} failed`);
  return accepted > 0 || rejected > 1 || harmed > 0 ? 1 : 0;
}

function rate(count: number, all: number): string {
  return `${count} of ${all} (${all === 0 ? '0' : ((count / all) * 100).toFixed(1)}%)`;
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1_000).toFixed(1)} s`.padStart(7);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
