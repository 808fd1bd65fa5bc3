import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { TestRun } from '../../src/domain/tests.ts';
import { run } from '../../src/process/process.ts';
import type { TestRequest } from '../../src/runners/types.ts';
import { type Sample, sampleEnv } from './vitest-sample.ts';

/** Files by their path; undefined removes one, and \`node_modules/word\` is led to a package of that name. */
export type Edit = Readonly<Record<string, string | undefined>>;

export interface Play {
  readonly project: Sample;
  /** Begins to open what is warm, edits, then looks by what is warm and from the beginning: both must say the same. */
  compare(edit: Edit, request?: Partial<TestRequest>): Promise<'warm' | 'cold'>;
}

/** VERIFY-8: what a warm run says is what a run says that begins with nothing. */
export async function openPlay(folder: string, makeProject: () => Promise<Sample>): Promise<Play> {
  for (const word of ['first', 'second']) {
    const place = join(folder, 'packages', word);
    await mkdir(place, { recursive: true });
    await writeFile(join(place, 'package.json'), '{"name":"word","main":"./index.cjs"}');
    await writeFile(join(place, 'index.cjs'), `exports.word = '${word}';`);
  }
  const project = await makeProject();
  const { root } = project;
  const apply = async (edit: Edit): Promise<void> => {
    for (const [path, text] of Object.entries(edit)) {
      const file = join(root, path);
      if (path === 'node_modules/word' || text === undefined) await rm(file, { force: true });
      if (text === undefined) continue;
      await mkdir(dirname(file), { recursive: true });
      await (path === 'node_modules/word' ? symlink(join(folder, 'packages', text), file) : writeFile(file, text));
    }
  };
  await apply({ 'node_modules/word': 'first' });
  // A person who waits would not stand back either, on a machine that is busy.
  const env = { ...sampleEnv, TMPDIR: tmpdir() };
  const common = { env, keptFolder: join(folder, 'kept'), niceness: 0 };
  return {
    project,
    compare: async (edit, request = {}) => {
      project.runner.prepare({ root, ...common, mayBeWarm: true }, 0);
      await apply(edit);
      const scope = { kind: 'related', files: Object.keys(edit) } as const;
      const warm = await project.run(scope, { ...common, ...request, mayBeWarm: true });
      // What the tests have written is theirs in both runs.
      await apply(edit);
      const cold = await project.run(scope, { ...common, ...request });
      expect(plain(warm)).toEqual(plain(cold));
      return warm.kind === 'report' && warm.warmth !== undefined ? 'warm' : 'cold';
    },
  };
}

/** Plays these one after the other; gives the names of those at which it was warm. After each it must become so again. */
export async function playAll(
  play: Play,
  edits: readonly (readonly [string, Edit])[],
  simple: () => Edit,
): Promise<readonly string[]> {
  await play.compare(simple());
  const warm: string[] = [];
  for (const [name, edit] of edits) {
    if ((await play.compare(edit)) === 'warm') warm.push(name);
    else if ((await play.compare(simple())) === 'cold')
      expect(await play.compare(simple()), `after ${name}`).toBe('warm');
  }
  return warm;
}

/** Three parts, of which each takes every third, so that none takes long. */
export function third(edits: Readonly<Record<string, Edit>>, part: number): readonly (readonly [string, Edit])[] {
  const all = Object.entries(edits);
  const length = Math.ceil(all.length / 3);
  return all.slice(part * length, (part + 1) * length);
}

/** So many of them by chance, the same for the same seed. */
export function some(
  edits: Readonly<Record<string, Edit>>,
  count: number,
  seed: number,
): readonly (readonly [string, Edit])[] {
  const all = Object.entries(edits);
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return all[Math.floor((state / 2 ** 31) * all.length)] ?? ['none', {}];
  });
}

/** When no process has to do with a folder any more. */
export async function nothingIn(root: string): Promise<void> {
  for (;;) {
    const { stdout } = await run({ command: 'ps', args: ['-A', '-o', 'pid=,args='], cwd: '/', env: sampleEnv });
    if (!stdout.includes(root)) return;
    await sleep(100);
  }
}

/** Without times, and without the output, which names processes. */
function plain(outcome: TestRun): unknown {
  if (outcome.kind !== 'report') return { ...outcome, durationMs: 0, outputTail: '' };
  const { tests, imports: _imports, ...rest } = outcome.report;
  const sorted = [...tests].sort((one, other) => (one.id < other.id ? -1 : 1));
  return { ...rest, durationMs: 0, tests: sorted.map((test) => ({ ...test, durationMs: 0 })) };
}
