import { execFile } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { temporaryPrefix } from '../../src/land/files.ts';
import { type Recovered, recoverLanding } from '../../src/land/recover.ts';
import type { RestoreInput } from '../../src/land/restore.ts';
import { mergeFile } from '../../src/workspace/merge-file.ts';
import { scratch } from '../rig/scratch.ts';
import { type Both, keep, tree, write } from './rig.ts';

const run = promisify(execFile);
const merge: RestoreInput['merge'] = (versions) => mergeFile({ PATH: process.env.PATH ?? '' }, versions);

type Text = Both & { readonly before?: string; readonly after?: string };

const files: readonly Text[] = [
  { path: 'dir/changed.ts', before: 'one\ntwo\n\n\nthree\n', after: 'one\nTWO\n\n\nthree\n' },
  { path: 'dir/added.ts', after: 'new\n' },
  { path: 'dir/deleted.ts', before: 'old\n' },
];

function side(all: readonly Text[], which: 'before' | 'after'): Record<string, string> {
  return Object.fromEntries(all.flatMap(({ path, [which]: text }) => (text === undefined ? [] : [[path, text]])));
}

interface Bench {
  readonly root: string;
  recover(): Promise<Recovered>;
}

async function bench(all: readonly Text[] = files, folder?: string, merging = merge): Promise<Bench> {
  const place = folder ?? (await scratch('recover'));
  const root = join(place, 'project');
  mkdirSync(join(root, 'dir'), { recursive: true });
  for (const { path, before } of all) if (before !== undefined) write(root, path, before);
  await keep(root, join(place, 'kept'), all);
  return { root, recover: () => recoverLanding({ root, folder: join(place, 'kept'), merge: merging }) };
}

type Stage = 'not started' | 'moved aside' | 'placed' | 'settled';

/** Brings one file into the state in which a crash may have left it. */
function bring(root: string, { path, before, after }: Text, stage: Stage): void {
  const name = join(root, 'dir', `${temporaryPrefix(path)}01234567`);
  const target = join(root, path);
  if (stage !== 'settled' && after !== undefined) write(name, '../fresh', after);
  if (after !== undefined && stage !== 'settled') renameSync(join(name, '..', 'fresh'), `${name}-new`);
  rmSync(name, { recursive: true, force: true });
  if (stage === 'not started') return;
  if (before !== undefined) renameSync(target, `${name}-old`);
  if (stage === 'moved aside') return;
  if (after !== undefined) write(root, path, after);
  if (stage === 'settled') rmSync(`${name}-old`, { force: true });
}

const stages: readonly Stage[] = ['not started', 'moved aside', 'placed', 'settled'];
type Combination = readonly [Stage, Stage, Stage];
const combinations: readonly Combination[] = stages.flatMap((a) =>
  stages.flatMap((b) => stages.map((c) => [a, b, c] as const)),
);

