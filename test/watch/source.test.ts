import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { watchByFolder } from '../../src/watch/by-folder.ts';
import { watchByChokidar } from '../../src/watch/chokidar.ts';
import type { SourceOptions } from '../../src/watch/source.ts';
import { scratch } from '../rig/scratch.ts';
import { writeFiles } from '../workspace/rig.ts';

async function open(watch: typeof watchByFolder, more: Partial<SourceOptions> = {}) {
  const root = await scratch('source');
  writeFiles(root, { 'src/a.ts': 'a', 'src/deep/c.ts': 'c', 'other/x.ts': 'x', 'dist/out.js': 'o' });
  const told = new Set<string>();
  const faults: unknown[] = [];
  const source = await watch({
    root,
    watchPaths: ['.'],
    isIgnored: (path) => path === 'dist',
    onPath: (path) => told.add(path),
    onFolder: (path) => told.add(`${path}/`),
    onFault: (error) => faults.push(error),
    ...more,
  });
  onTestFinished(() => source.close());
  const until = async (...paths: string[]): Promise<void> => {
    const deadline = performance.now() + 10_000;
    while (!paths.every((path) => told.has(path))) {
      if (performance.now() > deadline) throw new Error(`Not told: ${paths.join(', ')}; but ${[...told].join(', ')}`);
      await delay(5);
    }
    told.clear();
  };
  return { root, source, told, faults, until };
}

describe.each([
  ['one watch a folder', watchByFolder],
  ['chokidar', watchByChokidar],
])('WATCH-6: %s', (_name, watch) => {
  test('tells saves, new files, deletions and what happens in new folders', async () => {
    const { root, until, faults, source } = await open(watch);
    writeFileSync(join(root, 'src/a.ts'), 'a2');
    await until('src/a.ts');
    writeFileSync(join(root, 'src/new.ts'), 'n');
    await until('src/new.ts');
    rmSync(join(root, 'src/deep/c.ts'));
    await until('src/deep/c.ts');
    mkdirSync(join(root, 'src/made/in/one/go'), { recursive: true });
    await until('src/made/');
    writeFileSync(join(root, 'src/made/in/one/go/x.ts'), 'x');
    await until('src/made/in/one/go/x.ts');
    expect([faults, source.blind]).toEqual([[], 0]);
  });

  test('follows a folder that is renamed, and one that takes its place', async () => {
    const { root, until } = await open(watch);
    renameSync(join(root, 'src'), join(root, 'lib'));
    await until('src/', 'lib/');
    writeFileSync(join(root, 'lib/deep/c.ts'), 'c2');
    await until('lib/deep/c.ts');
    mkdirSync(join(root, 'src'));
    await until('src/');
    writeFileSync(join(root, 'src/a.ts'), 'another');
    await until('src/a.ts');
  });

  test('F29: does not look behind links, nor into what is ignored', async () => {
    const { root, told, until } = await open(watch);
    const outside = await scratch('outside');
    symlinkSync(outside, join(root, 'src/out'));
    symlinkSync('.', join(root, 'src/loop'));
    await until('src/out', 'src/loop');
    writeFileSync(join(outside, 'x.ts'), 'x');
    writeFileSync(join(root, 'dist/out.js'), 'o2');
    writeFileSync(join(root, 'src/a.ts'), 'a2');
    await until('src/a.ts');
    expect([...told].filter((path) => path.startsWith('dist') || path.includes('/x.ts'))).toEqual([]);
  });

  test('looks at the watched paths alone', async () => {
    const { root, told, until } = await open(watch, { watchPaths: ['src/deep', 'other/x.ts'] });
    writeFileSync(join(root, 'src/a.ts'), 'a2');
    writeFileSync(join(root, 'other/y.ts'), 'y');
    writeFileSync(join(root, 'other/x.ts'), 'x2');
    writeFileSync(join(root, 'src/deep/c.ts'), 'c2');
    const seen = new Set(told);
    await until('src/deep/c.ts', 'other/x.ts');
    expect([...seen].filter((path) => path === 'src/a.ts' || path === 'other/y.ts')).toEqual([]);
  });
});

test('a folder that another one replaces at once: what is in it is told, or the folder once more', async () => {
  const { root, told, until } = await open(watchByFolder);
  for (let time = 0; time < 20; time++) {
    rmSync(join(root, 'src'), { recursive: true });
    mkdirSync(join(root, 'src'));
    await until('src/');
    writeFileSync(join(root, 'src/b.ts'), `${time}`);
    while (!told.has('src/b.ts') && !told.has('src/')) await delay(1);
    told.clear();
  }
});

test('F31: names of any bytes, also of folders', async () => {
  const { root, until } = await open(watchByFolder);
  const folder = Buffer.concat([
    Buffer.from(`${root}/src/`),
    Buffer.from([0xff, 0xfe]),
    Buffer.from(' new\nline "q" 🎉'),
  ]);
  mkdirSync(folder);
  await until('src/\ufffd\ufffd new\nline "q" 🎉/');
  writeFileSync(Buffer.concat([folder, Buffer.from('/x.ts')]), 'x');
  await until('src/\ufffd\ufffd new\nline "q" 🎉/x.ts');
});
