import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { contents, digest, executable, names, rig, runGit, writeFiles } from './rig.ts';

test('LAND-1, F25: a dirty tree is taken as it is; index, stash, branch, HEAD, refs and status stay', async () => {
  const project = await rig({ 'a.txt': 'a\n', 'b.txt': 'b\n', 'c.txt': 'c\n', 'd.txt': 'd\n' });
  project.write({ 'a.txt': 'stashed\n' });
  project.git('stash');
  project.write({ 'a.txt': 'staged\n', 'b.txt': 'unstaged\n', 'new.txt': 'untracked\n', 'both.txt': 'one\n' });
  project.git('add', 'a.txt', 'both.txt');
  project.write({ 'both.txt': 'two\n' });
  project.remove('c.txt');
  project.git('rm', '-q', '--cached', 'd.txt');
  const status = project.git('status', '--porcelain=v2');
  const before = digest(join(project.root, '.git'));

  const workspace = await project.open();
  const snapshot = await workspace.snapshot();
  const lane = workspace.lane('fix');
  await lane.move(snapshot);
  writeFiles(lane.root, { 'a.txt': 'mended\n' });
  const patch = await lane.takePatch(snapshot);
  await workspace.snapshot(['a.txt']);
  await workspace.ignored();
  await workspace.head();

  expect(patch?.changes.map(({ path }) => path)).toEqual(['a.txt']);
  expect(digest(join(project.root, '.git'))).toBe(before);
  expect(project.git('status', '--porcelain=v2')).toBe(status);
  expect(await names(workspace, snapshot.tree)).toEqual(['a.txt', 'b.txt', 'both.txt', 'd.txt', 'new.txt']);
  expect(await workspace.file(snapshot.tree, 'both.txt')).toEqual(Buffer.from('two\n'));
});

test('F26: without git the same, with the .gitignore honoured and node_modules never in it', async () => {
  const project = await rig(
    {
      'a.txt': 'a',
      '.gitignore': 'dist/\n',
      'dist/x.js': 'x',
      'node_modules/m/index.js': 'm',
      'p/node_modules/n/i.js': 'n',
    },
    { git: false },
  );
  const workspace = await project.open();
  const snapshot = await workspace.snapshot();
  expect(await names(workspace, snapshot.tree)).toEqual(['.gitignore', 'a.txt']);
  expect(await workspace.head()).toBeUndefined();
  expect([...(await workspace.ignored())].sort()).toEqual(['.git/', 'dist/', 'node_modules/', 'p/node_modules/']);
  expect(existsSync(join(project.root, '.git'))).toBe(false);
  expect(await workspace.snapshot()).toBe(snapshot);
  project.write({ 'b.txt': 'b' });
  project.remove('a.txt');
  const later = await workspace.snapshot(['a.txt', 'b.txt']);
  expect(await names(workspace, later.tree)).toEqual(['.gitignore', 'b.txt']);

  project.git('init', '-q');
  project.commit();
  await workspace.snapshot();
  expect(await workspace.head()).toBe(project.git('rev-parse', 'HEAD').trim());
});

test('F26: a repository without commits, and a shallow one', async () => {
  const empty = await rig({ 'a.txt': 'a' }, { commit: false });
  const fresh = await empty.open();
  expect(await fresh.head()).toBeUndefined();
  expect(await names(fresh, (await fresh.snapshot()).tree)).toEqual(['a.txt']);

  const origin = await rig({ 'a.txt': 'one' });
  origin.write({ 'a.txt': 'two' });
  origin.commit();
  const shallow = join(origin.folder, 'shallow');
  runGit(origin.folder, origin.env, ['clone', '-q', '--depth=1', `file://${origin.root}`, shallow]);
  const workspace = await origin.open({ root: shallow });
  const { tree } = await workspace.snapshot();
  expect(await workspace.file(tree, 'a.txt')).toEqual(Buffer.from('two'));
  expect(await workspace.head()).toBe(origin.git('rev-parse', 'HEAD').trim());
});

