import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { contents, digest, executable, type Rig, rig, writeFiles } from './rig.ts';

/** As npm lays out workspaces: a link to each package at the top, and links to their programs. */
async function monorepo(): Promise<Rig> {
  const project = await rig({
    '.gitignore': 'node_modules/\ndist/\n.env.test\n',
    'package.json': '{"workspaces":["packages/*"]}',
    'packages/a/package.json': '{"name":"@ws/a","main":"index.js","bin":{"a-tool":"bin.js"}}',
    'packages/a/index.js': "module.exports = 'a of the project'",
    'packages/b/package.json': '{"name":"b"}',
    'packages/b/index.js': "console.log(require('@ws/a'), require('ext'), require('own'))",
  });
  executable(join(project.root, 'packages/a/bin.js'), "#!/usr/bin/env node\nconsole.log(require('./index.js'))\n");
  project.commit();
  writeFiles(project.root, {
    'node_modules/ext/index.js': "module.exports = 'ext'",
    'node_modules/ext/package.json': '{"name":"ext"}',
    'node_modules/@scope/pkg/index.js': '1',
    'node_modules/.package-lock.json': '{"lock":1}',
    'node_modules/.cache/x': 'c',
    'node_modules/.vitest-temp/x': 'c',
    'node_modules/.pnpm/lock.yaml': 'p',
    'packages/b/node_modules/own/index.js': "module.exports = 'own'",
    'packages/a/dist/out.js': 'built',
    '.env.test': 'KEY=1',
  });
  executable(join(project.root, 'node_modules/ext/cli.js'), "#!/usr/bin/env node\nconsole.log('ext cli')\n");
  mkdirSync(join(project.root, 'node_modules/.bin'));
  mkdirSync(join(project.root, 'node_modules/@ws'));
  symlinkSync('../ext/cli.js', join(project.root, 'node_modules/.bin/ext'));
  symlinkSync('../@ws/a/bin.js', join(project.root, 'node_modules/.bin/a-tool'));
  symlinkSync('../../packages/a', join(project.root, 'node_modules/@ws/a'));
  symlinkSync('../packages/b', join(project.root, 'node_modules/b'));
  symlinkSync('..', join(project.root, 'node_modules/self'));
  symlinkSync('../nowhere', join(project.root, 'node_modules/dangling'));
  return project;
}

test('node_modules: links to the originals, workspace packages and their programs from the lane, no caches', async () => {
  const project = await monorepo();
  const workspace = await project.open({ laneLinks: ['packages/a/dist', '.env.test', 'not/there', '../outside'] });
  const lane = workspace.lane('triage');
  const before = digest(project.root);
  await lane.move(await workspace.snapshot());
  const modules = join(lane.root, 'node_modules');
  const target = (name: string) => readlinkSync(join(modules, name));
  expect(lstatSync(modules).isDirectory()).toBe(true);
  expect(readdirSync(modules).sort()).toEqual(
    ['.bin', '.package-lock.json', '.pnpm', '@scope', '@ws', 'b', 'dangling', 'ext', 'self'].sort(),
  );
  expect(target('ext')).toBe(join(project.root, 'node_modules/ext'));
  expect(target('@scope/pkg')).toBe(join(project.root, 'node_modules/@scope/pkg'));
  expect(target('@ws/a')).toBe(join(lane.root, 'packages/a'));
  expect(target('b')).toBe(join(lane.root, 'packages/b'));
  expect(target('self')).toBe(lane.root);
  expect(target('.bin/ext')).toBe(join(project.root, 'node_modules/.bin/ext'));
  expect(target('.bin/a-tool')).toBe(join(lane.root, 'packages/a/bin.js'));
  expect(readFileSync(join(modules, '.package-lock.json'), 'utf8')).toBe('{"lock":1}');
  expect(lstatSync(join(modules, '.package-lock.json')).isFile()).toBe(true);
  expect(readlinkSync(join(lane.root, 'packages/b/node_modules/own'))).toBe(
    join(project.root, 'packages/b/node_modules/own'),
  );
  expect(realpathSync(join(lane.root, 'packages/a/dist/out.js'))).toBe(join(lane.root, 'packages/a/dist/out.js'));
  expect(readFileSync(join(lane.root, '.env.test'), 'utf8')).toBe('KEY=1');
  expect(existsSync(join(lane.root, 'not'))).toBe(false);

  writeFiles(lane.root, { 'packages/a/index.js': "module.exports = 'a of the lane'" });
  const node = (...args: string[]) => execFileSync(process.execPath, args, { cwd: lane.root, encoding: 'utf8' });
  expect(node('packages/b/index.js')).toBe('a of the lane ext own\n');
  expect(node('node_modules/.bin/a-tool')).toBe('a of the lane\n');
  expect(node('node_modules/.bin/ext')).toBe('ext cli\n');
  expect(digest(project.root)).toBe(before);
});

