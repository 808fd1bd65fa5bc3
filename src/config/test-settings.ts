import { checkNames, runnerNames } from '../domain/runner-names.ts';
import { daySeconds, type Setting } from './setting.ts';
import { choices, namedPattern, path, patternList, seconds } from './values.ts';

/** How the project's own tests are run. */
export const testSettings = {
  TEST_RUNNER: {
    schema: choices(['auto', ...runnerNames]),
    default: 'auto',
    description: `What runs the tests, with commas between: auto finds out; else ${runnerNames.join(', ')}.`,
    example: 'vitest,pytest',
  },
  TEST_COMMAND: {
    schema: path('one line for the shell'),
    otherwise: 'the runner that is found',
    description: 'Your own command for the tests, run by the shell in the folder of the project.',
    example: 'make test',
  },
  TEST_REPORTS: {
    schema: patternList('patterns relative to PROJECT_ROOT, with commas between'),
    otherwise: 'only the exit code of TEST_COMMAND counts',
    description: 'JUnit XML files that TEST_COMMAND writes, with commas between.',
    example: 'build/test-results/**/*.xml',
  },
  CHECKS: {
    schema: choices(['none', 'auto', ...checkNames]),
    default: 'none',
    description: `Checks whose problems count like red tests, with commas between: none, auto (what is set up), ${checkNames.join(', ')}.`,
    example: 'tsc,eslint',
  },
  CHECK_COMMAND: {
    schema: path('one line for the shell'),
    otherwise: 'no check of your own',
    description:
      'Your own check, for the shell in the folder of the project; an exit code other than 0 says that there are problems.',
    example: 'make lint',
  },
  CHECK_PATTERN: {
    schema: namedPattern(['file', 'message']),
    otherwise: 'CHECK_SARIF says where its problems are',
    description:
      'How a line of CHECK_COMMAND names a problem: groups file and message; line, column, code, severity may be there.',
    example: '^(?<file>[^:]+):(?<line>\\d+): (?<message>.+)$',
  },
  CHECK_SARIF: {
    schema: patternList('patterns relative to PROJECT_ROOT, with commas between, or stdout'),
    otherwise: 'CHECK_PATTERN says how its problems look',
    description: 'SARIF files that CHECK_COMMAND writes, with commas between, or stdout.',
    example: 'build/lint.sarif',
  },
  TEST_TIMEOUT_SECONDS: {
    schema: seconds({ min: 1, max: daySeconds }),
    default: '600',
    description: 'The longest that one run of the tests may take.',
    example: '1800',
  },
} satisfies Record<string, Setting<unknown>>;
