import { runnerNames } from '../domain/runner-names.ts';
import { daySeconds, type Setting } from './setting.ts';
import { choices, path, patternList, seconds } from './values.ts';

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
  TEST_TIMEOUT_SECONDS: {
    schema: seconds({ min: 1, max: daySeconds }),
    default: '600',
    description: 'The longest that one run of the tests may take.',
    example: '1800',
  },
} satisfies Record<string, Setting<unknown>>;
