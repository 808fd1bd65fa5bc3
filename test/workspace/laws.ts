import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, lstatSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import { contents, type Rig, rig, runGit, writeFiles } from './rig.ts';

type Edit =
  | { readonly kind: 'write'; readonly path: string; readonly bytes: Uint8Array }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | { readonly kind: 'mode'; readonly path: string };

// Few names, so that files, folders and links meet in the same places.
const name = fc.constantFrom('a', 'b', 'ü', 'x y', 'q"\n', '.hidden');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((steps) => steps.join('/'));
const text = fc
  .array(fc.constantFrom('one\n', 'two\r\n', 'ü\n', '\n', 'end'), { maxLength: 5 })
  .map((all) => Buffer.from(all.join('')));
const bytes = fc.oneof(text, fc.uint8Array({ maxLength: 12 }));

function editsWith(target: fc.Arbitrary<string>): fc.Arbitrary<Edit[]> {
  const edit: fc.Arbitrary<Edit> = fc.oneof(
    { arbitrary: fc.record({ kind: fc.constant('write' as const), path, bytes }), weight: 5 },
    { arbitrary: fc.record({ kind: fc.constant('remove' as const), path }), weight: 2 },
    { arbitrary: fc.record({ kind: fc.constant('link' as const), path, target }), weight: 1 },
    { arbitrary: fc.record({ kind: fc.constant('mode' as const), path }), weight: 1 },
  );
  return fc.array(edit, { minLength: 1, maxLength: 8 });
}

const edits = editsWith(path);
// `git apply` itself stumbles over links that lead to themselves.
const applicableEdits = editsWith(fc.constant('nowhere'));

/** What cannot be done (a file in place of a folder, a link on the way) is done by removing what is in the way. */
function apply(root: string, all: readonly Edit[]): void {
  for (const one of all) {
    const target = join(root, one.path);
    const stats = lookAt(root, one.path);
    if (one.kind === 'mode') {
      if (stats?.isFile()) chmodSync(target, 0o755);
      continue;
    }
    if (one.kind === 'remove' && !stats) continue;
    clear(root, one.path);
    if (one.kind === 'write') writeFiles(root, { [one.path]: one.bytes });
    if (one.kind !== 'link') continue;
    writeFiles(root, { [one.path]: '' });
    rmSync(target);
    symlinkSync(one.target, target);
  }
}

function lookAt(root: string, path: string) {
  const steps = path.split('/');
  for (let count = 1; count < steps.length; count += 1) {
    if (!lstatSync(join(root, ...steps.slice(0, count)), { throwIfNoEntry: false })?.isDirectory()) return undefined;
  }
  return lstatSync(join(root, path), { throwIfNoEntry: false });
}

function clear(root: string, path: string): void {
  const steps = path.split('/');
  for (let count = 1; count <= steps.length; count += 1) {
    const at = join(root, ...steps.slice(0, count));
    const stats = lstatSync(at, { throwIfNoEntry: false });
    if (!stats) return;
    if (!stats.isDirectory() || count === steps.length) {
      rmSync(at, { recursive: true });
      return;
    }
  }
}

/** One project for all rounds: each starts from where the last one left it, which is part of the test. */
async function bothKinds(): Promise<Rig[]> {
  const tracked = await rig({ a: 'first', 'b/a': 'first' });
  const plain = await rig({ a: 'first' }, { git: false });
  return [tracked, plain];
}

const ways = fc.constantFrom('moved', 'renewed', 'ahead');

/** Whatever is in the tree, the lane has the same bytes: by a full snapshot, by named paths, after a renew, ahead of time. */
export async function lanesEqualTrees(numRuns: number): Promise<void> {
  for (const project of await bothKinds()) {
    const workspace = await project.open();
    const lane = workspace.lane('triage');
    await fc.assert(
      fc.asyncProperty(edits, edits, ways, async (inTree, inLane, how) => {
        if (how === 'ahead') await lane.ready(await workspace.snapshot());
        apply(project.root, inTree);
        const named = await workspace.snapshot(inTree.map((one) => one.path));
        const full = await workspace.snapshot();
        expect(named).toEqual(full);
        if (how !== 'ahead') apply(lane.root, inLane);
        await (how === 'renewed' ? lane.renew(full) : lane.move(full));
        expect(contents(lane.root)).toEqual(contents(project.root));
      }),
      { numRuns },
    );
  }
}

/** A patch, applied by git itself to a copy, gives the bytes of the lane. */
export async function patchesEqualLanes(numRuns: number): Promise<void> {
  const project = await rig({ a: 'one\ntwo\r\n', 'b/a': 'one\n', 'b/b': 'end' });
  const workspace = await project.open();
  const lane = workspace.lane('fix');
  let round = 0;
  await fc.assert(
    fc.asyncProperty(applicableEdits, applicableEdits, fc.boolean(), async (inTree, inLane, isAhead) => {
      // Then the files are written past the index of the lane.
      if (isAhead) await lane.ready(await workspace.snapshot());
      apply(project.root, inTree);
      const base = await workspace.snapshot();
      await lane.move(base);
      apply(lane.root, inLane);
      const patch = await lane.takePatch(base);
      if (!patch) {
        expect(contents(lane.root)).toEqual(contents(project.root));
        return;
      }
      round += 1;
      const copy = join(project.folder, `copy-${round}`);
      cpSync(project.root, copy, { recursive: true, verbatimSymlinks: true });
      // A file in place of folders that hold nothing: git removes one of them, not one within another.
      execFileSync('find', [copy, '-type', 'd', '-empty', '-not', '-path', '*/.git/*', '-delete']);
      writeFileSync(join(project.folder, 'text.patch'), patch.text);
      runGit(copy, project.env, ['apply', '--whitespace=nowarn', join(project.folder, 'text.patch')]);
      expect(contents(copy)).toEqual(contents(lane.root));
      rmSync(copy, { recursive: true });
    }),
    { numRuns },
  );
}
