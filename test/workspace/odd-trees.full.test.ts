import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { contents, names, type Rig, rig, writeFiles } from './rig.ts';

const mebi = 1024 * 1024;

test('F31: a file 200 folders deep is a file like any other', async () => {
  const deep = `${'folder/'.repeat(200)}deep.txt`;
  const project = await rig({ 'a.txt': 'a', [deep]: 'deep' });
  const workspace = await project.open();
  const first = await workspace.snapshot();
  const lane = workspace.lane('fix');
  await lane.renew(first);
  expect(contents(lane.root)).toEqual(contents(project.root));
  writeFiles(lane.root, { [deep]: 'mended' });
  expect((await lane.takePatch(first))?.changes.map(({ path }) => path)).toEqual([deep]);
  project.write({ [deep]: 'changed' });
  expect((await workspace.snapshot([deep])).tree).toBe((await workspace.snapshot()).tree);
});

/** Folders in folders with a file in each, made from inside: as a whole, the last paths are longer than any call takes. */
function digDown(project: Rig, folder: string, count: number): void {
  const script = `const fs = require('node:fs');
for (let at = 0; at < ${count}; at++) {
  fs.mkdirSync('${folder}');
  process.chdir('${folder}');
  fs.writeFileSync('f.txt', String(at));
}`;
  execFileSync(process.execPath, ['-e', script], { cwd: project.root });
  onTestFinished(() => void execFileSync('rm', ['-rf', join(project.root, folder)]));
}

test.each([200, 7])(
  'F31: paths too long for the system are left out and named, nothing else (folders of %i)',
  async (length) => {
    const folder = 'x'.repeat(length);
    const project = await rig({ 'a.txt': 'a' });
    digDown(project, folder, Math.ceil(4_500 / (length + 1)));
    const workspace = await project.open();
    const snapshot = await workspace.snapshot();
    const inside = (await names(workspace, snapshot.tree)).map((path) => path.length);
    expect(Math.max(...inside)).toBeLessThanOrEqual(3_000);
    expect(Math.max(...inside)).toBeGreaterThan(3_000 - length - 8);
    const skipped = workspace.skipped();
    expect(skipped.length).toBeGreaterThan(0);
    expect(skipped.every(({ path, reason }) => reason === 'path too long' && path.length > 3_000)).toBe(true);

    const lane = workspace.lane('fix');
    await lane.renew(snapshot);
    writeFiles(lane.root, { 'a.txt': 'mended' });
    expect((await lane.takePatch(snapshot))?.changes.map(({ path }) => path)).toEqual(['a.txt']);
    await lane.renew(snapshot);
    await lane.move(await workspace.snapshot(['a.txt']));
  },
);

test('a folder that nobody may read is named', async () => {
  const project = await rig({ 'a.txt': 'a' });
  project.write({ 'closed/b.txt': 'b' });
  chmodSync(join(project.root, 'closed'), 0);
  onTestFinished(() => chmodSync(join(project.root, 'closed'), 0o755));
  const workspace = await project.open();
  await workspace.snapshot();
  const isRead = process.getuid?.() === 0;
  expect(workspace.skipped()).toEqual(isRead ? [] : [{ path: 'closed', reason: 'unreadable' }]);
});

test('WATCH-5: 10,000 files in one folder: a change of one costs no more than elsewhere', async () => {
  const files = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`all/${at}.txt`, `${at}`]));
  const project = await rig(files, { commit: false });
  const workspace = await project.open();
  const before = process.memoryUsage().heapUsed;
  const lane = workspace.lane('triage');
  await lane.renew(await workspace.snapshot());
  project.write({ 'all/77.txt': 'changed', 'all/new.txt': 'new' });
  project.remove('all/78.txt');
  const next = await workspace.snapshot(['all/77.txt', 'all/new.txt', 'all/78.txt']);
  await lane.move(next);
  expect(await workspace.list(next.tree)).toHaveLength(10_000);
  expect(readFileSync(join(lane.root, 'all/77.txt'), 'utf8')).toBe('changed');
  expect(contents(lane.root)).toEqual(contents(project.root));
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 * mebi);
});

test('of large files that a lane is brought up with, one at a time is in memory', async () => {
  const names = Array.from({ length: 24 }, (_, at) => `${at}.bin`);
  const bytes = 8 * mebi;
  const contentOf = (fill: number) => Object.fromEntries(names.map((name) => [name, new Uint8Array(bytes).fill(fill)]));
  const project = await rig(contentOf(1));
  const workspace = await project.open();
  const lane = workspace.lane('triage');
  await lane.ready(await workspace.snapshot());
  project.write(contentOf(2));
  const snapshot = await workspace.snapshot();
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const look = setInterval(() => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }, 1);
  await lane.move(snapshot);
  clearInterval(look);
  expect(most).toBeLessThan((names.length / 2) * bytes);
  expect(readFileSync(join(lane.root, '9.bin')).equals(readFileSync(join(project.root, '9.bin')))).toBe(true);
});
