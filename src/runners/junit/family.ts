import { realpath } from 'node:fs/promises';
import type { TestCommand } from '../../domain/runner-names.ts';
import type { TestRun } from '../../domain/tests.ts';
import { messageOf } from '../../errors.ts';
import { projectFiles } from '../project-files.ts';
import { brokenRun, earlyEnd, firstProblem, tailOf } from '../report/ends.ts';
import { namedIn, shellRules } from '../shell/rules.ts';
import { filesMark, isNoCommand, runLine } from '../shell/run-line.ts';
import type { Family, Runner, TestRequest } from '../types.ts';
import { locator } from './locate.ts';
import { isEmpty, readReports, removeReports } from './reports.ts';
import { readCases, toReport } from './to-report.ts';

/** The clock of files is coarser than ours. */
const clockSlackMs = 50;

/** The person's own command, whose tests are what it writes as JUnit XML. */
export const junit: Family = {
  name: 'junit',
  find: async ({ root, isAsked, command }) => {
    if (!isAsked || command === undefined || command.reports.length === 0) return [];
    return [{ kind: 'runner', folder: '', runner: junitRunner(command, await realpath(root)) }];
  },
};

/** @param project the person's own tree, without symbolic links: nothing is removed there. */
function junitRunner(command: TestCommand, project: string): Runner {
  const isNamed = namedIn(command.line, project);
  const learned = { tests: new Set<string>() };
  return {
    ...shellRules,
    name: 'junit',
    version: '1',
    description: `the command ${command.line}, which writes ${command.reports.join(', ')}`,
    wants: () => true,
    isTestFile: (path) => learned.tests.has(path) || shellRules.isTestFile(path),
    isProtected: (path) => learned.tests.has(path) || shellRules.isProtected(path) || isNamed(path),
    run: async (request) => {
      const run = await runJunit(command, project, request);
      if (run.kind === 'report') for (const file of run.report.files) learned.tests.add(file);
      return run;
    },
    prepare: () => {},
    close: async () => {},
  };
}

async function runJunit(
  { line, reports: patterns }: TestCommand,
  project: string,
  request: TestRequest,
): Promise<TestRun> {
  if (request.signal.aborted) return { kind: 'cancelled' };
  try {
    const root = await realpath(request.root);
    if (root !== project) await removeReports(root, patterns);
    const sinceMs = Date.now() - clockSlackMs;
    const result = await runLine(line, root, request);
    const { end, durationMs } = result;
    if (end.kind === 'cancelled') return { kind: 'cancelled' };
    const outputTail = tailOf(result, root);
    const broken = brokenRun(outputTail, durationMs);
    if (end.kind !== 'exited') return broken(...earlyEnd(end, 'TEST_COMMAND'));
    const exitCode = end.code;
    if (isNoCommand(result))
      return broken('configuration', `TEST_COMMAND ended with exit code ${exitCode}: ${firstProblem(outputTail)}`);
    const found = await readReports(root, patterns, sinceMs);
    if (found.length === 0 && exitCode === 0) {
      if (line.includes(filesMark) && request.scope.kind !== 'all') return { kind: 'no-tests', durationMs };
      return broken('configuration', `TEST_COMMAND wrote nothing that TEST_REPORTS names (${patterns.join(', ')}).`);
    }
    const texts = found.filter((each) => !isEmpty(each));
    const isCutOff = found.length > 0 && texts.length === 0;
    const cases = readCases(texts, locator(await projectFiles(root), root));
    const report = toReport(cases, { root, line, exitCode, isCutOff, durationMs, outputTail });
    return { kind: 'report', report, outputTail };
  } catch (error) {
    const detail = `The reports of the tests cannot be used: ${messageOf(error)}`;
    return { kind: 'broken', reason: 'crashed', detail, outputTail: '', durationMs: 0 };
  }
}
