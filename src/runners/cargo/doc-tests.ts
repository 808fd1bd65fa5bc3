import { join, posix } from 'node:path';
import type { TestResult } from '../../domain/tests.ts';
import { firstProblem } from '../report/ends.ts';
import { loadFailure, type ToldTest } from '../report/results.ts';
import { plainText } from '../report/text.ts';
import { readHarness, readList } from './libtest.ts';
import type { Ended, Said, Session } from './session.ts';
import type { Crate, Workspace } from './workspace.ts';

/** The examples in the documentation of a crate, as cargo has listed them. */
export interface DocTests {
  readonly crate: Crate & { readonly doc: string };
  readonly listed: readonly string[];
}

export interface FoundDocTests {
  readonly kind: 'found';
  readonly found: readonly DocTests[];
  readonly failures: readonly TestResult[];
}

const project = 'cargo:doc';

/** Lists the examples, which also builds what they need: nothing is built any more when they run. */
export async function findDocTests(
  session: Session,
  workspace: Workspace,
  crates: readonly Crate[],
): Promise<FoundDocTests | Ended> {
  const found: DocTests[] = [];
  const failures: TestResult[] = [];
  for (const crate of crates) {
    if (!hasDoc(crate)) continue;
    const said = await ask(session, workspace, crate, ['--list', '--format', 'terse']);
    if (said.kind === 'ended') return said;
    const listed = said.code === 0 ? readList(said.stdout) : undefined;
    if (listed === undefined) failures.push(failure(session, crate, said));
    else found.push({ crate, listed });
  }
  return { kind: 'found', found, failures };
}

export interface RanDocTests {
  readonly kind: 'ran';
  readonly told: readonly ToldTest[];
  readonly failures: readonly TestResult[];
  readonly exitCode: number;
}

export async function runDocTests(
  session: Session,
  workspace: Workspace,
  all: readonly DocTests[],
): Promise<RanDocTests | Ended> {
  const told: ToldTest[] = [];
  const failures: TestResult[] = [];
  let exitCode = 0;
  for (const { crate, listed } of all) {
    if (listed.length === 0) continue;
    const said = await ask(session, workspace, crate, []);
    if (said.kind === 'ended') return said;
    exitCode = Math.max(exitCode, said.code);
    const run = readHarness({ listed, stdout: plainText(said.stdout, session.root), exitCode: said.code });
    if (run.kind === 'unfinished') {
      failures.push(loadFailure(project, crate.doc, `${run.problem}\n${said.tail}`));
      continue;
    }
    const sorted = run.tests
      .map((test) => ({ ...test, ...placeOf(test.name, inWorkspace(crate, workspace)) }))
      .sort(byPlace);
    for (const { title, status, message } of sorted) {
      told.push({ project, file: crate.doc, titles: [title], status, durationMs: 0, message });
    }
  }
  return { kind: 'ran', told, failures, exitCode };
}

function ask(session: Session, { folder }: Workspace, { spec }: Crate, rest: readonly string[]): Promise<Said | Ended> {
  const args = ['test', '--doc', '-p', spec, ...(rest.length === 0 ? [] : ['--', ...rest])];
  return session.cargo(args, join(session.root, folder), () => ` Examples of ${spec} were running.`);
}

function hasDoc(crate: Crate): crate is DocTests['crate'] {
  return crate.doc !== undefined;
}

function failure(session: Session, { doc }: DocTests['crate'], { stderr }: Said): TestResult {
  return loadFailure(project, doc, `${firstProblem(stderr)}\n${plainText(stderr, session.root).trim()}`);
}

/**
 * `src/lib.rs - add (line 7)`: the line would give the test another name at every edit above it. Cargo before 1.68 runs the
 * examples in the folder of the crate, and their paths are relative to that; here they are as later ones say them.
 *
 * @param folder of the crate, relative to the workspace
 */
function placeOf(name: string, folder: string): { readonly title: string; readonly line: number } {
  const [, title = name, line = '0'] = /^(.*) \(line (\d+)\)$/.exec(name) ?? [];
  const prefix = folder === '' || title.startsWith(`${folder}/`) ? '' : `${folder}/`;
  return { title: `${prefix}${title.replace(/ -$/, '')}`, line: Number(line) };
}

function inWorkspace({ folder }: Crate, workspace: Workspace): string {
  return posix.relative(workspace.folder, folder);
}

type Place = ReturnType<typeof placeOf>;

function byPlace(one: Place, other: Place): number {
  if (one.title !== other.title) return one.title < other.title ? -1 : 1;
  return one.line - other.line;
}
