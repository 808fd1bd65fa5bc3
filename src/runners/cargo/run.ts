import { join } from 'node:path';
import type { TestReport, TestResult, TestRun } from '../../domain/tests.ts';
import { disagreement } from '../report/ends.ts';
import { testResults } from '../report/results.ts';
import { type Build, build } from './build.ts';
import { type FoundDocTests, findDocTests, runDocTests } from './doc-tests.ts';
import { runPrograms } from './programs.ts';
import type { Ended } from './session.ts';
import { importsOf } from './sources.ts';
import type { Work } from './work.ts';
import { keyOf } from './workspace.ts';

/** Everything is built before anything runs, so that nothing that runs can have a hand in what is built. */
export async function runSelected(work: Work): Promise<TestRun> {
  const { session, workspace, kept } = work;
  await kept.open(join(session.root, workspace.folder));
  const built = await buildAll(work);
  kept.noteBuilt();
  if (built.kind === 'ended') return built.run;
  try {
    return await runBuilt(work, built);
  } finally {
    await kept.close();
  }
}

interface Ready {
  readonly kind: 'ready';
  readonly build: Build;
  readonly docs: FoundDocTests;
}

async function buildAll({ session, workspace, selection }: Work): Promise<Ready | Ended> {
  const built = await build(session, workspace);
  if (built.kind === 'ended') return built;
  const crates = workspace.crates.filter(({ folder }) => selection.docs.has(folder) && !built.broken.has(folder));
  const docs = await findDocTests(session, workspace, crates);
  return docs.kind === 'ended' ? docs : { kind: 'ready', build: built, docs };
}

async function runBuilt(work: Work, { build: built, docs }: Ready): Promise<TestRun> {
  const { session, workspace, selection } = work;
  const ran = await runPrograms(work, built);
  if (ran.kind === 'ended') return ran.run;
  const examples = await runDocTests(session, workspace, docs.found);
  if (examples.kind === 'ended') return examples.run;
  const targets = workspace.crates
    .flatMap((crate) => crate.targets)
    .filter((each) => selection.targets.has(keyOf(each)));
  const wanted = new Set(targets.map(({ file }) => file));
  const loads = built.failures.filter(({ file }) => wanted.has(file));
  const failures: readonly TestResult[] = [...loads, ...ran.failures, ...docs.failures, ...examples.failures];
  const tests = [...testResults([...ran.told, ...examples.told]), ...failures];
  if (tests.length === 0) return { kind: 'no-tests', durationMs: session.durationMs };
  const files = [...ran.files, ...docs.found.map(({ crate }) => crate.doc), ...failures.map(({ file }) => file)];
  const report: TestReport = {
    runner: 'cargo',
    tests,
    files: [...new Set(files)].sort(),
    imports: await importsOf(built, workspace, { root: session.root, ran: selection.targets }),
    durationMs: session.durationMs,
    exitCode: failures.length > 0 ? 101 : Math.max(ran.exitCode, examples.exitCode),
  };
  const contradiction = disagreement(report, 'Cargo');
  if (contradiction !== undefined) return session.broken('disagrees', contradiction, ran.tail).run;
  return { kind: 'report', report, outputTail: ran.tail === '' ? built.tail : ran.tail };
}
