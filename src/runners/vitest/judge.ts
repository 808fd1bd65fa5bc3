import type { TestReport, TestRun } from '../../domain/tests.ts';
import type { ProcessEnd, ProcessResult } from '../../process/types.ts';
import { plainText } from './failure-text.ts';
import { relativePath } from './paths.ts';
import type { RawReport, ReadReport } from './raw-report.ts';
import { infrastructureFault, toReport } from './to-report.ts';

const TAIL_LIMIT = 8_000;
const NAMED_FILES = 3;

type Reason = Extract<TestRun, { kind: 'broken' }>['reason'];

/** What a run of vitest amounts to. Only a finished report that its exit code agrees with counts as a report. */
export function judgeRun(result: ProcessResult, read: ReadReport, root: string): TestRun {
  const outputTail = tailOf(result, root);
  const broken = (reason: Reason, detail: string): TestRun => ({
    kind: 'broken',
    reason,
    detail,
    outputTail,
    durationMs: result.durationMs,
  });
  const { end } = result;
  if (end.kind === 'cancelled') return { kind: 'cancelled' };
  if (end.kind !== 'exited') return broken(...earlyEnd(end, read, root));
  if (read.kind === 'missing') {
    return end.code === 0
      ? broken('crashed', 'Vitest ended without running tests and without an error.')
      : broken('configuration', `Vitest could not start (exit code ${end.code}): ${firstProblem(outputTail)}`);
  }
  if (read.kind === 'unreadable') return broken('crashed', `The report of vitest cannot be read: ${read.problem}`);
  const { report } = read;
  const browser = report.projects.find((project) => project.browser);
  if (browser)
    return broken('configuration', `${browserName(browser.name)} runs in browser mode, which is not supported.`);
  if (report.phase === 'started') {
    return broken(
      'crashed',
      `Vitest ended with exit code ${end.code} before the tests did: ${firstProblem(outputTail)}`,
    );
  }
  const nothing = report.paths.length === 0 && report.modules.length === 0 && report.unhandled.length === 0;
  if (nothing && end.code === 0) return { kind: 'no-tests', durationMs: result.durationMs };
  const fault = infrastructureFault(report, root);
  if (fault !== undefined) return broken('crashed', `Vitest itself failed: ${fault.split('\n')[0]}`);
  const tests = toReport(report, { root, durationMs: result.durationMs, exitCode: end.code });
  const disagreement = disagreementOf(tests, end.code);
  if (disagreement !== undefined) return broken('disagrees', disagreement);
  return { kind: 'report', report: tests, outputTail };
}

function disagreementOf({ tests }: TestReport, exitCode: number): string | undefined {
  const red = tests.filter(({ status }) => status === 'failed').length;
  if (exitCode === 0 && red > 0) return `Vitest reported ${red} failed tests and yet exit code 0.`;
  if (exitCode !== 0 && red === 0) return `Vitest reported no failed test and yet exit code ${exitCode}.`;
  return undefined;
}

function earlyEnd(
  end: Exclude<ProcessEnd, { kind: 'exited' | 'cancelled' }>,
  read: ReadReport,
  root: string,
): [Reason, string] {
  if (end.kind === 'timed-out') {
    const running = read.kind === 'report' ? runningFiles(read.report, root) : '';
    return ['timed-out', `The tests did not end within ${Math.round(end.afterMs / 100) / 10} seconds.${running}`];
  }
  if (end.kind === 'output-limit') {
    return ['too-much-output', `The tests printed more than ${Math.round(end.limitBytes / 1024 / 1024)} MB.`];
  }
  if (end.kind === 'could-not-start') return ['could-not-start', `Vitest could not be started: ${end.message}`];
  return ['crashed', `Vitest was ended by ${end.signal}.`];
}

function runningFiles({ running, phase }: RawReport, root: string): string {
  if (phase === 'finished') return ' All tests were done; something keeps vitest from ending.';
  if (running.length === 0) return '';
  const named = running.slice(0, NAMED_FILES).map((path) => relativePath(root, path));
  const more = running.length > NAMED_FILES ? ` and ${running.length - NAMED_FILES} more` : '';
  return ` Still running: ${named.join(', ')}${more}.`;
}

function browserName(name: string): string {
  return name === '' ? 'The project' : `The project "${name}"`;
}

/** The line that most likely names the problem. */
function firstProblem(output: string): string {
  const lines = output.split('\n').map((line) => line.trim());
  const found =
    lines.find((line) => /^(\w*Error:|MISSING DEPENDENCY)/.test(line)) ??
    lines.find((line) => /error:|cannot find|not found|unknown option|failed to/i.test(line));
  return (found ?? lines.findLast((line) => line !== '') ?? 'it printed nothing').slice(0, 300);
}

function tailOf({ stdout, stderr }: ProcessResult, root: string): string {
  const parts = [stdout, stderr].map((text) => plainText(text, root).trim()).filter((text) => text !== '');
  const each = parts.length === 2 ? TAIL_LIMIT / 2 - 1 : TAIL_LIMIT;
  return parts.map((text) => text.slice(-each)).join('\n');
}
