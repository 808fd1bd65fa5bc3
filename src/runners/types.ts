import type { TestRun } from '../domain/tests.ts';

/** Which tests to run. Paths are relative to the root with `/`. */
export type TestScope =
  | { readonly kind: 'all' }
  /** Tests that depend on these changed files, as the runner finds them; a changed test file is related to itself. */
  | { readonly kind: 'related'; readonly files: readonly string[] }
  /** Exactly these test files. */
  | { readonly kind: 'files'; readonly files: readonly string[] };

export interface TestRequest {
  /** A folder that holds the project: a lane, or the project itself. */
  readonly root: string;
  readonly scope: TestScope;
  readonly env: Readonly<Record<string, string>>;
  /** A folder outside the project for the runner's report; made and removed by the caller. */
  readonly reportFolder: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A test runner of a project. The only thing that the rest of the house knows of vitest, jest, pytest, … */
export interface Runner {
  readonly name: string;
  readonly version: string;
  /** One line for people: what will be run. */
  readonly description: string;
  /** Runs tests. Never throws for anything that the project or its tests can do. */
  run(request: TestRequest): Promise<TestRun>;
  /** Starts what the next runs in this folder with this environment take in any case; it reads nothing of the project. */
  prepare(where: Pick<TestRequest, 'root' | 'env'>, runs?: number): void;
  /** Ends what was prepared and not used. */
  close(): Promise<void>;
  /** Whether this path belongs to what a fix must not touch: tests, their helpers, snapshots, the runner's settings. */
  isProtected(path: string): boolean;
  /** Whether this path decides how all tests run: the runner's settings, what they import, set-up files. */
  isSettings(path: string): boolean;
  /** Whether this path is a test file by the runner's own patterns. */
  isTestFile(path: string): boolean;
}

/** Looks at a project and says whether and how its tests can be run. */
export type Detection =
  | { readonly kind: 'found'; readonly runner: Runner }
  | { readonly kind: 'not-found'; readonly reason: string; readonly remedy: string };