test('F26: a bare repository is refused with the reason', async () => {
  const project = await rig({ 'a.txt': 'a' });
  const bare = join(project.folder, 'bare.git');
  project.git('clone', '-q', '--bare', '.', bare);
  await expect(project.open({ root: bare })).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('no working tree'),
    remedy: expect.stringContaining('PROJECT_ROOT'),
  });
  await expect(project.open({ root: join(project.root, '.git') })).rejects.toMatchObject({ exitCode: 2 });
});

test('F27: submodules and nested repositories are left out with the reason; LFS files are bytes', async () => {
  const inner = await rig({ 'inner.txt': 'inner' });
  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n';
  const project = await rig({
    'a.txt': 'a',
    '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n',
    'x.bin': pointer,
  });
  project.git('submodule', 'add', '-q', inner.root, 'sub');
  project.commit();
  project.write({ 'nested/inside.txt': 'n' });
  runGit(join(project.root, 'nested'), project.env, ['init', '-q']);

  const workspace = await project.open();
  const snapshot = await workspace.snapshot();
  expect(await names(workspace, snapshot.tree)).toEqual(['.gitattributes', '.gitmodules', 'a.txt', 'x.bin']);
  expect(workspace.skipped()).toEqual([
    { path: 'nested', reason: 'nested repository' },
    { path: 'sub', reason: 'submodule' },
  ]);
  expect(await workspace.snapshot(['sub/inner.txt', 'nested/inside.txt'])).toBe(snapshot);
  const lane = workspace.lane('triage');
  await lane.move(snapshot);
  expect(readFileSync(join(lane.root, 'x.bin'), 'utf8')).toBe(pointer);

  // Tests may read from a submodule; whatever a fixer puts in its place is no part of a patch.
  expect(readlinkSync(join(lane.root, 'sub'))).toBe(join(project.root, 'sub'));
  expect(lane.linkedFrom).toContain(join(project.root, 'sub'));
  expect(existsSync(join(lane.root, 'nested'))).toBe(false);
  rmSync(join(lane.root, 'sub'));
  writeFiles(lane.root, { 'sub/inner.txt': 'mended', 'a.txt': 'mended' });
  expect((await lane.takePatch(snapshot))?.changes.map(({ path }) => path)).toEqual(['a.txt']);
  await lane.renew(snapshot);
  expect(readlinkSync(join(lane.root, 'sub'))).toBe(join(project.root, 'sub'));

  // Once it is files of the project, the lane has them as such.
  project.git('rm', '-q', '-f', '--cached', 'sub');
  rmSync(join(project.root, 'sub/.git'));
  project.git('add', 'sub');
  await lane.move(await workspace.snapshot());
  expect(lstatSync(join(lane.root, 'sub')).isDirectory()).toBe(true);
  writeFiles(lane.root, { 'sub/inner.txt': 'of the lane' });
  expect(readFileSync(join(project.root, 'sub/inner.txt'), 'utf8')).toBe('inner');
});

test('F28: with index.lock present everything works, and the lock stays', async () => {
  const project = await rig({ 'a.txt': 'a' });
  project.write({ '.git/index.lock': '', 'a.txt': 'changed' });
  const before = digest(join(project.root, '.git'));
  const workspace = await project.open();
  const { tree } = await workspace.snapshot();
  expect(await workspace.file(tree, 'a.txt')).toEqual(Buffer.from('changed'));
  await workspace.ignored();
  expect(await workspace.head()).toMatch(/^[0-9a-f]{40}$/);
  expect(digest(join(project.root, '.git'))).toBe(before);
});

