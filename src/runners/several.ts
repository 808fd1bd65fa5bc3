import type { Checked, TestReport, TestRun } from '../domain/tests.ts';
import type { Runner, TestRequest, TestScope } from './types.ts';

/** A runner with the folder that it is for, relative to the root with `/`; empty is the root itself. */
export interface Placed {
  readonly folder: string;
  readonly runner: Runner;
}

const tailLimit = 8_000;

/**
 * The runners of one repository as one runner. They run one after another, each the part that is its own. Where one
 * cannot run there is no report at all: half a report would call green what was not looked at.
 */
export function several(placed: readonly Placed[]): Runner {
  const [first, ...others] = placed;
  if (first === undefined) throw new Error('There is no runner');
  if (others.length === 0) return first.runner;
  const runners = placed.map(({ runner }) => runner);
  const reporters = new Map<string, Set<Placed>>();
  const any = (asks: (runner: Runner) => boolean) => runners.some(asks);
  return {
    name: [...new Set(runners.map(({ name }) => name))].join('+'),
    version: runners.map(({ name, version }) => `${name} ${version}`).join(', '),
    description: runners.map(({ description }) => description).join('; '),
    wants: (path) => placed.some((each) => isFor(each, path)),
    isProtected: (path) => any((each) => each.isProtected(path)),
    isSettings: (path) => any((each) => each.isSettings(path)),
    isTestFile: (path) => any((each) => each.isTestFile(path)),
    testsWithin: (path, text) => {
      const found = runners.flatMap((each) => each.testsWithin?.(path, text) ?? []);
      return found.length === 0 ? undefined : found.join('\n');
    },
    prepare: (where, runs) => {
      for (const runner of runners) runner.prepare(where, runs);
    },
    distrust: async (root) => {
      await Promise.all(runners.map((runner) => runner.distrust?.(root)));
    },
    close: async () => {
      await Promise.all(runners.map((runner) => runner.close()));
    },
    run: (request) => runAll(placed, request, reporters),
  };
}

async function runAll(
  placed: readonly Placed[],
  request: TestRequest,
  reporters: Map<string, Set<Placed>>,
): Promise<TestRun> {
  const startedAtMs = performance.now();
  const done: { place: Placed; run: Extract<TestRun, { kind: 'report' | 'no-tests' }> }[] = [];
  for (const place of placed) {
    const scope = scopeFor(place, request.scope, reporters);
    if (scope === undefined) continue;
    // The limit is for all of them together.
    const timeoutMs = Math.round(request.timeoutMs - (performance.now() - startedAtMs));
    if (timeoutMs <= 0) return outOfTime(place, request.timeoutMs);
    const run = await place.runner.run({ ...request, scope, timeoutMs });
    if (run.kind === 'cancelled') return run;
    if (run.kind === 'broken') return { ...run, detail: `${nameOf(place)}: ${run.detail}` };
    done.push({ place, run });
  }
  const durationMs = done.reduce((sum, { run }) => sum + durationOf(run), 0);
  const reports = done.flatMap(({ place, run }) => (run.kind === 'report' ? [{ place, ...run }] : []));
  const warmth = (['kept', 'opened'] as const).find((each) => reports.some((report) => report.warmth === each));
  if (reports.length === 0) return { kind: 'no-tests', durationMs };
  for (const { place, report } of reports) remember(place, report, reporters);
  return {
    kind: 'report',
    report: { ...united(reports.map(({ report }) => report)), durationMs },
    outputTail: reports
      .map(({ outputTail }) => outputTail.slice(-Math.floor(tailLimit / reports.length)))
      .join('\n')
      .trim(),
    ...(warmth === undefined ? {} : { warmth }),
  };
}

/** The part of a scope that is for this runner; undefined where nothing is. Test files go to whoever reported on them. */
function scopeFor(
  { folder, runner }: Placed,
  scope: TestScope,
  reporters: ReadonlyMap<string, ReadonlySet<Placed>>,
): TestScope | undefined {
  if (scope.kind === 'all') return scope;
  const files = scope.files.filter((file) => {
    const known = scope.kind === 'files' ? reporters.get(file) : undefined;
    if (known !== undefined) {
      // A problem in a test file says nothing of whose test file it is.
      const isUnclaimed = [...known].every((each) => each.runner.isCheck) && !runner.isCheck;
      return [...known].some((each) => each.runner === runner) || (isUnclaimed && runner.isTestFile(file));
    }
    return isFor({ folder, runner }, file);
  });
  return files.length === 0 ? undefined : { ...scope, files };
}

function isFor({ folder, runner }: Placed, path: string): boolean {
  return (folder === '' || path.startsWith(`${folder}/`)) && runner.wants(path);
}

function outOfTime(place: Placed, limitMs: number): TestRun {
  const detail = `${nameOf(place)}: No time was left of the ${Math.round(limitMs / 1000)} seconds for all tests.`;
  return { kind: 'broken', reason: 'timed-out', detail, outputTail: '', durationMs: limitMs };
}

function remember(place: Placed, report: TestReport, reporters: Map<string, Set<Placed>>): void {
  for (const file of new Set([...report.files, ...report.tests.map((test) => test.file)])) {
    const known = reporters.get(file) ?? new Set();
    reporters.set(file, known.add(place));
  }
}

function united(reports: readonly TestReport[]): TestReport {
  const imports: Record<string, readonly string[]> = {};
  for (const report of reports) {
    for (const [file, files] of Object.entries(report.imports)) {
      imports[file] = [...new Set([...(imports[file] ?? []), ...files])];
    }
  }
  const checked: readonly Checked[] = reports.flatMap((report) => report.checked ?? []);
  return {
    runner: [...new Set(reports.map(({ runner }) => runner))].join('+'),
    tests: reports.flatMap(({ tests }) => tests),
    files: [...new Set(reports.flatMap(({ files }) => files))].sort(),
    imports,
    ...(checked.length === 0 ? {} : { checked }),
    durationMs: 0,
    exitCode: Math.max(...reports.map(({ exitCode }) => exitCode)),
  };
}

function nameOf({ folder, runner }: Placed): string {
  return folder === '' ? runner.name : `${runner.name} in ${folder}`;
}

function durationOf(run: Extract<TestRun, { kind: 'report' | 'no-tests' }>): number {
  return run.kind === 'report' ? run.report.durationMs : run.durationMs;
}
