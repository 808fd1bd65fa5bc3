import type { RunnerName, TestCommand } from '../domain/runner-names.ts';
import type { TestRun } from '../domain/tests.ts';
import type { PackageTree } from './javascript/packages.ts';

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
  /** A folder of this root, outside of it, that stays for the next run: for what takes long to build. Without it nothing is kept. */
  readonly keptFolder?: string;
  /** How far it stands back behind what else runs: 0 to 19; 10 where it does not say. */
  readonly niceness?: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /**
   * What is kept from earlier runs may be used, where the runner can tell what has changed since: for looking, never for
   * a verdict. Without it the run begins with nothing.
   */
  readonly mayBeWarm?: boolean;
}

/** A test runner of a project. The only thing that the rest of the house knows of vitest, jest, pytest, … */
export interface Runner {
  readonly name: string;
  readonly version: string;
  /** One line for people: what will be run. */
  readonly description: string;
  /** It finds problems and runs no tests. */
  readonly isCheck?: true;
  /** Runs tests. Never throws for anything that the project or its tests can do. */
  run(request: TestRequest): Promise<TestRun>;
  /**
   * Starts what the next runs in this folder with this environment take in any case. It reads nothing of the project but
   * for a run that may be warm.
   */
  prepare(where: Pick<TestRequest, 'root' | 'env' | 'niceness' | 'keptFolder' | 'mayBeWarm'>, runs?: number): void;
  /** What is kept for this folder has seen what no other run sees, and more than once: it is ended, and for a while not renewed. */
  readonly distrust?: (root: string) => Promise<void>;
  /** Ends what was prepared and not used. */
  close(): Promise<void>;
  /** Whether a change of this path can matter to it: what no runner wants is not handed to any. */
  wants(path: string): boolean;
  /** Whether this path belongs to what a fix must not touch: tests, their helpers, snapshots, the runner's settings. */
  isProtected(path: string): boolean;
  /** Whether this path decides how all tests run: the runner's settings, what they import, set-up files. */
  isSettings(path: string): boolean;
  /** Whether this path is a test file by the runner's own patterns. */
  isTestFile(path: string): boolean;
  /**
   * The tests that stand inside this source file, as text: a fix may change the file, but not these. Undefined where
   * the runner knows no such tests or the file has none.
   */
  readonly testsWithin?: (path: string, text: string) => string | undefined;
}

/** What a family looks at when it looks for something to run. */
export interface Search {
  readonly root: string;
  /** The environment that the project's commands get; its PATH says which tools are the project's. */
  readonly env: Readonly<Record<string, string>>;
  /** Files of the project, relative with `/`, without installed packages, build results and hidden folders. */
  readonly files: readonly string[];
  /** The root's `package.json` (empty where there is none) and those of its workspaces. */
  readonly packages: PackageTree;
  /** Packages that those do not name, and that are projects of their own. */
  readonly apart: readonly PackageTree[];
  /** `TEST_RUNNER` names this family: it is to be run although nothing in the project tells of it. */
  readonly isAsked: boolean;
  /** The person's own command, where there is one. */
  readonly command: TestCommand | undefined;
}

/** Something of a family in a folder of the project (relative with `/`; empty is the root). */
export type Finding =
  | {
      readonly kind: 'runner';
      /** What lies outside of it is not for this runner. */
      readonly folder: string;
      readonly runner: Runner;
      /** The folders whose tests it runs, where these are others. */
      readonly homes?: readonly string[];
      /** The same for some of these folders alone. */
      readonly only?: (homes: readonly string[]) => Runner;
    }
  | { readonly kind: 'unusable'; readonly folder: string; readonly reason: string; readonly remedy: string };

/** A test runner before it is known whether the project uses it. */
export interface Family {
  readonly name: RunnerName;
  /** Reads files and asks tools for their version; never runs the project's code. Empty: nothing of this kind here. */
  find(search: Search): Promise<readonly Finding[]>;
}

/** Looks at a project and says whether and how its tests can be run. */
export type Detection =
  | {
      readonly kind: 'found';
      readonly runner: Runner;
      /** What is there as well and cannot be run, each with its reason and remedy. */
      readonly left: readonly Extract<Finding, { kind: 'unusable' }>[];
    }
  | { readonly kind: 'not-found'; readonly reason: string; readonly remedy: string };
