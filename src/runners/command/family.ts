import { realpath } from 'node:fs/promises';
import type { TestCommand } from '../../domain/runner-names.ts';
import type { TestRun } from '../../domain/tests.ts';
import { messageOf } from '../../errors.ts';
import { earlyEnd, firstProblem, tailOf } from '../report/ends.ts';
import { testResults } from '../report/results.ts';
import { namedIn, shellRules } from '../shell/rules.ts';
import { isNoCommand, runLine } from '../shell/run-line.ts';
import type { Family, Runner, TestRequest } from '../types.ts';

/** The person's own command is one test, which is green with exit code 0. */
export const command: Family = {
  name: 'command',
  find: async ({ root, isAsked, command: given }) => {
    if (!isAsked || given === undefined) return [];
    return [{ kind: 'runner', folder: '', runner: commandRunner(given, root) }];
  },
};

function commandRunner({ line }: TestCommand, project: string): Runner {
  const isNamed = namedIn(line, project);
  return {
    ...shellRules,
    name: 'command',
    version: '1',
    description: `the command ${line}`,
    wants: () => true,
    isProtected: (path) => shellRules.isProtected(path) || isNamed(path),
    run: (request) => runCommand(line, request),
    prepare: () => {},
    close: async () => {},
  };
}

async function runCommand(line: string, request: TestRequest): Promise<TestRun> {
  if (request.signal.aborted) return { kind: 'cancelled' };
  try {
    const root = await realpath(request.root);
    const result = await runLine(line, root, request);
    const { end, durationMs } = result;
    if (end.kind === 'cancelled') return { kind: 'cancelled' };
    const outputTail = tailOf(result, root);
    if (end.kind !== 'exited') {
      const [reason, detail] = earlyEnd(end, 'TEST_COMMAND');
      return { kind: 'broken', reason, detail, outputTail, durationMs };
    }
    if (isNoCommand(result)) {
      const detail = `TEST_COMMAND ended with exit code ${end.code}: ${firstProblem(outputTail)}`;
      return { kind: 'broken', reason: 'configuration', detail, outputTail, durationMs };
    }
    const isGreen = end.code === 0;
    const message = `It ended with exit code ${end.code}.\n${outputTail.slice(-7_900)}`;
    const tests = testResults([
      {
        project: 'command',
        file: '',
        titles: [line],
        status: isGreen ? 'passed' : 'failed',
        durationMs,
        message: isGreen ? undefined : message,
      },
    ]);
    // No file of tests is known: one that was named here would be said to have lost its other tests.
    const report = { runner: 'command', tests, files: [], imports: {}, durationMs, exitCode: end.code };
    return { kind: 'report', report, outputTail };
  } catch (error) {
    const detail = `The tests could not be started: ${messageOf(error)}`;
    return { kind: 'broken', reason: 'could-not-start', detail, outputTail: '', durationMs: 0 };
  }
}
