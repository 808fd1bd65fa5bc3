import type { TestResult } from '../../domain/tests.ts';
import type { ProcessResult } from '../../process/types.ts';
import { type Broken, brokenRun, earlyEnd, firstProblem, tailOf } from '../report/ends.ts';
import { plainText } from '../report/text.ts';
import { type GoEvents, readEvents } from './events.ts';
import type { GoPackage } from './packages.ts';
import { type TestFunctions, toResults } from './to-report.ts';

const name = 'go test';
const shownTests = 3;
const tailLimit = 8_000;

export type Outcome =
  | { readonly kind: 'cancelled' }
  | Broken
  | {
      readonly kind: 'ran';
      readonly tests: readonly TestResult[];
      readonly files: readonly string[];
      readonly exitCode: number;
      readonly outputTail: string;
    };

/** What `go test` amounts to for these packages. It counts when each of them has come to its end. */
export function judgeGo(
  result: ProcessResult,
  tested: readonly GoPackage[],
  { functions, root }: { readonly functions: ReadonlyMap<string, readonly TestFunctions[]>; readonly root: string },
): Outcome {
  const { end, durationMs } = result;
  const events = readEvents(result.stdout);
  const outputTail = tailOf({ ...result, stdout: printedIn(events) }, root);
  const broken = brokenRun(outputTail, durationMs);
  if (end.kind === 'cancelled') return { kind: 'cancelled' };
  if (end.kind !== 'exited') return broken(...earlyEnd(end, name, () => running(events)));
  if (result.droppedBytes > 0) return broken('too-much-output', 'The tests printed more than can be kept.');
  if (events.packages.size === 0 && end.code !== 0) {
    const said = firstProblem(plainText(result.stderr, root));
    return broken('configuration', `${name} could not start (exit code ${end.code}): ${said}`);
  }
  const unended = tested.filter(({ importPath }) => events.packages.get(importPath)?.end === undefined);
  const [first] = unended;
  if (first !== undefined) {
    return broken('crashed', `${name} ended with exit code ${end.code} before the tests of ${first.importPath} did.`);
  }
  const errors = result.stderr + events.buildOutput;
  const tests = toResults(tested, { events, functions, errors, root });
  return { kind: 'ran', tests, files: tested.flatMap(({ testFiles }) => testFiles), exitCode: end.code, outputTail };
}

/** What is told of a run is what was printed, not the events around it. */
function printedIn({ packages }: GoEvents): string {
  const texts = [...packages.values()].flatMap(({ tests, output }) => [
    ...[...tests.values()].filter(({ end }) => end !== 'pass').map((test) => test.output),
    output,
  ]);
  return texts.join('').slice(-tailLimit);
}

function running({ packages }: GoEvents): string {
  const names = [...packages.values()].flatMap(({ tests }) =>
    [...tests.values()].filter(({ end }) => end === undefined).map((test) => test.name),
  );
  // The innermost are those that run.
  const inner = names.filter((each) => !names.some((other) => other.startsWith(`${each}/`)));
  if (inner.length === 0) return '';
  const more = inner.length > shownTests ? ` and ${inner.length - shownTests} more` : '';
  return ` Still running: ${inner.slice(0, shownTests).join(', ')}${more}.`;
}
