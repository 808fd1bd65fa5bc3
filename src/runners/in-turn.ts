import type { TestReport, TestRun } from '../domain/tests.ts';
import { messageOf } from '../errors.ts';
import type { ProcessResult } from '../process/types.ts';
import type { TestRequest } from './types.ts';

const tailLimit = 8_000;

/** The time of a request, which all that is started for it shares. */
export interface SharedTime {
  readonly limitMs: number;
  spentMs(): number;
  leftMs(): number;
}

/** Never nothing: what begins too late is ended at once, and says so itself. */
export function sharedTime(limitMs: number): SharedTime {
  const startedAtMs = performance.now();
  const spentMs = (): number => performance.now() - startedAtMs;
  return { limitMs, spentMs, leftMs: () => Math.max(1, Math.round(limitMs - spentMs())) };
}

/** A process within this time: the limit that people know is that of all. */
export function underLimit(result: ProcessResult, { limitMs }: SharedTime): ProcessResult {
  return result.end.kind === 'timed-out' ? { ...result, end: { ...result.end, afterMs: limitMs } } : result;
}

interface Ran {
  readonly kind: 'ran';
  readonly outputTail: string;
}
type Unfinished = Extract<TestRun, { kind: 'broken' | 'cancelled' }>;

/**
 * Runs what a runner has in several folders, one after another, in the time of one request. Where one cannot run there is
 * no report at all: half a report would call green what was not looked at.
 *
 * @param run gives undefined where nothing of the request is in this folder.
 */
export async function inTurn<Part, Done extends Ran>(
  parts: readonly Part[],
  run: (part: Part) => Promise<Done | Unfinished | undefined>,
): Promise<readonly Done[] | Unfinished> {
  const done: Done[] = [];
  for (const part of parts) {
    const outcome = await run(part);
    if (outcome === undefined) continue;
    if (outcome.kind !== 'ran') return outcome;
    done.push(outcome);
  }
  return done;
}

/** What the folders said, as one run. */
export function oneRun(
  done: readonly Ran[],
  report: TestReport,
  { signal, time }: { readonly signal: AbortSignal; readonly time: SharedTime },
): TestRun {
  if (signal.aborted) return { kind: 'cancelled' };
  const durationMs = time.spentMs();
  if (report.tests.length === 0) return { kind: 'no-tests', durationMs };
  const part = Math.floor(tailLimit / done.length);
  const outputTail = done.map((each) => each.outputTail.slice(-part)).join('\n');
  return { kind: 'report', report: { ...report, durationMs }, outputTail };
}

/** Whatever goes wrong while tests are started is a broken run, never an exception. */
export async function inTime(
  request: Pick<TestRequest, 'timeoutMs' | 'signal'>,
  runIn: (time: SharedTime) => Promise<TestRun>,
): Promise<TestRun> {
  if (request.signal.aborted) return { kind: 'cancelled' };
  const time = sharedTime(request.timeoutMs);
  try {
    return await runIn(time);
  } catch (error) {
    const detail = `The tests could not be started: ${messageOf(error)}`;
    return { kind: 'broken', reason: 'could-not-start', detail, outputTail: '', durationMs: time.spentMs() };
  }
}