test('links follow what is installed, removed and re-linked; caches of the lane stay', async () => {
  const project = await monorepo();
  const workspace = await project.open({ laneLinks: ['.env.test'] });
  const lane = workspace.lane('triage');
  const snapshot = await workspace.snapshot();
  await lane.move(snapshot);
  const modules = join(lane.root, 'node_modules');
  writeFiles(modules, { '.vite/x': 'cache', 'planted/index.js': 'p' });
  rmSync(join(modules, 'ext'));
  writeFiles(modules, { 'ext/index.js': 'replaced by a test' });

  writeFiles(project.root, { 'node_modules/added/index.js': 'n', 'node_modules/@new/one/index.js': 'n' });
  rmSync(join(project.root, 'node_modules/@scope'), { recursive: true });
  rmSync(join(project.root, '.env.test'));
  rmSync(join(project.root, 'node_modules/.bin/ext'));
  await lane.move(snapshot);
  expect(readdirSync(modules).sort()).toEqual(
    ['.bin', '.package-lock.json', '.pnpm', '.vite', '@new', '@ws', 'added', 'b', 'dangling', 'ext', 'self'].sort(),
  );
  expect(readdirSync(join(modules, '.bin'))).toEqual(['a-tool']);
  expect(readdirSync(join(modules, '@new'))).toEqual(['one']);
  expect(readlinkSync(join(modules, 'ext'))).toBe(join(project.root, 'node_modules/ext'));
  expect(existsSync(join(lane.root, '.env.test'))).toBe(false);

  rmSync(join(project.root, 'packages/b'), { recursive: true });
  await lane.move(await workspace.snapshot());
  expect(existsSync(join(lane.root, 'packages/b'))).toBe(false);

  rmSync(join(project.root, 'node_modules'), { recursive: true });
  await lane.move(await workspace.snapshot());
  expect(existsSync(modules)).toBe(false);
});

test('committed node_modules are the snapshot’s; patches do not contain links', async () => {
  const project = await monorepo();
  project.git('add', '-f', 'node_modules/ext', 'node_modules/.bin/ext');
  project.commit();
  project.write({ 'test/fixtures/x/node_modules/dep/index.js': 'd' });
  project.git('add', '-f', 'test');
  project.commit();
  const workspace = await project.open({ laneLinks: ['.env.test', 'packages/a/dist'] });
  const lane = workspace.lane('fix');
  const snapshot = await workspace.snapshot();
  expect(await workspace.list(snapshot.tree)).toContain('test/fixtures/x/node_modules/dep/index.js');
  expect(await workspace.list(snapshot.tree)).not.toContain('node_modules/@scope/pkg/index.js');
  await lane.move(snapshot);
  expect(lstatSync(join(lane.root, 'node_modules/ext')).isDirectory()).toBe(true);
  expect(readlinkSync(join(lane.root, 'node_modules/.bin/ext'))).toBe('../ext/cli.js');
  expect(readlinkSync(join(lane.root, 'node_modules/@ws/a'))).toBe(join(lane.root, 'packages/a'));
  expect(await lane.takePatch(snapshot)).toBeUndefined();
  writeFiles(lane.root, {
    'node_modules/ext/index.js': 'mended',
    'node_modules/new/index.js': 'n',
    'packages/a/new.js': 'n',
  });
  expect((await lane.takePatch(snapshot))?.changes.map(({ path }) => path)).toEqual([
    'node_modules/ext/index.js',
    'packages/a/new.js',
  ]);
  await lane.renew(snapshot);
  expect(await lane.takePatch(snapshot)).toBeUndefined();
  expect(contents(join(lane.root, 'test'), [])).toEqual(contents(join(project.root, 'test'), []));
});

