import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { ExitCode } from '../src/errors.ts';
import { runWithFamily, troubleOf, untilSignalled } from './family.ts';
import { machineLine } from './machine.ts';
import { type Came, heading, jsonOf, textOf } from './report.ts';
import { suites } from './suites.ts';
import { usage, type Wish, wishOf } from './wish.ts';

const minuteMs = 60_000;

process.exitCode = await main(process.argv.slice(2));

/** Exits with 1 only when something does not work: times are not judged. */
async function main(words: readonly string[]): Promise<number> {
  const wish = wishOf(words, Object.keys(suites));
  if (wish === 'help') {
    process.stdout.write(await usage());
    return ExitCode.done;
  }
  if ('problem' in wish) {
    process.stderr.write(`${wish.problem}\n\n${await usage()}`);
    return ExitCode.configuration;
  }
  return measure(wish);
}

async function measure({ names, isQuick, json }: Wish): Promise<number> {
  const signal = untilSignalled();
  const say = (text: string): void => void (json === 'standard output' || process.stdout.write(text));
  const machine = `${machineLine()}; load ${loadavg()[0]?.toFixed(1)} when it began`;
  say(heading(machine, isQuick));
  const all: Came[] = [];
  for (const name of names) {
    const came = await runSuite(name, isQuick, signal);
    if (signal.aborted) {
      process.stderr.write('Stopped. All that it had started has ended.\n');
      return ExitCode.interrupted;
    }
    all.push(came);
    say(`\n${textOf(came, isQuick)}`);
  }
  const failed = all.filter(({ faults }) => faults.length > 0).map(({ suite }) => suite);
  say(
    `\n${all.length - failed.length} of ${all.length} suites have done their work${failed.length === 0 ? '' : `, not: ${failed.join(', ')}`}\n`,
  );
  const text = jsonOf(machine, isQuick, all);
  if (json === 'standard output') process.stdout.write(text);
  else if (json !== undefined) await writeFile(json.file, text);
  return failed.length === 0 ? ExitCode.done : ExitCode.failed;
}

async function runSuite(suite: string, isQuick: boolean, signal: AbortSignal): Promise<Came> {
  const args = isQuick ? [suite, '--quick'] : [suite];
  // Far more than any of them takes: what hangs is to be told from what is slow.
  const timeoutMs = (isQuick ? 5 : 60) * minuteMs;
  const { end, stdout, stderr, durationMs, reaped, survivors } = await runWithFamily('run-suite.ts', args, {
    timeoutMs,
    signal,
  });
  const trouble = troubleOf(end);
  if (trouble !== undefined) return { suite, durationMs, figures: [], faults: [`${trouble}\n${stderr.trim()}`] };
  const { faults, ...came } = JSON.parse(stdout) as Omit<Came, 'suite' | 'durationMs'>;
  const left = reaped + survivors.length;
  const all = left === 0 ? faults : [...faults, `it has left ${left} processes behind`];
  return { suite, durationMs, ...came, faults: all };
}
