import { realpathSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestReport, TestRun } from '../../domain/tests.ts';
import { run } from '../../process/process.ts';
import type { ProcessResult } from '../../process/types.ts';
import { mattersTo } from '../foreign.ts';
import { inTime, inTurn, oneRun, type SharedTime, underLimit } from '../in-turn.ts';
import { type Broken, disagreement, earlyEnd, tailOf } from '../report/ends.ts';
import type { Runner, TestRequest } from '../types.ts';
import { judgeGo, type Outcome } from './judge.ts';
import { folderOf, type GoModule } from './modules.ts';
import { type GoPackage, listArguments, readListed } from './packages.ts';
import { importsOf, relatedPackages } from './related.ts';
import { isProtected, isSettings, isTestFile } from './rules.ts';
import { functionsIn, project, type TestFunctions } from './to-report.ts';

/** Every line that a test prints has an event around it. */
const outputLimitBytes = 128 * 1024 * 1024;
const keptErrorBytes = 256 * 1024;

type Ran = Extract<Outcome, { kind: 'ran' }>;
interface Errand extends TestRequest {
  /** The person's own tree. */
  readonly home: string;
  readonly time: SharedTime;
}

/** Runs `go test` in each module, with nothing remembered of earlier runs but what was built. */
export function goRunner(root: string, version: string, modules: readonly GoModule[]): Runner {
  const home = realpathSync(root);
  const inner = modules.map(({ folder }) => folder).filter((folder) => folder !== '');
  const where = inner.length === 0 ? '' : modules.length === 1 ? ` in ${inner[0]}` : ` in ${modules.length} modules`;
  return {
    name: 'go',
    version,
    description: `go test${where} (go ${version})`,
    wants: (path) => mattersTo('go', path),
    isProtected,
    isSettings,
    isTestFile,
    prepare: () => {},
    close: async () => {},
    run: (request) => runModules(modules, { ...request, home }),
  };
}

function runModules(
  modules: readonly GoModule[],
  { home, ...request }: TestRequest & Pick<Errand, 'home'>,
): Promise<TestRun> {
  return inTime(request, async (time) => {
    const errand: Errand = { ...request, root: await realpath(request.root), home, time };
    const listed = await listAll(modules, errand);
    if (listed.kind === 'cancelled') return listed;
    if (listed.kind === 'broken') return { ...listed, durationMs: time.spentMs() };
    const { packages } = listed;
    const tested = chosen(errand.scope, packages, modules);
    const done = await inTurn(modules, async (module) => {
      const own = tested.filter((each) => each.module === module);
      return own.length === 0 ? undefined : testModule(module, own, errand);
    });
    if ('kind' in done) return done;
    return oneRun(done, { ...reportOf(done), imports: importsOf(tested, packages) }, errand);
  });
}

async function listAll(
  modules: readonly GoModule[],
  errand: Errand,
): Promise<{ kind: 'listed'; packages: readonly GoPackage[] } | Broken | { kind: 'cancelled' }> {
  const packages: GoPackage[] = [];
  for (const module of modules) {
    const result = await go(module, listArguments, errand);
    const { end, durationMs } = result;
    if (end.kind === 'cancelled') return { kind: 'cancelled' };
    const listed = await readListed(result, errand.root, module);
    if ('problem' in listed) {
      const place = module.folder === '' ? '' : ` of ${module.folder}`;
      const [reason, detail]: readonly [Broken['reason'], string] =
        end.kind === 'exited'
          ? ['configuration', `go list could not read the packages${place}: ${listed.problem.slice(0, 500)}`]
          : earlyEnd(end, 'go list');
      return { kind: 'broken', reason, detail, outputTail: tailOf(result, errand.root), durationMs };
    }
    packages.push(...listed.packages);
  }
  return { kind: 'listed', packages };
}

function chosen(
  scope: TestRequest['scope'],
  packages: readonly GoPackage[],
  modules: readonly GoModule[],
): readonly GoPackage[] {
  if (scope.kind === 'related') return relatedPackages(scope.files, packages, modules);
  const withTests = packages.filter(({ testFiles }) => testFiles.length > 0);
  if (scope.kind === 'all') return withTests;
  // A package is built and run as one.
  const folders = new Set(scope.files.filter(isTestFile).map(folderOf));
  return withTests.filter(({ folder }) => folders.has(folder));
}

async function testModule(module: GoModule, tested: readonly GoPackage[], errand: Errand): Promise<Outcome> {
  const { root } = errand;
  const functions = new Map(
    await Promise.all(tested.map(async (each) => [each.importPath, await scan(each, root)] as const)),
  );
  const names = tested.map(({ folder }) => `./${folder.slice(module.folder === '' ? 0 : module.folder.length + 1)}`);
  // Without the count a result of an earlier run may be given; a first failure must not hide the others.
  const result = await go(module, ['test', '-json', '-count=1', '-failfast=false', ...names], errand);
  const outcome = judgeGo(result, tested, { functions, root });
  const contradiction = outcome.kind === 'ran' ? disagreement(reportOf([outcome]), 'go test') : undefined;
  if (outcome.kind !== 'ran' || contradiction === undefined) return outcome;
  const { outputTail } = outcome;
  return { kind: 'broken', reason: 'disagrees', detail: contradiction, outputTail, durationMs: result.durationMs };
}

async function scan({ testFiles }: GoPackage, root: string): Promise<readonly TestFunctions[]> {
  return Promise.all(
    testFiles.map(async (file) => functionsIn(file, await readFile(join(root, file), 'utf8').catch(() => ''))),
  );
}

async function go(module: GoModule, args: readonly string[], errand: Errand): Promise<ProcessResult> {
  const { root, time, signal, niceness } = errand;
  const result = await run({
    command: 'go',
    args,
    cwd: join(root, module.folder),
    env: environmentOf(module, errand),
    stdout: { kind: 'collect', limitBytes: outputLimitBytes },
    stderr: { kind: 'collect', limitBytes: keptErrorBytes },
    outputLimitBytes,
    timeoutMs: time.leftMs(),
    signal,
    lowPriority: niceness ?? true,
  });
  return underLimit(result, time);
}

/** As the person has it; what names a file of the person's tree names the lane's. */
function environmentOf({ isAlone }: GoModule, { env, home, root }: Errand): Record<string, string> {
  const led = Object.fromEntries(
    ['GOWORK', 'GOFLAGS'].flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value.replaceAll(home, root)]];
    }),
  );
  return { ...env, ...led, ...(isAlone ? { GOWORK: 'off' } : {}) };
}

function reportOf(done: readonly Ran[]): TestReport {
  return {
    runner: project,
    tests: done.flatMap(({ tests }) => tests),
    files: [...new Set(done.flatMap(({ files }) => files))].sort(),
    imports: {},
    durationMs: 0,
    exitCode: Math.max(0, ...done.map(({ exitCode }) => exitCode)),
  };
}
