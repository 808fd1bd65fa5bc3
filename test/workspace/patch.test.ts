import { chmodSync, cpSync, existsSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { contents, rig, runGit, writeFiles } from './rig.ts';

test('a patch holds additions, deletions, renames, binaries, modes and missing newlines; git apply gives the same bytes', async () => {
  const binary = Buffer.from(Array.from({ length: 600 }, (_, number) => number % 256));
  const project = await rig({
    'gone.txt': 'gone\n',
    'old-name.txt': 'the same\nlines\n',
    'changed.txt': 'one\ntwo\n',
    'no-newline.txt': 'end',
    'image.bin': binary,
    'run.sh': 'echo\n',
    'dos.txt': 'a\r\nb\r\n',
    'latin.txt': Buffer.from([0x61, 0xe4, 0x0a]),
    'ümlaut "q".txt': 'u\n',
    'to-link.txt': 'l\n',
  });
  const workspace = await project.open();
  const base = await workspace.snapshot();
  const lane = workspace.lane('fix');
  await lane.move(base);
  expect(await lane.takePatch(base)).toBeUndefined();

  rmSync(join(lane.root, 'gone.txt'));
  rmSync(join(lane.root, 'old-name.txt'));
  rmSync(join(lane.root, 'to-link.txt'));
  symlinkSync('changed.txt', join(lane.root, 'to-link.txt'));
  chmodSync(join(lane.root, 'run.sh'), 0o755);
  writeFiles(lane.root, {
    'new-name.txt': 'the same\nlines\n',
    'changed.txt': 'one\n2\n',
    'no-newline.txt': 'another end',
    'image.bin': Buffer.from(binary).reverse(),
    'new.bin': binary,
    'dos.txt': 'a\r\nc\r\n',
    'latin.txt': Buffer.from([0x61, 0xf6, 0x0a]),
    'ümlaut "q".txt': 'v\n',
    'deep/er/new.txt': 'n',
    'empty.txt': '',
  });
  const patch = await lane.takePatch(base);
  if (!patch) throw new Error('no patch');
  expect(patch.base).toBe(base);
  const kinds = Object.fromEntries(patch.changes.map(({ path, kind }) => [path, kind]));
  expect(kinds).toEqual({
    'changed.txt': 'modified',
    'deep/er/new.txt': 'added',
    'dos.txt': 'modified',
    'empty.txt': 'added',
    'gone.txt': 'deleted',
    'image.bin': 'modified',
    'latin.txt': 'modified',
    'new-name.txt': 'added',
    'new.bin': 'added',
    'no-newline.txt': 'modified',
    'old-name.txt': 'deleted',
    'run.sh': 'modified',
    'to-link.txt': 'modified',
    'ümlaut "q".txt': 'modified',
  });
  const change = (path: string) => patch.changes.find((one) => one.path === path);
  expect(change('gone.txt')).toMatchObject({ oldMode: '100644', newMode: '000000', newBlob: '0'.repeat(40) });
  expect(change('to-link.txt')).toMatchObject({ oldMode: '100644', newMode: '120000' });
  expect(patch.text).toContain('-two\n+2\n');
  expect(patch.text).not.toContain('\ufffd');
  expect(await workspace.changes(base.tree, patch.result.tree)).toEqual(patch.changes);

  const copy = join(project.folder, 'copy');
  cpSync(project.root, copy, { recursive: true, verbatimSymlinks: true });
  writeFileSync(join(project.folder, 'text.patch'), patch.text);
  runGit(copy, project.env, ['apply', '--whitespace=nowarn', join(project.folder, 'text.patch')]);
  expect(contents(copy)).toEqual(contents(lane.root));
  expect(contents(project.root)['gone.txt']).toBe('file gone\n');

  const again = await lane.takePatch(base);
  expect(again).toEqual(patch);
  await lane.move(patch.result);
  expect(contents(lane.root)).toEqual(contents(copy));
});

test('a model that adds an ignore rule hides nothing; what the snapshot ignores is not in the patch', async () => {
  const project = await rig({
    '.gitignore': '/out/\n*.log\n!keep.log\n',
    'src/.gitignore': 'generated/\n',
    'src/a.ts': 'a',
  });
  const workspace = await project.open({ agentFolders: [join(project.root, 'automation/state')] });
  const base = await workspace.snapshot();
  const lane = workspace.lane('fix');
  await lane.move(base);
  writeFiles(lane.root, {
    '.gitignore': '*\n',
    'src/.gitignore': '',
    'src/evil.ts': 'hidden',
    'src/generated/g.ts': 'g',
    'out/o.js': 'o',
    'src/out/o.js': 'o',
    'x.log': 'x',
    'keep.log': 'k',
    'node_modules/planted/index.js': 'p',
    'automation/state/state.json': '{}',
  });
  const patch = await lane.takePatch(base);
  expect(patch?.changes.map(({ path }) => path)).toEqual([
    '.gitignore',
    'keep.log',
    'src/.gitignore',
    'src/evil.ts',
    'src/out/o.js',
  ]);
  await lane.move(base);
  expect(await lane.takePatch(base)).toBeUndefined();
});

test('a repository that was made in the lane, in place of a file or beside it', async () => {
  const project = await rig({ 'a.txt': 'a', 'b.txt': 'b' });
  const workspace = await project.open();
  const base = await workspace.snapshot();
  const lane = workspace.lane('fix');
  await lane.move(base);
  rmSync(join(lane.root, 'a.txt'));
  for (const name of ['a.txt', 'beside']) {
    writeFiles(join(lane.root, name), { 'inner.txt': 'i' });
    runGit(join(lane.root, name), project.env, ['init', '-q']);
    runGit(join(lane.root, name), project.env, ['add', '.']);
    runGit(join(lane.root, name), project.env, ['commit', '-qm', 'inner']);
  }
  const patch = await lane.takePatch(base);
  expect(patch?.changes.map(({ path, kind }) => [path, kind])).toEqual([['a.txt', 'deleted']]);
  await lane.move(base);
  expect(contents(lane.root)).toEqual(contents(project.root));
  expect(existsSync(join(lane.root, 'beside'))).toBe(false);
});

test('a lane that stands elsewhere gives no patch', async () => {
  const project = await rig({ 'a.txt': 'a' });
  const workspace = await project.open();
  const one = await workspace.snapshot();
  project.write({ 'a.txt': 'b' });
  const two = await workspace.snapshot();
  const lane = workspace.lane('fix');
  await expect(lane.takePatch(one)).rejects.toThrow('does not stand on');
  await lane.move(two);
  await expect(lane.takePatch(one)).rejects.toThrow('does not stand on');
});
