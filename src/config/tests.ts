import type { RunnerName, TestCommand } from '../domain/runner-names.ts';
import type { Complain } from './places.ts';
import type { SettingValues } from './settings.ts';

type Values = Partial<Pick<SettingValues, 'TEST_RUNNER' | 'TEST_COMMAND' | 'TEST_REPORTS'>>;

/** A command without a runner that uses it, and the other way round. */
export function checkTests({ TEST_RUNNER: names, TEST_COMMAND, TEST_REPORTS }: Values, complain: Complain): void {
  const named = (names ?? ['auto']).filter((name) => name !== 'auto');
  const users = named.filter((name) => name === 'junit' || name === 'command');
  if (TEST_COMMAND === undefined) {
    if (users.length > 0) complain('TEST_COMMAND', `the command to run, since TEST_RUNNER is ${users.join(', ')}`);
    else if (TEST_REPORTS !== undefined) complain('TEST_COMMAND', 'the command that writes what TEST_REPORTS names');
  } else if (named.length > 0 && users.length === 0) {
    complain('TEST_RUNNER', 'junit or command, since TEST_COMMAND is set; or leave one of them out');
  }
  if (users.includes('junit') && TEST_REPORTS === undefined) {
    complain('TEST_REPORTS', 'the XML files that TEST_COMMAND writes, since TEST_RUNNER is junit');
  }
}

/** Undefined: what is found. */
export function wantedRunners({ TEST_RUNNER: names = ['auto'], TEST_COMMAND, TEST_REPORTS }: Values) {
  const named = names.filter((name) => name !== 'auto') as RunnerName[];
  if (named.length > 0) return named;
  if (TEST_COMMAND === undefined) return undefined;
  return [TEST_REPORTS === undefined ? 'command' : 'junit'] as const;
}

export function testCommand({ TEST_COMMAND: line, TEST_REPORTS: reports = [] }: Values): TestCommand | undefined {
  return line === undefined ? undefined : { line, reports };
}