test('F29: links are stored as links: a loop, one that leads out, a folder that became a link', async () => {
  const project = await rig({ 'a.txt': 'a', 'folder/x.txt': 'x' });
  writeFiles(project.folder, { 'outside/secret.txt': 's', 'outside/x.txt': 'other' });
  symlinkSync('loop', join(project.root, 'loop'));
  symlinkSync('.', join(project.root, 'self'));
  symlinkSync('../outside', join(project.root, 'out'));
  const workspace = await project.open();
  const first = await workspace.snapshot();
  expect(await names(workspace, first.tree)).toEqual(['a.txt', 'folder/x.txt', 'loop', 'out', 'self']);
  await workspace.lane('triage').move(first);
  expect(contents(workspace.lane('triage').root)).toEqual(contents(project.root));

  project.remove('folder');
  symlinkSync('../outside', join(project.root, 'folder'));
  const second = await workspace.snapshot();
  expect(await names(workspace, second.tree)).toEqual(['a.txt', 'folder', 'loop', 'out', 'self']);
  expect(await workspace.snapshot(['folder/x.txt', 'out/secret.txt', 'folder'])).toBe(second);
  await workspace.lane('triage').move(second);
  expect(contents(workspace.lane('triage').root)).toEqual(contents(project.root));
});

test('a file that became a folder, and back', async () => {
  const project = await rig({ a: 'file', 'b/c.txt': 'c' });
  const workspace = await project.open();
  await workspace.snapshot();
  project.remove('a', 'b');
  project.write({ 'a/inner.txt': 'i', b: 'file' });
  const second = await workspace.snapshot();
  expect(await names(workspace, second.tree)).toEqual(['a/inner.txt', 'b']);
  expect(await workspace.snapshot()).toBe(second);
  await workspace.lane('triage').move(second);
  expect(contents(workspace.lane('triage').root)).toEqual(contents(project.root));
  project.remove('a', 'b');
  project.write({ a: 'file', 'b/c.txt': 'c' });
  const third = await workspace.snapshot(['a', 'b', 'b/c.txt', 'a/inner.txt']);
  expect(await names(workspace, third.tree)).toEqual(['a', 'b/c.txt']);
});

test('F31: odd names are in snapshots and lanes', async () => {
  const project = await rig({
    'new\nline.txt': 'n',
    'tab\t"quote".txt': 'q',
    '😀 ü.txt': 'e',
    Case: '1',
    case: '2',
    '-f': 'o',
    ':(top)x': 'm',
  });
  const odd = Buffer.concat([Buffer.from(`${project.root}/`), Buffer.from([0x66, 0xff, 0xfe])]);
  writeFileSync(odd, 'latin');
  const workspace = await project.open();
  const snapshot = await workspace.snapshot();
  const lane = workspace.lane('fix');
  await lane.move(snapshot);
  expect(contents(lane.root)).toEqual(contents(project.root));
  expect(Object.keys(contents(lane.root))).toContain('f\xff\xfe');
  expect(await workspace.list(snapshot.tree)).toContain('f\ufffd\ufffd');
  expect(await workspace.file(snapshot.tree, 'new\nline.txt')).toEqual(Buffer.from('n'));
  expect(await workspace.file(snapshot.tree, ':(top)x')).toEqual(Buffer.from('m'));

  project.write({ '😀 ü.txt': 'changed', ':(top)x': 'changed' });
  const next = await workspace.snapshot(['😀 ü.txt', ':(top)x']);
  const changes = await workspace.changes(snapshot.tree, next.tree);
  expect(changes.map(({ path }) => path).sort()).toEqual([':(top)x', '😀 ü.txt']);
  expect(await workspace.diff(snapshot.tree, next.tree, { paths: [':(top)x'], limit: 1000 })).toContain('+changed');
});