describe('F5: a landing that was cut short is finished or taken back, all files of it', () => {
  test('whatever each of its files had come to', async () => {
    const folder = await scratch('recover');
    const play = async (combination: Combination): Promise<void> => {
      const on = await bench(files, join(folder, combination.join(' ')));
      for (const [index, file] of files.entries()) bring(on.root, file, combination[index] ?? 'placed');
      const wasInPlace = files.every(({ path, after }) => tree(on.root)[path] === after);
      const recovered = await on.recover();
      const name = combination.join(', ');
      expect(recovered, name).toBe(wasInPlace ? 'finished' : 'rolled-back');
      expect(tree(on.root), name).toEqual(side(files, wasInPlace ? 'after' : 'before'));
      expect(await on.recover(), name).toBe(wasInPlace ? 'finished' : 'rolled-back');
    };
    await Promise.all(combinations.map(play));
  });

  test('two files of one folder that held the same: neither is taken for the other', async () => {
    const twins: readonly Text[] = ['a', 'b', 'c'].map((name) => ({
      path: `dir/${name}.ts`,
      before: 'same\n',
      after: `${name}\n`,
    }));
    for (const last of ['not started', 'moved aside', 'placed'] as const) {
      const on = await bench(twins);
      for (const [index, file] of twins.entries()) bring(on.root, file, index < 2 ? 'moved aside' : last);
      expect(await on.recover()).toBe('rolled-back');
      expect(tree(on.root)).toEqual(side(twins, 'before'));
    }
  });

  test('a new file that was written half is removed', async () => {
    const on = await bench();
    write(on.root, `dir/${temporaryPrefix('dir/changed.ts')}01234567-new`, 'one\nTW');
    expect(await on.recover()).toBe('rolled-back');
    expect(tree(on.root)).toEqual(side(files, 'before'));
  });

  test('what another landing has beside its files is left alone', async () => {
    const on = await bench();
    const other = `dir/${temporaryPrefix('dir/other.ts')}01234567-old`;
    write(on.root, other, 'old\n');
    await on.recover();
    expect(tree(on.root)).toEqual({ ...side(files, 'before'), [other]: 'old\n' });
  });

  test('killed before each single change of the disk, and in the middle of each write', async () => {
    const folder = await scratch('recover');
    const whole = { before: side(files, 'before'), after: side(files, 'after') };
    const seen = new Set<string>();
    const cut = async (killAt: number): Promise<boolean> => {
      const on = await bench(files, join(folder, String(killAt)));
      const order = files.map(({ path, before = null, after = null }) => ({ path, before, after }));
      const args = [join(import.meta.dirname, 'fixtures', 'cut-short.ts')];
      const ended = await run(process.execPath, [
        ...args,
        JSON.stringify({ root: on.root, files: order, killAt }),
      ]).then(
        ({ stdout }) => stdout,
        ({ signal }: { signal: string }) => signal,
      );
      const recovered = await on.recover();
      seen.add(`${ended} ${recovered}`);
      expect(tree(on.root), `killed at ${killAt}`).toEqual(recovered === 'finished' ? whole.after : whole.before);
      return ended === 'placed';
    };
    let isOver = false;
    for (let next = 1; !isOver; next += 4)
      isOver = (await Promise.all([0, 1, 2, 3].map((n) => cut(next + n)))).includes(true);
    expect([...seen].sort()).toEqual(['SIGKILL finished', 'SIGKILL rolled-back', 'placed finished']);
  });
});

describe('F5 F22: what the person did after the crash is not written over', () => {
  test('in other lines of a file that was placed: the fix is taken out of it', async () => {
    const on = await bench();
    for (const [index, file] of files.entries()) bring(on.root, file, index === 0 ? 'placed' : 'not started');
    write(on.root, 'dir/changed.ts', 'one\nTWO\n\n\nmine\n');
    expect(await on.recover()).toBe('rolled-back');
    expect(tree(on.root)).toEqual({ ...side(files, 'before'), 'dir/changed.ts': 'one\ntwo\n\n\nmine\n' });
  });

  test('whatever they wrote, in whichever file, at whichever stage: it is there, and the others are whole', async () => {
    const folder = await scratch('recover');
    const play = async (combination: Combination, index: number): Promise<void> => {
      const { path = '' } = files[index] ?? {};
      const name = `${combination.join(', ')}; they wrote ${path}`;
      const on = await bench(files, join(folder, name.replaceAll('/', ' ')), async () => undefined);
      for (const [at, file] of files.entries()) bring(on.root, file, combination[at] ?? 'placed');
      write(on.root, path, 'theirs\n');
      const recovered = await on.recover();
      const { [path]: theirs, ...rest } = tree(on.root);
      expect(theirs, name).toBe('theirs\n');
      const others = files.filter((_, at) => at !== index);
      expect(rest, name).toEqual(side(others, recovered === 'finished' ? 'after' : 'before'));
    };
    await Promise.all(combinations.flatMap((combination) => files.map((_, index) => play(combination, index))));
  });

  test.each(['placed', 'moved aside'] as const)(
    'what was written into the original after it was moved aside comes back (%s)',
    async (stage) => {
      const on = await bench();
      for (const file of files) bring(on.root, file, stage);
      const name = `dir/${temporaryPrefix('dir/changed.ts')}01234567-old`;
      write(on.root, name, 'typed late\n');
      expect(await on.recover()).toBe('rolled-back');
      expect(tree(on.root)).toEqual({ ...side(files, 'before'), 'dir/changed.ts': 'typed late\n' });
    },
  );

  test('the recovery is cut short itself: the next one brings it to its end', async () => {
    const on = await bench();
    for (const file of files) bring(on.root, file, 'settled');
    write(on.root, 'dir/deleted.ts', 'old\n');
    const name = join(on.root, 'dir', `${temporaryPrefix('dir/changed.ts')}01234567`);
    renameSync(join(on.root, 'dir/changed.ts'), `${name}-old`);
    write(on.root, 'dir/fresh', 'one\ntwo\n\n\nthree\n');
    renameSync(join(on.root, 'dir/fresh'), `${name}-new`);
    expect(await on.recover()).toBe('rolled-back');
    expect(tree(on.root)).toEqual(side(files, 'before'));
  });
});
