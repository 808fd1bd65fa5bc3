import type { TestResult, TestStatus } from '../../domain/tests.ts';
import { loadFailure, type ToldTest, testResults, unhandledError } from '../report/results.ts';
import { cutMiddle, messageLimit, plainText } from '../report/text.ts';
import type { GoEvents, PackageEvents, TestEvents } from './events.ts';
import type { GoPackage } from './packages.ts';

export const project = 'go';

/** The test functions of a test file that Go runs whatever is in them, and those that are run in part. */
export interface TestFunctions {
  readonly file: string;
  readonly names: readonly string[];
}

/** `func TestX(`, at the beginning of a line. Examples without an expectation are not run, so that nobody misses them. */
export function functionsIn(file: string, text: string): TestFunctions {
  const found = text.matchAll(/^func ((?:Test|Fuzz|Example|Benchmark)(?!\p{Ll})[\p{L}\p{N}_]*)\s*\(/gmu);
  return { file, names: [...found].map(([, name = '']) => name).filter((name) => name !== 'TestMain') };
}

/** A package with what its tests said. */
interface Run {
  readonly tested: GoPackage;
  readonly events: PackageEvents;
  readonly functions: readonly TestFunctions[];
  readonly root: string;
}

/** The results of all packages. `errors` is what the compiler printed. */
export function toResults(
  tested: readonly GoPackage[],
  {
    events,
    functions,
    errors,
    root,
  }: {
    readonly events: GoEvents;
    readonly functions: ReadonlyMap<string, readonly TestFunctions[]>;
    readonly errors: string;
    readonly root: string;
  },
): readonly TestResult[] {
  const told: ToldTest[] = [];
  const failures: TestResult[] = [];
  for (const each of tested) {
    const found = events.packages.get(each.importPath);
    if (found === undefined) continue;
    const run: Run = { tested: each, events: found, functions: functions.get(each.importPath) ?? [], root };
    if (found.isUnbuilt) {
      const why = plainText(buildErrors(errors, each) || 'The package cannot be built.', root);
      failures.push(...each.testFiles.map((file) => loadFailure(project, file, why)));
      continue;
    }
    const tests = [...found.tests.values()].map((test) => toTold(test, run));
    told.push(...tests);
    if (found.end === 'fail') failures.push(...outsideTests(run, tests));
  }
  return [...testResults(told), ...failures];
}

function toTold(test: TestEvents, run: Run): ToldTest {
  const status = statusOf(test, run.events);
  return {
    project,
    file: fileOf(test.name, run),
    titles: test.name.replaceAll(/\b0x[0-9a-fA-F]{6,16}\b/g, '0x…').split('/'),
    status,
    durationMs: test.elapsedMs,
    message: status === 'failed' ? messageOf(test, run) : undefined,
  };
}

/** In a package that passed every test has passed, also where its own end was not seen. */
function statusOf({ end }: TestEvents, { end: whole }: PackageEvents): TestStatus {
  if (end === undefined) return whole === 'pass' ? 'passed' : 'failed';
  return end === 'pass' ? 'passed' : end === 'skip' ? 'skipped' : 'failed';
}

function fileOf(name: string, { tested, functions }: Run): string {
  const [top = ''] = name.split('/', 1);
  return functions.find(({ names }) => names.includes(top))?.file ?? tested.testFiles[0] ?? tested.folder;
}

function messageOf(test: TestEvents, { events, root }: Run): string {
  const own = printed(test.output);
  const inner = [...events.tests.values()].filter(
    ({ name, end }) => end === 'fail' && name.startsWith(`${test.name}/`),
  );
  const parts = [own];
  if (test.end === undefined) parts.unshift(`The test did not finish. ${printed(events.output)}`.trim());
  else if (own === '' && inner.length > 0) parts.push(`Failed inside: ${inner.map(({ name }) => name).join(', ')}`);
  const text = plainText(parts.filter((part) => part !== '').join('\n'), root);
  return cutMiddle(text === '' ? 'The test failed without a message.' : text, messageLimit);
}

/** What was printed, without the lines that only say which test it belongs to. */
function printed(output: string): string {
  return output
    .split('\n')
    .filter(
      (line) =>
        !/^\s*(?:=== (?:RUN|PAUSE|CONT|NAME)\b|--- (?:PASS|FAIL|SKIP): |FAIL\t|FAIL$|PASS$|ok {2}\t)/.test(line),
    )
    .map((line) => line.replace(/^ {4}/, ''))
    .join('\n')
    .trim();
}

/**
 * A package that failed otherwise than by its tests. Where tests never began (a panic, an exit), their files are as good as
 * not loaded: else nobody would miss them.
 */
function outsideTests({ tested, events, functions, root }: Run, tests: readonly ToldTest[]): readonly TestResult[] {
  const why = plainText(printed(events.output) || lastOf(events), root);
  const missing = functions.filter(({ names }) =>
    names.some((name) => /^(?:Test|Fuzz)/.test(name) && !events.tests.has(name)),
  );
  const wasEnded = tests.length === 0 || [...events.tests.values()].some(isTorn);
  if (wasEnded && missing.length > 0) {
    return missing.map(({ file }) => loadFailure(project, file, `Not all of its tests were run. ${why}`));
  }
  if (tests.some(({ status }) => status === 'failed')) return [];
  const [file = tested.folder] = tested.testFiles;
  return [unhandledError(project, file, why === '' ? 'The package failed although its tests passed.' : why)];
}

function isTorn({ end, output }: TestEvents): boolean {
  return end === undefined || /^panic: |^fatal error: /m.test(output);
}

function lastOf({ tests }: PackageEvents): string {
  const torn = [...tests.values()].find(isTorn);
  return torn === undefined ? '' : `${torn.name}: ${printed(torn.output)}`;
}

/** The compiler's words about a package, else about what it imports, else all of them. */
function buildErrors(errors: string, { importPath, imports, testImports }: GoPackage): string {
  const blocks = errors.split(/^(?=# )/m).map((text) => ({ name: /^# (?:\[)?([^\s\]]+)/.exec(text)?.[1] ?? '', text }));
  const of = (paths: readonly string[]): string =>
    [...new Set(blocks.filter(({ name }) => paths.includes(name)).map(({ text }) => text.replace(/^# .*\n/gm, '')))]
      .join('')
      .trim();
  const own = [importPath, `${importPath}_test`, `${importPath}.test`];
  return of(own) || of([...imports, ...testImports]) || of(blocks.map(({ name }) => name)) || errors.trim();
}