test('F66: a committed file that a rule matches is in the lane, secrets in exclude files are not', async () => {
  const project = await rig({ 'a.txt': 'a', 'build/kept.js': 'k' });
  project.write({ '.gitignore': 'build/\n' });
  project.commit();
  project.write({
    'build/new.js': 'n',
    'secret.local': 's',
    'secret.global': 's',
    'sub/secret.global': 's',
    'sub/b.txt': 'b',
  });
  project.write({ '.git/info/exclude': 'secret.local\n' });
  writeFiles(project.env.HOME ?? '', { '.gitconfig': '[core]\n\texcludesFile = ~/rules\n', rules: 'secret.global\n' });
  const workspace = await project.open();
  const snapshot = await workspace.snapshot();
  const expected = ['.gitignore', 'a.txt', 'build/kept.js', 'sub/b.txt'];
  expect(await names(workspace, snapshot.tree)).toEqual(expected);
  const lane = workspace.lane('fix');
  await lane.move(snapshot);
  expect(Object.keys(contents(lane.root)).sort()).toEqual(expected);
  expect(await workspace.ignored()).toEqual(expect.arrayContaining(['secret.local', 'secret.global', 'build/new.js']));
  expect(await workspace.snapshot(['secret.local', 'secret.global', 'build/new.js'])).toBe(snapshot);
  expect(await workspace.snapshot()).toBe(snapshot);

  writeFiles(lane.root, {
    'secret.local': 'made by a model',
    'build/out.js': 'made by a build',
    'build/kept.js': 'mended',
  });
  const patch = await lane.takePatch(snapshot);
  expect(patch?.changes.map(({ path }) => path)).toEqual(['build/kept.js']);
});

test('F66: what is excluded from now on leaves the snapshot; the default global excludes count, without git too', async () => {
  const project = await rig({ 'a.txt': 'a', '.env': 'SECRET=1', 'private.key': 'k' }, { git: false });
  const workspace = await project.open();
  expect(await names(workspace, (await workspace.snapshot()).tree)).toEqual(['.env', 'a.txt', 'private.key']);
  project.write({ '.gitignore': '.env\n' });
  writeFiles(project.env.HOME ?? '', { '.config/git/ignore': '*.key\n' });
  const { tree } = await workspace.snapshot(['.gitignore']);
  expect(await names(workspace, tree)).toEqual(['.gitignore', 'a.txt']);
});

test('F67: filters, fsmonitor and hooks of the person and of the project never run; bytes are exact', async () => {
  const project = await rig({
    'unix.txt': 'a\nb\n',
    'dos.txt': 'a\r\nb\r\n',
    'mixed.txt': 'a\r\nb\n$Id$\n',
    'latin.txt': Buffer.from([0xe4, 0x0a]),
  });
  project.write({
    '.gitattributes': '* text eol=crlf filter=mark ident working-tree-encoding=UTF-16 diff=mark merge=mark\n',
  });
  const bytes = contents(project.root);
  const mark = join(project.folder, 'mark');
  const program = executable(join(project.folder, 'mark.sh'), `#!/bin/sh\necho "$0 $@" >> '${mark}'\ncat\n`);
  const hooks = join(project.folder, 'hooks');
  const hookNames = [
    'post-checkout',
    'post-index-change',
    'reference-transaction',
    'pre-commit',
    'pre-auto-gc',
    'post-commit',
  ];
  for (const folder of [hooks, join(project.root, '.git/hooks')]) {
    for (const name of hookNames) executable(join(folder, name), `#!/bin/sh\necho ${name} >> '${mark}'\n`);
  }
  const settings = `[core]
	autocrlf = true
	safecrlf = true
	fsmonitor = ${program}
	hooksPath = ${hooks}
	pager = ${program}
	sshCommand = ${program}
	attributesFile = ${project.folder}/attributes
[filter "mark"]
	clean = ${program} clean
	smudge = ${program} smudge
	process = ${program} process
	required = true
[diff]
	external = ${program}
[diff "mark"]
	command = ${program}
	textconv = ${program}
[merge "mark"]
	driver = ${program}
[init]
	templateDir = ${project.folder}/template
`;
  writeFiles(project.folder, { attributes: '* filter=mark\n' });
  executable(join(project.folder, 'template/hooks/post-index-change'), `#!/bin/sh\necho template >> '${mark}'\n`);
  writeFiles(project.env.HOME ?? '', { '.gitconfig': settings });
  writeFileSync(join(project.root, '.git/config'), readFileSync(join(project.root, '.git/config'), 'utf8') + settings);

  const env = { ...project.env, GIT_DIR: '/nowhere', GIT_CONFIG_GLOBAL: join(project.folder, 'home/.gitconfig') };
  const workspace = await project.open({ env });
  const first = await workspace.snapshot();
  const lane = workspace.lane('fix');
  await lane.move(first);
  expect(contents(lane.root)).toEqual(bytes);
  writeFiles(lane.root, { 'dos.txt': 'mended\r\nb\r\n', 'new.txt': 'new\r\n' });
  const patch = await lane.takePatch(first);
  project.write({ 'unix.txt': 'changed\nb\n', 'dos.txt': 'a\r\nb\r\nc\r\n' });
  const second = await workspace.snapshot();
  const merged = patch && (await workspace.replay(patch, second));
  expect(merged?.kind).toBe('replayed');
  await workspace.diff(first.tree, second.tree, { limit: 10_000 });
  await lane.renew(second);
  await workspace.ignored();
  await workspace.head();
  expect(contents(lane.root)).toEqual(contents(project.root));
  expect(existsSync(mark)).toBe(false);
});

