import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { contents, digest, executable, names, rig, runGit, writeFiles } from './rig.ts';

test('move makes the lane equal, whatever was done to it; ignored files and caches stay', async () => {
  const project = await rig({
    '.gitignore': 'coverage/\nnode_modules/\n',
    'a.txt': 'a',
    'b.txt': 'b',
    'src/x.txt': 'x',
    'node_modules/m/i.js': 'm',
  });
  const workspace = await project.open();
  const lane = workspace.lane('triage');
  expect(workspace.lane('triage')).toBe(lane);
  const first = await workspace.snapshot();
  await lane.move(first);
  expect(existsSync(join(lane.root, '.git'))).toBe(false);

  writeFiles(lane.root, {
    'a.txt': 'changed',
    'left/over.txt': 'l',
    'coverage/c.json': 'c',
    'node_modules/.vitest/r.json': 'r',
    '.gitignore': '*\n',
    'hidden.txt': 'h',
  });
  rmSync(join(lane.root, 'b.txt'));
  renameSync(join(lane.root, 'src'), join(lane.root, 'src2'));
  symlinkSync('src2', join(lane.root, 'src'));
  mkdirSync(join(lane.root, 'empty/deep'), { recursive: true });
  runGit(lane.root, project.env, ['init', '-q']);
  runGit(lane.root, project.env, ['init', '-q', 'made-by-a-test']);
  writeFiles(lane.root, { 'made-by-a-test/file': 'f' });
  await lane.move(first);
  expect(contents(lane.root, ['node_modules', 'coverage'])).toEqual(contents(project.root));
  expect(readdirSync(lane.root).sort()).toEqual(['.gitignore', 'a.txt', 'b.txt', 'coverage', 'node_modules', 'src']);
  expect(readFileSync(join(lane.root, 'coverage/c.json'), 'utf8')).toBe('c');
  expect(readFileSync(join(lane.root, 'node_modules/.vitest/r.json'), 'utf8')).toBe('r');

  project.write({ 'src/y.txt': 'y', 'c.txt': 'c' });
  project.remove('a.txt');
  await lane.move(await workspace.snapshot());
  expect(contents(lane.root, ['node_modules', 'coverage'])).toEqual(contents(project.root));
  await lane.move(first);
  expect(Object.keys(contents(lane.root, ['node_modules', 'coverage'])).sort()).toEqual([
    ...(await names(workspace, first.tree)),
  ]);
});

test('F68: renew leaves nothing behind: ignored files, caches of packages, repositories in folders of the snapshot', async () => {
  const project = await rig({
    '.gitignore': 'coverage/\nnode_modules/\n*.log\n',
    'src/x.txt': 'x',
    'node_modules/m/i.js': 'm',
  });
  writeFiles(project.root, { 'node_modules/.vitest-cache/of-the-project': 'p', 'node_modules/.vite/deps': 'p' });
  const workspace = await project.open();
  const lane = workspace.lane('verify');
  const snapshot = await workspace.snapshot();
  await lane.renew(snapshot);
  expect(readdirSync(join(lane.root, 'node_modules'))).toEqual(['m']);

  writeFiles(lane.root, {
    'node_modules/.vitest-cache/red': 'green',
    'node_modules/.vite/red': 'green',
    'node_modules/.cache/x': 'x',
    'node_modules/planted/index.js': 'p',
    'src/node_modules/planted/index.js': 'p',
    'coverage/c.json': 'c',
    'src/out.log': 'l',
    'src/.git/config': 'c',
    '.git/config': 'c',
  });
  rmSync(join(lane.root, 'node_modules/m'));
  writeFiles(lane.root, { 'node_modules/m/i.js': 'another' });
  await lane.renew(snapshot);
  expect(contents(lane.root, [])).toEqual({
    '.gitignore': 'file coverage/\nnode_modules/\n*.log\n',
    'node_modules/m': `link ${join(project.root, 'node_modules/m')}`,
    'src/x.txt': 'file x',
  });
  expect(readdirSync(join(lane.root, 'src'))).toEqual(['x.txt']);
});

