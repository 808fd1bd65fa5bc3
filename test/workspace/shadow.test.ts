import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { contents, names, rig } from './rig.ts';

/** Removes or breaks every object of the shadow repository. */
function damageObjects(cache: string, damage: (file: string) => void): void {
  const objects = join(cache, 'shadow.git/objects');
  for (const folder of readdirSync(objects)) {
    for (const name of readdirSync(join(objects, folder))) damage(join(objects, folder, name));
  }
}

test('no git on this machine: exit code 2 and what to do', async () => {
  const project = await rig({ 'a.txt': 'a' });
  const empty = join(project.folder, 'empty');
  mkdirSync(empty);
  await expect(project.open({ env: { ...project.env, PATH: empty } })).rejects.toMatchObject({
    name: 'MendwatchError',
    exitCode: 2,
    remedy: expect.stringContaining('Install git'),
  });
});

test('a shadow or an index that cannot be read is built anew, at the start and while running', async () => {
  const project = await rig({ 'a.txt': 'a', 'b.txt': 'b' });
  const shadow = join(project.cache, 'shadow.git');
  const index = join(project.cache, 'index/project');
  const damages = [
    () => rmSync(shadow, { recursive: true }),
    () => writeFileSync(join(shadow, 'HEAD'), 'nonsense'),
    () => writeFileSync(join(shadow, 'config'), '[nonsense'),
    () => writeFileSync(index, 'nonsense'),
    () => rmSync(index),
    () => rmSync(join(shadow, 'objects'), { recursive: true }),
  ];
  let count = 0;
  for (const damage of damages) {
    const first = await project.open();
    await first.snapshot();
    damage();
    project.write({ 'a.txt': `changed ${count}` });
    count += 1;
    const live = await first.snapshot();
    expect(await names(first, live.tree)).toEqual(['a.txt', 'b.txt']);
    await first.lane('triage').move(live);
    expect(contents(first.lane('triage').root)).toEqual(contents(project.root));
    damage();
    const second = await project.open();
    const snapshot = await second.snapshot();
    await second.lane('triage').move(snapshot);
    expect(contents(second.lane('triage').root)).toEqual(contents(project.root));
  }
});

test('lost or broken objects: the lane says so, and the next snapshot starts on a new repository', async () => {
  const project = await rig({ 'a.txt': 'a', 'src/b.txt': 'b' });
  for (const damage of [(file: string) => rmSync(file), (file: string) => breakFile(file)]) {
    const workspace = await project.open();
    const snapshot = await workspace.snapshot();
    damageObjects(project.cache, damage);
    await expect(workspace.lane('fix').move(snapshot)).rejects.toMatchObject({ name: 'GitError' });
    const next = await workspace.snapshot();
    await workspace.lane('fix').move(next);
    expect(contents(workspace.lane('fix').root)).toEqual(contents(project.root));
  }
});

function breakFile(file: string): void {
  const { size } = statSync(file);
  rmSync(file);
  writeFileSync(file, Buffer.alloc(size, 7));
}

test('an aborted signal ends what runs and refuses what comes', async () => {
  const project = await rig({ 'a.txt': 'a' });
  const stop = new AbortController();
  const workspace = await project.open({ signal: stop.signal });
  await workspace.snapshot();
  const running = workspace.lane('fix').move(await workspace.snapshot());
  stop.abort(new Error('the agent stops'));
  await expect(running).rejects.toThrow('the agent stops');
  await expect(workspace.snapshot()).rejects.toThrow('the agent stops');
});

test("the project's own repository may break; the shadow is not thrown away for it", async () => {
  const project = await rig({ 'a.txt': 'a' });
  const workspace = await project.open();
  const snapshot = await workspace.snapshot();
  writeFileSync(join(project.root, '.git/index'), 'nonsense');
  await expect(workspace.snapshot()).rejects.toMatchObject({
    name: 'MendwatchError',
    message: expect.stringContaining('cannot be read'),
  });
  expect(await names(workspace, snapshot.tree)).toEqual(['a.txt']);
});

test('large trees go into few packs', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 1500 }, (_, number) => [`d${number % 30}/f${number}.txt`, `${number}`.repeat(30)]),
  );
  const project = await rig(files, { commit: false });
  const workspace = await project.open();
  const snapshot = await workspace.snapshot();
  expect((await workspace.list(snapshot.tree)).length).toBe(1500);
  await workspace.lane('triage').move(snapshot);
  expect(contents(workspace.lane('triage').root)).toEqual(contents(project.root));
  expect(readdirSync(join(project.cache, 'shadow.git/objects/pack')).length).toBeLessThanOrEqual(4);
});
