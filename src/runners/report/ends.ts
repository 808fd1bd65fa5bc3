import type { TestReport, TestRun } from '../../domain/tests.ts';
import type { ProcessEnd, ProcessResult } from '../../process/types.ts';
import { plainText } from './text.ts';

const tailLimit = 8_000;

export type Broken = Extract<TestRun, { kind: 'broken' }>;

/** Says why a run gives no report, with the end of what it printed. */
export function brokenRun(outputTail: string, durationMs: number) {
  return (reason: Broken['reason'], detail: string): Broken => ({
    kind: 'broken',
    reason,
    detail,
    outputTail,
    durationMs,
  });
}

/** Why a process that was ended gives no report; `more` is a sentence about where it was. `name` begins a sentence. */
export function earlyEnd(
  end: Exclude<ProcessEnd, { kind: 'exited' | 'cancelled' }>,
  name: string,
  more: () => string = () => '',
  what = 'The tests',
): readonly [Broken['reason'], string] {
  switch (end.kind) {
    case 'timed-out':
      return ['timed-out', `${what} did not end within ${Math.round(end.afterMs / 100) / 10} seconds.${more()}`];
    case 'output-limit':
      return ['too-much-output', `${what} printed more than ${Math.round(end.limitBytes / 1024 / 1024)} MB.`];
    case 'could-not-start':
      return ['could-not-start', `${name} could not be started: ${end.message}`];
    case 'signalled':
      return ['crashed', `${name} was ended by ${end.signal}.`];
  }
}

/** A report and an exit code that contradict each other: neither is believed. */
export function disagreement({ tests, exitCode }: TestReport, name: string): string | undefined {
  const red = tests.filter(({ status }) => status === 'failed').length;
  if (exitCode === 0 && red > 0) return `${name} reported ${red} failed tests and yet exit code 0.`;
  if (exitCode !== 0 && red === 0) return `${name} reported no failed test and yet exit code ${exitCode}.`;
  return undefined;
}

/** The end of what was printed, stdout before stderr, at most 8,000 characters. */
export function tailOf({ stdout, stderr }: ProcessResult, root: string): string {
  const parts = [stdout, stderr].map((text) => plainText(text, root).trim()).filter((text) => text !== '');
  const each = parts.length === 2 ? tailLimit / 2 - 1 : tailLimit;
  return parts.map((text) => text.slice(-each)).join('\n');
}

/** The line of an output that most likely names the problem. */
export function firstProblem(output: string): string {
  const lines = output.split('\n').map((line) => line.trim());
  const found =
    lines.find((line) => /^(\w*Error:|MISSING DEPENDENCY)/.test(line)) ??
    lines.find((line) => /error:(?!$)|cannot find|not found|unknown option|failed to/i.test(line));
  return (found ?? lines.findLast((line) => line !== '') ?? 'it printed nothing').slice(0, 300);
}
