/** Kinds of test runners, as `TEST_RUNNER` names them. */
export const runnerNames = [
  'vitest',
  'jest',
  'node-test',
  'mocha',
  'pytest',
  'go',
  'cargo',
  'junit',
  'command',
] as const;
export type RunnerName = (typeof runnerNames)[number];

/** What a project's own tests are run by, where the person says it. */
export interface TestCommand {
  /** For the system's shell. */
  readonly line: string;
  /** Patterns, relative to the root, of the JUnit XML files that it writes; empty: only its exit code counts. */
  readonly reports: readonly string[];
}