test('modes: the executable bit counts, also alone', async () => {
  const project = await rig({ 'run.sh': '#!/bin/sh\n' });
  const workspace = await project.open();
  const first = await workspace.snapshot();
  chmodSync(join(project.root, 'run.sh'), 0o755);
  const second = await workspace.snapshot();
  expect(await workspace.changes(first.tree, second.tree)).toEqual([
    expect.objectContaining({ path: 'run.sh', kind: 'modified', oldMode: '100644', newMode: '100755' }),
  ]);
  await workspace.lane('fix').move(second);
  expect(contents(workspace.lane('fix').root)).toEqual(contents(project.root));
});

test('the same tree is the same snapshot, whoever asks, at once and after a restart', async () => {
  const project = await rig({ 'a.txt': 'a' });
  const workspace = await project.open();
  const [one, two, three] = await Promise.all([
    workspace.snapshot(),
    workspace.snapshot(['a.txt']),
    workspace.snapshot(),
  ]);
  expect(two).toBe(one);
  expect(three).toBe(one);
  project.write({ 'a.txt': 'b' });
  const other = await workspace.snapshot();
  expect(other.tree).not.toBe(one?.tree);
  await workspace.close();
  const again = await project.open();
  expect(await again.snapshot()).toEqual(other);
  project.write({ 'a.txt': 'a' });
  expect(await again.snapshot()).toEqual(one);
});

test('named paths: only these are looked at; folders, deletions and paths outside', async () => {
  const project = await rig({ 'a.txt': 'a', 'b.txt': 'b', 'folder/x.txt': 'x', 'folder/y.txt': 'y' });
  const workspace = await project.open();
  const first = await workspace.snapshot();
  project.write({ 'a.txt': 'A', 'b.txt': 'B', 'folder/z.txt': 'z' });
  project.remove('folder/x.txt');
  const second = await workspace.snapshot(['a.txt', 'folder', '../outside', '/etc/passwd']);
  expect(await names(workspace, second.tree)).toEqual(['a.txt', 'b.txt', 'folder/y.txt', 'folder/z.txt']);
  expect(await workspace.file(second.tree, 'b.txt')).toEqual(Buffer.from('b'));
  expect(await workspace.file(second.tree, 'a.txt')).toEqual(Buffer.from('A'));
  expect(await workspace.snapshot([])).toBe(second);
  project.remove('folder');
  const third = await workspace.snapshot(['folder']);
  expect(await names(workspace, third.tree)).toEqual(['a.txt', 'b.txt']);
  expect((await workspace.snapshot()).tree).not.toBe(third.tree);
  expect(first.tree).not.toBe(second.tree);
});

test("the agent's own folders and the temporary files of a landing are never in it", async () => {
  const project = await rig({ 'a.txt': 'a', 'automation/state/state.json': '{}', 'automation/start.ts': 's' });
  project.write({ 'automation/logs/x.log': 'l', 'cache [1]/x': 'c', '.mendwatch-0123456789abcdef-new': 'n' });
  const agentFolders = ['automation/state', 'automation/logs', 'cache [1]'].map((name) => join(project.root, name));
  const workspace = await project.open({ agentFolders, cacheFolder: join(project.root, 'own-cache') });
  const snapshot = await workspace.snapshot();
  expect(await names(workspace, snapshot.tree)).toEqual(['a.txt', 'automation/start.ts']);
  expect(await workspace.snapshot(['automation', 'own-cache', 'cache [1]/x'])).toBe(snapshot);
  expect(await workspace.ignored()).toEqual(expect.arrayContaining(['automation/logs/', 'cache [1]/', 'own-cache/']));
});

