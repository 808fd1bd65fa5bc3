import { existsSync } from 'node:fs';
import { link, mkdir, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { measure } from '../../../src/agent/clean/measure.ts';
import { noteProject, staleCaches } from '../../../src/agent/clean/other-projects.ts';
import { removeAll } from '../../../src/agent/clean/remove.ts';
import { takeStock } from '../../../src/agent/clean/stock.ts';
import { takeGuard } from '../../../src/state/guard.ts';
import { place } from './rig.ts';

const nothing = new Map();
const day = 86_400_000;

describe('what is ours', () => {
  test('is known by place and name; what lies beside it is left alone', async () => {
    const { config, write } = await place();
    const state = dirname(config.stateFile);
    const ours = [
      join(config.cacheFolder, 'lanes', 'fix', 'a.ts'),
      join(config.cacheFolder, 'shadow.git', 'HEAD'),
      join(config.cacheFolder, 'shadow.git.gone-12', 'HEAD'),
      join(config.runsFolder, 'task_0a1b2c3d', 'report.md'),
      ...[config.stateFile, `${config.stateFile}.bak`, `${config.stateFile}.damaged-2026-01-01T000000.000Z`],
      ...[config.baselineFile, config.logFile, `${config.logFile}.1`, join(config.executor.folder, 'token')],
    ];
    const others = [
      ...[join(config.cacheFolder, 'thesis.doc'), join(config.runsFolder, 'task_notes', 'a.md')],
      ...[join(state, 'diary.txt'), `${config.stateFile}.mine`, `${config.logFile}.old`],
    ];
    for (const path of [...ours, ...others]) await write(path);
    const { things, strange } = await takeStock(config, nothing);
    expect(strange.map(({ path }) => path)).toEqual([others[0], others[1] && dirname(others[1])]);
    const { failed } = await removeAll(things);
    expect(failed).toEqual([]);
    expect(ours.filter((path) => existsSync(path))).toEqual([]);
    expect(others.filter((path) => !existsSync(path))).toEqual([]);
  });

  test('is never reached through a link, and links in it are not followed', async () => {
    const { folder, config, write } = await place();
    const precious = join(folder, 'precious', 'file');
    await write(precious);
    await write(join(config.cacheFolder, 'lanes', 'fix', 'a.ts'));
    await symlink(dirname(precious), join(config.cacheFolder, 'lanes', 'fix', 'node_modules'));
    await symlink(dirname(precious), join(config.cacheFolder, 'reports'));
    await mkdir(dirname(config.runsFolder), { recursive: true });
    await symlink(dirname(precious), config.runsFolder);
    const { things, strange } = await takeStock(config, nothing);
    expect(things.map(({ path }) => path)).toEqual([join(config.cacheFolder, 'lanes')]);
    expect(strange.map(({ why }) => why)).toEqual(['it is a link', 'it is a link']);
    await removeAll(things);
    expect(await readFile(precious, 'utf8')).toBe('text');
    expect(existsSync(join(config.cacheFolder, 'lanes'))).toBe(false);
  });

  test('is not a cache with the state in it', async () => {
    const { folder, config } = await place();
    const inside = { ...config, stateFile: join(config.cacheFolder, 'lanes', 'state.json') };
    await mkdir(join(config.cacheFolder, 'lanes'), { recursive: true });
    const { things, strange } = await takeStock(inside, nothing);
    expect(things).toEqual([]);
    expect(strange).toEqual([{ path: config.cacheFolder, why: 'other things lie in it' }]);
    expect(folder).toBeTruthy();
  });
});

describe('removing', () => {
  test('what vanished meanwhile is gone; what was replaced by something else stays', async () => {
    const { folder, config, write } = await place();
    for (const name of ['lanes', 'reports', 'shadow.git']) await write(join(config.cacheFolder, name, 'file'));
    const { things } = await takeStock(config, nothing);
    const [lanes = '', repository = ''] = things.filter(({ kind }) => kind !== 'other cache').map(({ path }) => path);
    await rm(lanes, { recursive: true });
    await rename(repository, join(folder, 'elsewhere'));
    await symlink(join(folder, 'elsewhere'), repository);
    const { removed, failed } = await removeAll(things);
    expect(removed.map(({ kind }) => kind).sort()).toEqual(['lanes', 'other cache']);
    expect(failed).toMatchObject([{ path: repository, why: 'it was replaced meanwhile' }]);
    expect(await readdir(join(folder, 'elsewhere'))).toEqual(['file']);
  });

  test('counts what the disk gives back: a file with two names once', async () => {
    const { folder } = await place();
    await writeFile(join(folder, 'project', 'a'), Buffer.alloc(100_000, 1));
    const one = await measure(join(folder, 'project'));
    await link(join(folder, 'project', 'a'), join(folder, 'project', 'b'));
    expect((await measure(join(folder, 'project'))).bytes).toBe(one.bytes);
    expect(one.bytes).toBeGreaterThanOrEqual(100_000);
    expect(await measure(join(folder, 'nothing'))).toEqual({ bytes: 0, newestMs: 0 });
  });
});

test('caches of other projects are stale when the project is gone, or nobody has used them, and no agent runs there', async () => {
  const now = Date.now();
  const own = await place();
  const others = dirname(own.config.cacheFolder);
  const other = async (name: string, project: string, ageMs: number): Promise<string> => {
    const cacheFolder = join(others, name);
    await own.write(join(cacheFolder, 'shadow.git', 'objects', 'a'));
    await noteProject(
      { ...own.config, cacheFolder, projectRoot: project, stateFile: `${cacheFolder}.json` },
      now - ageMs,
    );
    const old = new Date(now - ageMs);
    await utimes(join(cacheFolder, 'shadow.git', 'objects'), old, old);
    return cacheFolder;
  };
  await noteProject(own.config, now);
  const gone = await other('gone-00000001', join(own.folder, 'not-there'), 0);
  const unused = await other('unused-00000002', own.folder, 61 * day);
  await other('used-00000003', own.folder, 2 * day);
  const held = await other('held-00000004', join(own.folder, 'away'), 0);
  await own.write(join(others, 'thesis-00000005', 'chapter.tex'));
  const guard = await takeGuard([`${held}.json`]);
  const found = await staleCaches(own.config, now);
  expect(found.map(({ path, why }) => [path, why])).toEqual([
    [gone, 'its project is gone'],
    [unused, 'not used for 60 days'],
  ]);
  if ('release' in guard) await guard.release();
});
