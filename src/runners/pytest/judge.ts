import type { ProcessResult } from '../../process/types.ts';
import { type Broken, brokenRun, earlyEnd, firstProblem, tailOf } from '../report/ends.ts';
import type { RawReport, ReadReport } from './raw-report.ts';
import { type Results, toResults } from './to-report.ts';

const name = 'pytest';
/** Exit codes of pytest. */
const usageError = 4;
const nothingCollected = 5;

/** What one pytest amounts to. Only a finished report counts; whether it agrees with its exit code is looked at later. */
export type Outcome =
  | { readonly kind: 'cancelled' }
  | Broken
  | { readonly kind: 'ran'; readonly results: Results; readonly exitCode: number; readonly outputTail: string };

/** @param expected the test files that were to be run, as far as they are known. */
export function judgePytest(
  result: ProcessResult,
  read: ReadReport,
  { root, expected }: { readonly root: string; readonly expected: readonly string[] },
): Outcome {
  const { end, durationMs } = result;
  const outputTail = tailOf(result, root);
  const broken = brokenRun(outputTail, durationMs);
  if (end.kind === 'cancelled') return { kind: 'cancelled' };
  if (end.kind !== 'exited') return broken(...earlyEnd(end, name, () => lastBegun(read)));
  if (read.kind === 'unreadable') return broken('crashed', `The report of ${name} cannot be read: ${read.problem}`);
  if (read.kind === 'missing') return broken('configuration', couldNotStart(end.code, outputTail));
  const { report } = read;
  const ran = (exitCode: number): Outcome => ({
    kind: 'ran',
    results: toResults(report, { root, expected }),
    exitCode,
    outputTail,
  });
  if (report.conftest !== undefined && end.code !== 0) return ran(end.code);
  if (report.internal !== undefined) return broken('crashed', `${name} itself failed: ${lastLine(report.internal)}`);
  if (report.interrupted !== undefined) return broken('crashed', `The tests were ended early: ${report.interrupted}`);
  if (report.end === undefined) {
    if (end.code === usageError) return broken('configuration', couldNotStart(end.code, outputTail));
    return broken('crashed', `${name} ended with exit code ${end.code} before the tests did.${lastBegun(read)}`);
  }
  const lost = lostTests(report);
  if (lost > 0) return broken('crashed', `${name} ended without running ${lost} of its tests.${lastBegun(read)}`);
  return ran(end.code === nothingCollected ? 0 : end.code);
}

function couldNotStart(code: number, output: string): string {
  // The line with the usage comes before the one that says what is wrong.
  const said = /^.*\berror: .*$/m.exec(output.replaceAll(/^.*\busage: .*$/gm, ''))?.[0];
  return `${name} could not start (exit code ${code}): ${said ?? firstProblem(output)}`;
}

/** Where the tests were when they ended. */
function lastBegun(read: ReadReport): string {
  if (read.kind !== 'report') return '';
  const { began, end } = read.report;
  if (end !== undefined) return ' All tests were done; something keeps Python from ending.';
  const last = began.at(-1);
  return last === undefined ? '' : ` The last one to begin was ${last}.`;
}

function lostTests({ collected, tests }: RawReport): number {
  if (collected === undefined) return 0;
  const told = new Set(tests.map(({ node }) => node));
  return collected.filter((node) => !told.has(node)).length;
}

/** pytest prints such errors with a mark before every line; the last of them names the problem. */
function lastLine(text: string): string {
  return (text.trimEnd().split('\n').at(-1) ?? '').replace(/^(?:INTERNALERROR> |E +)/, '').slice(0, 300);
}
