import type { TestStatus } from '../../domain/tests.ts';

/** A test as the harness of Rust told of it. */
export interface HarnessTest {
  readonly name: string;
  readonly status: TestStatus;
  readonly message?: string | undefined;
}

export type HarnessRun =
  | { readonly kind: 'finished'; readonly tests: readonly HarnessTest[] }
  /** It ended before it had told of all its tests, or what it told contradicts itself: nothing of it is believed. */
  | { readonly kind: 'unfinished'; readonly problem: string; readonly open: readonly string[] };

export interface HarnessOutput {
  /** The names that it listed before. */
  readonly listed: readonly string[];
  readonly stdout: string;
  readonly exitCode: number;
}

const total =
  /^test result: (?:ok|FAILED)\. (\d+) passed; (\d+) failed; (\d+) ignored; (\d+) measured; \d+ filtered out/;
const result =
  /^(.+?)(?: - (?:should panic|compile fail|compile))? \.\.\. (ok|FAILED|ignored(?:, .*)?|bench:.*)(?: <[\d.]+s>)?$/;

/**
 * Reads what a test program printed. Tests may print what looks like a result beside the harness's own capture: only
 * names that were listed count, the red word wins, and the sums at the end have to be true.
 */
export function readHarness({ listed, stdout, exitCode }: HarnessOutput): HarnessRun {
  const lines = stdout.split('\n');
  const told = toldStatuses(lines, new Set(listed));
  for (const name of failedAtTheEnd(lines)) if (told.has(name)) told.set(name, 'failed');
  const sums = sumsOf(lines);
  const open = listed.filter((name) => told.get(name) === undefined);
  const unfinished = (problem: string): HarnessRun => ({ kind: 'unfinished', problem, open });
  if (sums === undefined) return unfinished(`The test program ended with exit code ${exitCode} before its tests did.`);
  const count = (status: TestStatus) => [...told.values()].filter((each) => each === status).length;
  const isComplete = sums.failed === count('failed') && sums.ignored === count('skipped');
  // A line of a green test may be torn by what others print; the sums tell that it was green.
  if (!isComplete || sums.passed !== count('passed') + open.length)
    return unfinished('The test program printed results that do not agree with its own sums.');
  if (exitCode !== (sums.failed > 0 ? 101 : 0))
    return unfinished(`The test program told of ${sums.failed} failed tests and ended with exit code ${exitCode}.`);
  const messages = messagesOf(stdout, new Set(listed));
  const tests = listed.map((name) => ({ name, status: told.get(name) ?? 'passed', message: messages.get(name) }));
  return { kind: 'finished', tests };
}

/** Names as `--list` gives them; undefined where something else answered. */
export function readList(stdout: string): readonly string[] | undefined {
  const lines = stdout.split('\n').filter((line) => line !== '' && !/^\d+ tests?, \d+ benchmarks?$/.test(line));
  const names = lines.map((line) => /^(.+): (?:test|benchmark|bench)$/.exec(line)?.[1]);
  return names.every((name) => name !== undefined) ? names : undefined;
}

function toldStatuses(lines: readonly string[], listed: ReadonlySet<string>): Map<string, TestStatus | undefined> {
  const told = new Map<string, TestStatus | undefined>([...listed].map((name) => [name, undefined]));
  for (const line of lines) {
    for (let at = line.indexOf('test '); at !== -1; at = line.indexOf('test ', at + 1)) {
      const [, name = '', word = ''] = result.exec(line.slice(at + 5)) ?? [];
      if (!listed.has(name)) continue;
      const status = word === 'FAILED' ? 'failed' : word.startsWith('ignored') ? 'skipped' : 'passed';
      if (told.get(name) !== 'failed') told.set(name, status);
    }
  }
  return told;
}

/** The list of names below the last `failures:`; more than one where a program was started more than once. */
function failedAtTheEnd(lines: readonly string[]): readonly string[] {
  const names: string[] = [];
  for (const [at, line] of lines.entries()) {
    if (line !== 'failures:') continue;
    let end = at + 1;
    while (/^ {4}\S/.test(lines[end] ?? '')) end++;
    if (lines[end] !== '' || !total.test(lines[end + 1] ?? '')) continue;
    names.push(...lines.slice(at + 1, end).map((name) => name.trim()));
  }
  return names;
}

/** Sums of all programs in this output; undefined when the last thing that was begun has none. */
function sumsOf(lines: readonly string[]): { passed: number; failed: number; ignored: number } | undefined {
  const found = lines.flatMap((line) => {
    const [, passed, failed, ignored, measured] = total.exec(line) ?? [];
    return passed === undefined ? [] : [[passed, failed, ignored, measured].map(Number)];
  });
  const begun = lines.filter((line) => /^running \d+ tests?$/.test(line)).length;
  if (found.length === 0 || found.length < begun) return undefined;
  const sum = (at: number) => found.reduce((all, each) => all + (each[at] ?? 0), 0);
  return { passed: sum(0) + sum(3), failed: sum(1), ignored: sum(2) };
}

/** What the harness kept of each failed test, the panic first. */
function messagesOf(stdout: string, listed: ReadonlySet<string>): ReadonlyMap<string, string> {
  const messages = new Map<string, string>();
  const parts = stdout.split(/^---- (.+?)(?: stdout)? ----$/m);
  for (let at = 1; at < parts.length; at += 2) {
    const name = parts[at] ?? '';
    const [text = ''] = (parts[at + 1] ?? '').split(/\n\nfailures:\n {4}/, 1);
    if (listed.has(name) && !messages.has(name)) messages.set(name, panicFirst(text));
  }
  return messages;
}

/** What a person asks first is what was expected; where and what was printed before comes after. */
function panicFirst(text: string): string {
  const plain = text
    .replaceAll(/^note: run with `RUST_BACKTRACE=1`.*\n?/gm, '')
    .replaceAll(/^note: Some details are omitted, run with `RUST_BACKTRACE=full`.*\n?/gm, '')
    .replaceAll(/^stack backtrace:\n(?: +.*\n?)*/gm, '');
  const [, before = '', where = '', message = ''] =
    /^([\s\S]*?)^thread '[^\n]*'(?: \(\d+\))? panicked at ([^\s']+:\d+:\d+):\n([\s\S]*)$/m.exec(plain) ??
    oldPanic(plain) ??
    [];
  if (where === '') return plain.trim();
  return [message.trim(), `at ${where}`, before.trim()].filter((part) => part !== '').join('\n');
}

/** Until Rust 1.72: `thread 'name' panicked at 'message', file:line:column`. */
function oldPanic(text: string): readonly string[] | undefined {
  const found = /^([\s\S]*?)^thread '[^\n]*' panicked at '([\s\S]*?)', (\S+:\d+:\d+)$([\s\S]*)$/m.exec(text);
  if (found === null) return undefined;
  const [all, before = '', message = '', where = '', after = ''] = found;
  return [all, before, where, `${message}\n${after.trim()}`];
}
