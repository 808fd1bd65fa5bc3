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

/** Checks that count like tests, as `CHECKS` names them. */
export const checkNames = ['tsc', 'eslint', 'biome', 'ruff', 'mypy', 'go-vet', 'clippy', 'command'] as const;
export type CheckName = (typeof checkNames)[number];

/** A check of the person's own. */
export interface CheckCommand {
  /** For the system's shell. */
  readonly line: string;
  /** How its problems are found: in each line that it prints, or in SARIF. */
  readonly problems:
    | { readonly kind: 'pattern'; readonly source: string }
    /** Patterns relative to the root; empty: on its standard output. */
    | { readonly kind: 'sarif'; readonly files: readonly string[] };
}
