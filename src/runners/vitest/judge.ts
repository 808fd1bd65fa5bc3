import type { TestRun } from '../../domain/tests.ts';
import type { ProcessResult } from '../../process/types.ts';
import { brokenRun, disagreement, earlyEnd, firstProblem, tailOf } from '../report/ends.ts';
import { relativePath } from '../report/paths.ts';
import type { RawReport, ReadReport } from './raw-report.ts';
import { infrastructureFault, toReport } from './to-report.ts';

const NAMED_FILES = 3;

/** What a run of vitest amounts to. Only a finished report that its exit code agrees with counts as a report. */
export function judgeRun(result: ProcessResult, read: ReadReport, root: string): TestRun {
  const outputTail = tailOf(result, root);
  const broken = brokenRun(outputTail, result.durationMs);
  const { end } = result;
  if (end.kind === 'cancelled') return { kind: 'cancelled' };
  if (end.kind !== 'exited') {
    const running = () => (read.kind === 'report' ? runningFiles(read.report, root) : '');
    return broken(...earlyEnd(end, 'Vitest', running));
  }
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
  const contradiction = disagreement(tests, 'Vitest');
  if (contradiction !== undefined) return broken('disagrees', contradiction);
  return { kind: 'report', report: tests, outputTail };
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
