import { join, posix } from 'node:path';
import type { TestRun } from '../../domain/tests.ts';
import { judgeRun } from '../javascript/judge-run.ts';
import type { Package } from '../javascript/packages.ts';
import { compile, type PathRules, pathRules } from '../javascript/path-rules.ts';
import { placeReporters } from '../javascript/raw-run.ts';
import { chosen, concernsJavascript, importsBy, type Reading, readProject, relatedTo } from '../javascript/related.ts';
import { inPlace, type Place, runNode } from '../javascript/run-node.ts';
import type { Runner, TestRequest } from '../types.ts';
import { asPattern, type NodeCommand } from './command.ts';
import { testFiles } from './test-files.ts';

/** Tests of one package that Node itself runs. */
export interface NodeTests {
  /** The package, relative to the root with `/`; empty is the root. */
  readonly folder: string;
  /** A path or a name on the PATH of the request. */
  readonly node: string;
  readonly version: string;
  readonly command: NodeCommand;
  /** All packages of the project. */
  readonly packages: readonly Package[];
}

interface Learned {
  /** This Node does not say which file a test is of, and the project writes tests in shared modules. */
  isSerial: boolean;
}

export function nodeTestRunner(tests: NodeTests): Runner {
  const rules = rulesOf(tests);
  const learned: Learned = { isSerial: false };
  const where = tests.folder === '' ? '' : ` in ${tests.folder}`;
  return {
    name: 'node-test',
    version: tests.version,
    description: `the test runner of Node ${tests.version}${where}`,
    wants: concernsJavascript,
    isProtected: (path) => rules.isProtected(path),
    isSettings: (path) => rules.isSettings(path),
    isTestFile: (path) => rules.isTestFile(path),
    run: (request) => inPlace(request, (place) => runTests(tests, rules, { request, place, learned })),
    prepare: () => undefined,
    close: async () => undefined,
  };
}

function rulesOf({ folder, command, version }: NodeTests): PathRules {
  const matches = testFiles(command, version);
  const isTestFile = (path: string) => {
    const inner = folder === '' ? path : path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined;
    return inner !== undefined && matches(inner);
  };
  return pathRules(isTestFile, compile([]), new Set(supportOf({ folder, command })));
}

function supportOf({ folder, command }: Pick<NodeTests, 'folder' | 'command'>): string[] {
  return command.support.map((path) => posix.join(folder, path));
}

interface Task {
  readonly request: TestRequest;
  readonly place: Place;
  readonly learned: Learned;
}

async function runTests(tests: NodeTests, rules: PathRules, task: Task): Promise<TestRun> {
  const { request, place } = task;
  const reading = await readProject(place.root, tests.packages);
  const support = supportOf(tests);
  const files = chosen(reading.files.filter(rules.isTestFile), request.scope, (changed) =>
    relatedTo(reading, { changed, rules, support, sure: true }),
  );
  if (files.length === 0) return { kind: 'no-tests', durationMs: 0 };
  return runFiles(tests, files, { ...task, reading });
}

async function runFiles(
  tests: NodeTests,
  files: readonly string[],
  task: Task & { readonly reading: Reading },
): Promise<TestRun> {
  const { request, place, learned, reading } = task;
  const { folder, node, version, command } = tests;
  const absolute = files.map((path) => join(place.root, path));
  const reporters = await placeReporters(place.reportFolder, { files: absolute });
  // It ends the processes of the tests itself, where the person wants that.
  const endsItself = command.options.includes('--test-force-exit');
  const major = Number.parseInt(version, 10);
  const args = [
    ...command.options,
    ...(endsItself ? [] : ['--require', join(reporters.folder, 'node-guard.cjs')]),
    '--test',
    `--test-reporter=${join(reporters.folder, 'node-test.mjs')}`,
    '--test-reporter-destination=stdout',
    ...(learned.isSerial ? ['--test-concurrency=1'] : []),
    ...files.map((path) => asPattern(posix.relative(folder, path), major)),
  ];
  const result = await runNode(request, place, { node, folder, args, env: command.env });
  const read = await reporters.read();
  if (read.kind === 'run' && read.run.needsSerial && !learned.isSerial) {
    learned.isSerial = true;
    return runFiles(tests, files, task);
  }
  return judgeRun({
    root: place.root,
    name: 'node-test',
    title: 'The test runner of Node',
    result,
    read,
    running: await reporters.running(),
    imports: importsBy(reading),
  });
}
