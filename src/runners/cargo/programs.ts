import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { TestResult } from '../../domain/tests.ts';
import type { ProcessResult } from '../../process/types.ts';
import { firstProblem } from '../report/ends.ts';
import { loadFailure, type ToldTest } from '../report/results.ts';
import { plainText } from '../report/text.ts';
import type { Build, Part } from './build.ts';
import { readHarness, readList } from './libtest.ts';
import type { Ended } from './session.ts';
import type { Work } from './work.ts';
import { keyOf, type Target } from './workspace.ts';
import { readSections, type Section, writeWrapper } from './wrapper.ts';

export interface RanPrograms {
  readonly kind: 'ran';
  readonly told: readonly ToldTest[];
  readonly failures: readonly TestResult[];
  readonly files: readonly string[];
  readonly exitCode: number;
  readonly tail: string;
}

const project = 'cargo';
const shownOpen = 10;
const tailLimit = 8_000;

/** Runs what was built and is wanted, program by program; one that crashes does not keep the others from running. */
export async function runPrograms(work: Work, build: Build): Promise<RanPrograms | Ended> {
  const all = { told: [] as ToldTest[], failures: [] as TestResult[], files: [] as string[], exitCode: 0, tail: '' };
  for (const part of build.parts) {
    const ran = await runPart(work, part);
    if (ran?.kind === 'ended') return ran;
    if (ran === undefined) continue;
    all.told.push(...ran.told);
    all.failures.push(...ran.failures);
    all.files.push(...ran.files);
    all.exitCode = Math.max(all.exitCode, ran.exitCode);
    all.tail = ran.tail;
  }
  return { kind: 'ran', ...all };
}

async function runPart(work: Work, { flags, programs }: Part): Promise<RanPrograms | Ended | undefined> {
  const { session, workspace, selection, host, folder } = work;
  const targets = new Map(workspace.crates.flatMap((crate) => crate.targets).map((each) => [keyOf(each), each]));
  const wanted = new Map<string, Target>();
  for (const { program, key } of programs) {
    const target = targets.get(key);
    if (target !== undefined && selection.targets.has(key)) wanted.set(program, target);
  }
  if (wanted.size === 0) return undefined;
  const token = randomUUID();
  const script = await writeWrapper(folder, token, wanted);
  const runner = `target.${host}.runner=${JSON.stringify(['/bin/sh', script])}`;
  const args = ['test', '--no-fail-fast', '--config', runner, ...flags];
  const running = (result: ProcessResult) => runningNow(result, token, wanted);
  const said = await session.cargo(args, join(session.root, workspace.folder), running);
  if (said.kind === 'ended') return said;
  const plain = (text: string) => plainText(text, session.root);
  const sections = readSections(plain(said.stdout), plain(said.stderr), token);
  const printed = sections.map(({ stdout, stderr }) => `${stderr.trim()}\n${stdout.trim()}`.trim());
  const tail = printed.join('\n').slice(-tailLimit);
  const ran = new Map(sections.map((section) => [section.program, section]));
  if ([...wanted.keys()].some((program) => ran.get(program)?.exitCode === undefined)) {
    const detail = `Cargo ran ${ran.size} of ${wanted.size} test programs: ${firstProblem(said.stderr)}`;
    return session.broken('crashed', detail, tail);
  }
  const results = [...wanted].map(([program, target]) => resultsOf(ran.get(program), target));
  return {
    kind: 'ran',
    told: results.flatMap(({ told }) => told),
    failures: results.flatMap(({ failures }) => failures),
    files: [...wanted.values()].map(({ file }) => file),
    exitCode: said.code,
    tail,
  };
}

interface Results {
  readonly told: readonly ToldTest[];
  readonly failures: readonly TestResult[];
}

function resultsOf(section: Section | undefined, target: Target): Results {
  if (section?.exitCode === undefined) return { told: [], failures: [] };
  const { exitCode, stdout, stderr } = section;
  const { file } = target;
  const printed = `${stderr.trim()}\n${stdout.trim()}`.trim();
  if (!target.hasHarness) {
    const status = exitCode === 0 ? 'passed' : 'failed';
    const message = exitCode === 0 ? undefined : `It ended with exit code ${exitCode}.\n${printed.slice(-6_000)}`;
    return { told: [{ project, file, titles: [target.name], status, durationMs: 0, message }], failures: [] };
  }
  const listed = readList(section.list);
  const crashed = (problem: string): Results => ({
    told: [],
    failures: [loadFailure(project, file, `${problem}\n${printed.slice(-6_000)}`)],
  });
  if (listed === undefined) return crashed('The test program does not list its tests.');
  const run = readHarness({ listed, stdout, exitCode });
  if (run.kind === 'unfinished') return crashed(`${run.problem}${openNames(run.open)}`);
  const told = run.tests.map(
    ({ name, status, message }): ToldTest => ({ project, file, titles: [name], status, durationMs: 0, message }),
  );
  return { told, failures: [] };
}

function openNames(open: readonly string[]): string {
  if (open.length === 0) return '';
  const more = open.length > shownOpen ? ` and ${open.length - shownOpen} more` : '';
  return ` Not told of: ${open.slice(0, shownOpen).join(', ')}${more}.`;
}

function runningNow({ stdout, stderr }: ProcessResult, token: string, wanted: ReadonlyMap<string, Target>): string {
  const open = readSections(stdout, stderr, token).find(({ exitCode }) => exitCode === undefined);
  const file = wanted.get(open?.program ?? '')?.file;
  return file === undefined ? '' : ` Still running: ${file}.`;
}