test('a part of a larger repository: the rules above it count, and a home folder under git does not swallow it', async () => {
  const outer = await rig({
    '.gitignore': '*.log\n/packages/app/out\n',
    'packages/app/a.txt': 'a',
    'packages/lib/l.txt': 'l',
  });
  outer.write({ 'packages/app/x.log': 'x', 'packages/app/out/o.js': 'o', 'packages/app/new.txt': 'n' });
  const workspace = await outer.open({ root: join(outer.root, 'packages/app') });
  const snapshot = await workspace.snapshot();
  expect(await names(workspace, snapshot.tree)).toEqual(['a.txt', 'new.txt']);
  expect(await workspace.head()).toBe(outer.git('rev-parse', 'HEAD').trim());
  const lane = workspace.lane('fix');
  await lane.move(snapshot);
  writeFiles(lane.root, { 'y.log': 'y', 'out/p.js': 'p', 'b.txt': 'b' });
  expect((await lane.takePatch(snapshot))?.changes.map(({ path }) => path)).toEqual(['b.txt']);

  const home = await rig({ '.gitignore': '*\n' }, { commit: false });
  home.write({ 'code/app/a.txt': 'a' });
  const inside = await home.open({ root: join(home.root, 'code/app') });
  expect(await names(inside, (await inside.snapshot()).tree)).toEqual(['a.txt']);
  expect(await inside.head()).toBeUndefined();
});

test('a linked worktree of the person is a project like any other', async () => {
  const project = await rig({ 'a.txt': 'a' });
  const tree = join(project.folder, 'linked');
  project.git('worktree', 'add', '-q', tree);
  writeFiles(tree, { 'b.txt': 'b', 'secret.local': 's' });
  project.write({ '.git/info/exclude': 'secret.local\n' });
  const before = digest(join(project.root, '.git'));
  const workspace = await project.open({ root: tree });
  expect(await names(workspace, (await workspace.snapshot()).tree)).toEqual(['.git', 'a.txt', 'b.txt'].slice(1));
  expect(digest(join(project.root, '.git'))).toBe(before);
});

test('files that come, go and cannot be read while the snapshot is taken', async () => {
  const files = Object.fromEntries(Array.from({ length: 300 }, (_, number) => [`f${number}.txt`, `${number}`]));
  const project = await rig(files, { commit: false });
  const workspace = await project.open();
  project.write({ 'locked.txt': 'l' });
  chmodSync(join(project.root, 'locked.txt'), 0);
  const script = `
    const fs = require('node:fs');
    process.send('up');
    for (let n = 0; ; n += 1) {
      const name = 'churn' + (n % 7) + '.txt';
      fs.writeFileSync(name, String(n));
      if (n % 3) fs.rmSync(name, { force: true });
    }`;
  const { fork } = await import('node:child_process');
  writeFiles(project.folder, { 'churn.cjs': script });
  const churn = fork(join(project.folder, 'churn.cjs'), { cwd: project.root, env: {}, execArgv: [] });
  const ended = new Promise((resolve) => churn.once('exit', resolve));
  try {
    await new Promise((resolve) => churn.once('message', resolve));
    for (let round = 0; round < 5; round += 1) {
      const { tree } = await workspace.snapshot();
      expect((await workspace.list(tree)).length).toBeGreaterThanOrEqual(300);
    }
  } finally {
    churn.kill('SIGKILL');
    await ended;
  }
  const { tree } = await workspace.snapshot();
  const lockedIsRead = process.getuid?.() === 0;
  expect(workspace.skipped()).toEqual(lockedIsRead ? [] : [{ path: 'locked.txt', reason: 'unreadable' }]);
  chmodSync(join(project.root, 'locked.txt'), 0o644);
  await workspace.lane('triage').move(await workspace.snapshot());
  expect(contents(workspace.lane('triage').root)).toEqual(contents(project.root));
  expect(tree).toMatch(/^[0-9a-f]{40}$/);
});