test('a part of a larger repository sees the packages above it', async () => {
  const project = await monorepo();
  const root = join(project.root, 'packages/b');
  const workspace = await project.open({ root });
  const lane = workspace.lane('triage');
  await lane.move(await workspace.snapshot());
  const modules = join(lane.root, 'node_modules');
  expect(readlinkSync(join(modules, 'own'))).toBe(join(root, 'node_modules/own'));
  expect(readlinkSync(join(modules, 'b'))).toBe(lane.root);
  expect(readlinkSync(join(modules, '@ws/a'))).toBe(join(project.root, 'node_modules/@ws/a'));
  const output = execFileSync(process.execPath, ['index.js'], { cwd: lane.root, encoding: 'utf8' });
  expect(output).toBe('a of the project ext own\n');
});

test('node_modules that is itself a link, and what cannot be linked', async () => {
  const project = await rig({ 'package.json': '{}', '.gitignore': 'node_modules\n' });
  writeFiles(project.folder, { 'store/ext/index.js': 'e' });
  symlinkSync('../store', join(project.root, 'node_modules'));
  const workspace = await project.open();
  const lane = workspace.lane('triage');
  await lane.move(await workspace.snapshot());
  expect(readFileSync(join(lane.root, 'node_modules/ext/index.js'), 'utf8')).toBe('e');
  writeFileSync(join(lane.root, 'node_modules/.cache-file'), 'c');
  expect(readdirSync(join(project.folder, 'store'))).toEqual(['ext']);
});

test('small ignored paths are copied, and are as in the project again at each move; large ones and environments are linked', async () => {
  const project = await rig({ '.gitignore': 'dist/\ntest.db\n.venv/\nbig/\n', 'src/a.js': 'a' });
  const big = Object.fromEntries(Array.from({ length: 2_001 }, (_, n) => [`big/${n}`, '']));
  writeFiles(project.root, { 'dist/out.js': 'built', 'test.db': 'rows', '.venv/pyvenv.cfg': '', ...big });
  const paths = ['dist', 'test.db', '.venv', 'big'];
  const workspace = await project.open({ laneLinks: paths });
  const lane = workspace.lane('triage');
  const snapshot = await workspace.snapshot();
  const before = digest(project.root);
  await lane.move(snapshot);
  const isLinked = (path: string): boolean => lstatSync(join(lane.root, path)).isSymbolicLink();
  expect(paths.map(isLinked)).toEqual([false, false, true, true]);

  writeFiles(lane.root, { 'dist/out.js': 'by a test', 'dist/more.js': 'by a test', 'test.db': 'other rows' });
  expect(digest(project.root)).toBe(before);
  await lane.move(snapshot);
  expect(contents(join(lane.root, 'dist'))).toEqual({ 'out.js': 'file built' });
  expect(readFileSync(join(lane.root, 'test.db'), 'utf8')).toBe('rows');
  writeFiles(lane.root, { 'dist/out.js': 'by a fix' });
  expect(await lane.takePatch(snapshot)).toBeUndefined();

  writeFiles(project.root, { 'dist/out.js': 'built anew' });
  rmSync(join(project.root, 'test.db'));
  rmSync(join(project.root, 'big'), { recursive: true });
  writeFiles(project.root, { 'big/one': 'is small now' });
  await lane.move(snapshot);
  expect(readFileSync(join(lane.root, 'dist/out.js'), 'utf8')).toBe('built anew');
  expect(existsSync(join(lane.root, 'test.db'))).toBe(false);
  expect(isLinked('big')).toBe(false);
});