test('links that a test put in place of folders never lead us into the project', async () => {
  const project = await rig({
    '.gitignore': 'ignored\nnode_modules\n',
    'package.json': '{}',
    'packages/a/package.json': '{}',
    'packages/a/x.txt': 'x',
    'node_modules/m/i.js': 'm',
    'packages/a/node_modules/n/i.js': 'n',
    'node_modules/file.json': 'f',
  });
  const workspace = await project.open({ laneLinks: ['data/db'] });
  writeFiles(project.root, { 'ignored/data/db/x': 'x' });
  const lane = workspace.lane('fix');
  const snapshot = await workspace.snapshot();
  const before = digest(project.root);
  for (const go of [lane.move, lane.renew]) {
    await lane.move(snapshot);
    for (const path of ['node_modules', 'packages/a/node_modules', 'packages/a']) {
      rmSync(join(lane.root, path), { recursive: true });
      symlinkSync(join(project.root, path), join(lane.root, path));
    }
    symlinkSync(join(project.root, 'ignored'), join(lane.root, 'ignored'));
    await go.call(lane, snapshot);
    expect(contents(lane.root, ['node_modules', 'ignored'])).toEqual(
      contents(project.root, ['node_modules', 'ignored', '.git']),
    );
    rmSync(lane.root, { recursive: true });
    symlinkSync(project.root, lane.root);
    await go.call(lane, snapshot);
    expect(lstatSync(lane.root).isSymbolicLink()).toBe(false);
    expect(contents(lane.root, ['node_modules', 'ignored'])).toEqual(
      contents(project.root, ['node_modules', 'ignored', '.git']),
    );
  }
  expect(digest(project.root)).toBe(before);
});

test('a lane that is gone, locked, broken or closed to us is built anew', async () => {
  const project = await rig({ 'a.txt': 'a', 'src/x.txt': 'x' });
  const workspace = await project.open();
  const lane = workspace.lane('fix');
  const snapshot = await workspace.snapshot();
  const index = join(project.cache, 'index/lane-fix');
  const damages = [
    () => {},
    () => rmSync(lane.root, { recursive: true }),
    () => writeFileSync(`${index}.lock`, ''),
    () => writeFileSync(index, 'not an index'),
    () => rmSync(index),
    () => {
      writeFiles(lane.root, { 'locked/file.txt': 'f' });
      chmodSync(join(lane.root, 'locked'), 0);
      chmodSync(join(lane.root, 'src'), 0o500);
    },
  ];
  for (const damage of damages) {
    damage();
    await lane.move(snapshot);
    expect(contents(lane.root)).toEqual(contents(project.root));
  }
});

test('a new start renews a lane that a crash left in any state', async () => {
  const project = await rig({ '.gitignore': '*.log\n', 'a.txt': 'a' });
  const first = await project.open();
  const snapshot = await first.snapshot();
  await first.lane('fix').move(snapshot);
  writeFiles(first.lane('fix').root, { 'left.log': 'l', 'a.txt': 'half', 'new.txt': 'n' });
  writeFiles(project.cache, { 'index/lane-fix.lock': '', 'index/project.lock': '', 'index/once-0': '' });
  const second = await project.open();
  await second.lane('fix').move(await second.snapshot());
  expect(contents(second.lane('fix').root)).toEqual(contents(project.root));
  expect(readdirSync(join(project.cache, 'index')).sort()).toEqual(['lane-fix', 'project']);
});

test('lanes stand side by side, at different snapshots', async () => {
  const project = await rig({ 'a.txt': '1' });
  const workspace = await project.open();
  const one = await workspace.snapshot();
  project.write({ 'a.txt': '2' });
  const two = await workspace.snapshot();
  await Promise.all([
    workspace.lane('triage').move(one),
    workspace.lane('plan').move(two),
    workspace.lane('fix').renew(one),
    workspace.lane('verify').renew(two),
  ]);
  const read = (name: 'triage' | 'plan' | 'fix' | 'verify') =>
    readFileSync(join(workspace.lane(name).root, 'a.txt'), 'utf8');
  expect([read('triage'), read('plan'), read('fix'), read('verify')]).toEqual(['1', '2', '1', '2']);
});

test('F67: nothing that the snapshot or the lane configures runs when a lane moves', async () => {
  const project = await rig({ 'a.txt': 'a', '.gitattributes': '* filter=mark\n', '.lfsconfig': '[lfs]\n' });
  const workspace = await project.open();
  const lane = workspace.lane('fix');
  const snapshot = await workspace.snapshot();
  await lane.move(snapshot);
  const mark = join(project.folder, 'mark');
  runGit(lane.root, project.env, ['init', '-q']);
  executable(join(lane.root, '.git/hooks/post-checkout'), `#!/bin/sh\ntouch '${mark}'\n`);
  executable(join(lane.root, '.git/hooks/post-index-change'), `#!/bin/sh\ntouch '${mark}'\n`);
  const config = `[core]\n\tfsmonitor = "touch '${mark}'"\n[filter "mark"]\n\tsmudge = "touch '${mark}'; cat"\n\tclean = "touch '${mark}'; cat"\n`;
  writeFileSync(join(lane.root, '.git/config'), config);
  writeFiles(lane.root, { 'a.txt': 'b' });
  expect((await lane.takePatch(snapshot))?.changes.map(({ path }) => path)).toEqual(['a.txt']);
  await lane.move(snapshot);
  expect(existsSync(mark)).toBe(false);
});
