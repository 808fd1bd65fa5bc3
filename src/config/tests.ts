import type { CheckCommand, CheckName, RunnerName, TestCommand } from '../domain/runner-names.ts';
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

type CheckValues = Partial<Pick<SettingValues, 'CHECKS' | 'CHECK_COMMAND' | 'CHECK_PATTERN' | 'CHECK_SARIF'>>;

/** A check of one's own needs a way to find its problems; the other ways round, something is missing or not used. */
export function checkChecks(values: CheckValues, complain: Complain): void {
  const { CHECKS: names = ['none'], CHECK_COMMAND: line, CHECK_PATTERN: pattern, CHECK_SARIF: sarif } = values;
  const isNamed = names.includes('command');
  if (names.includes('none') && names.length > 1) complain('CHECKS', 'none alone, or names without none');
  if (line === undefined) {
    if (isNamed) complain('CHECK_COMMAND', 'the command to run, since CHECKS names command');
    else if (pattern !== undefined) complain('CHECK_COMMAND', 'the command whose problems CHECK_PATTERN finds');
    else if (sarif !== undefined) complain('CHECK_COMMAND', 'the command that writes what CHECK_SARIF names');
    return;
  }
  if (!isNamed && !names.includes('auto')) complain('CHECKS', 'command among the names, since CHECK_COMMAND is set');
  if (pattern === undefined && sarif === undefined)
    complain('CHECK_PATTERN', 'how the problems of CHECK_COMMAND look; or set CHECK_SARIF');
  if (pattern !== undefined && sarif !== undefined)
    complain('CHECK_SARIF', 'nothing, since CHECK_PATTERN is set; one of them says what the problems are');
}

export function wantedChecks({ CHECKS: names = ['none'] }: CheckValues): readonly (CheckName | 'auto')[] {
  return names.filter((name) => name !== 'none') as (CheckName | 'auto')[];
}

export function checkCommand(values: CheckValues): CheckCommand | undefined {
  const { CHECK_COMMAND: line, CHECK_PATTERN: source, CHECK_SARIF: files = [] } = values;
  if (line === undefined) return undefined;
  if (source !== undefined) return { line, problems: { kind: 'pattern', source } };
  return { line, problems: { kind: 'sarif', files: files.filter((file) => file !== 'stdout') } };
}