test('a save of the same size in the same second as the last one is seen', async () => {
  const project = await rig({ 'a.txt': '1' });
  const workspace = await project.open();
  for (const content of ['2', '3', '4', '5']) {
    project.write({ 'a.txt': content });
    const second = Math.floor(Date.now() / 1000);
    utimesSync(join(project.root, 'a.txt'), second, second);
    const { tree } = await workspace.snapshot(content === '4' ? ['a.txt'] : undefined);
    expect(await workspace.file(tree, 'a.txt')).toEqual(Buffer.from(content));
  }
});

test('reading: blobs, files, differences cut to a limit, ids', async () => {
  const project = await rig({ 'a.txt': 'one\n', 'folder/b.txt': 'b\n' });
  const workspace = await project.open();
  const first = await workspace.snapshot();
  project.write({ 'a.txt': 'two\n'.repeat(1000) });
  const second = await workspace.snapshot();
  const [change] = await workspace.changes(first.tree, second.tree);
  expect(change).toMatchObject({ path: 'a.txt', kind: 'modified', oldBlob: workspace.blobId(Buffer.from('one\n')) });
  expect(await workspace.blob(change?.oldBlob ?? '')).toEqual(Buffer.from('one\n'));
  expect(await workspace.file(second.tree, 'folder/b.txt')).toEqual(Buffer.from('b\n'));
  for (const path of ['missing', 'folder', 'folder/none', ''])
    expect(await workspace.file(second.tree, path)).toBeUndefined();
  const full = await workspace.diff(first.tree, second.tree, { limit: 100_000 });
  expect(full).toContain('-one\n+two\n');
  const cut = await workspace.diff(first.tree, second.tree, { limit: 200 });
  expect(cut).toContain('left out after 200 characters');
  expect(cut.startsWith(full.slice(0, 200))).toBe(true);
  expect(await workspace.diff(first.tree, second.tree, { paths: ['folder'], limit: 200 })).toBe('');
  await expect(workspace.changes('--output=/tmp/x', second.tree)).rejects.toThrow('Not the id');
  await expect(workspace.blob('0'.repeat(40))).rejects.toMatchObject({ name: 'GitError' });
});

test('a project that git holds for somebody else’s, and an index in the way of a merge', async () => {
  const project = await rig({ 'a.txt': 'base\n' });
  project.git('checkout', '-q', '-b', 'other');
  project.write({ 'a.txt': 'other\n' });
  project.commit();
  project.git('checkout', '-q', 'main');
  project.write({ 'a.txt': 'main\n' });
  project.commit();
  expect(() => project.git('merge', 'other')).toThrow();
  const workspace = await project.open();
  const { tree } = await workspace.snapshot();
  expect(await names(workspace, tree)).toEqual(['a.txt']);
  expect((await workspace.file(tree, 'a.txt'))?.toString()).toContain('<<<<<<<');
  if (process.getuid?.() === 0) execFileSync('chown', ['-R', '12345:12345', project.root]);
  const again = await project.open();
  expect((await again.snapshot()).tree).toBe(tree);
});

test('an unusable working folder name: spaces, quotes and a newline', async () => {
  const project = await rig({}, { git: false });
  const root = join(project.folder, 'odd "name"\n and \'more\'');
  mkdirSync(root);
  writeFiles(root, { 'a.txt': 'a' });
  runGit(root, project.env, ['init', '-q']);
  const workspace = await project.open({ root, cacheFolder: join(project.folder, 'cache "odd"') });
  const snapshot = await workspace.snapshot();
  await workspace.lane('fix').move(snapshot);
  expect(contents(workspace.lane('fix').root)).toEqual({ 'a.txt': 'file a' });
});
