import type { TestResult, TestStatus } from '../../domain/tests.ts';
import { cutMiddle, messageLimit } from './text.ts';

/** A test as a runner told of it, before it has an id. */
export interface ToldTest {
  /** What tells the runners and projects of one repository apart: `jest`, `pytest:api`. */
  readonly project: string;
  /** The test file, relative to the root with `/`. */
  readonly file: string;
  /** Outermost first. */
  readonly titles: readonly string[];
  readonly status: TestStatus;
  readonly durationMs: number;
  readonly message?: string | undefined;
}

/** Gives tests their ids, in the order that they came in: the second of the same name in a file has the occurrence 2. */
export function testResults(told: readonly ToldTest[]): TestResult[] {
  const occurrences = new Map<string, number>();
  return told.map(({ project, file, titles, status, durationMs, message }) => {
    const title = titles.join(' > ');
    const key = `${project}|${file}|${title}`;
    const occurrence = (occurrences.get(key) ?? 0) + 1;
    occurrences.set(key, occurrence);
    const said = message === undefined || message === '' ? {} : { message: cutMiddle(message, messageLimit) };
    return { id: `${key}|${occurrence}`, kind: 'test', file, title, status, durationMs, ...said };
  });
}

/** A test file that cannot be loaded, compiled or collected. */
export function loadFailure(project: string, file: string, message: string): TestResult {
  return outsideTests('load', project, file, message);
}

/** An error that belongs to no test. One for a file, however many there are: their number and order are not stable. */
export function unhandledError(project: string, file: string, message: string): TestResult {
  return outsideTests('unhandled', project, file, message);
}

function outsideTests(kind: 'load' | 'unhandled', project: string, file: string, message: string): TestResult {
  const title = `(${kind})`;
  return {
    id: `${project}|${file}|${title}`,
    kind,
    file,
    title,
    status: 'failed',
    durationMs: 0,
    message: cutMiddle(message, messageLimit),
  };
}
