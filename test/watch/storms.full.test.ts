import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { type Files, type Rig, rig } from '../workspace/rig.ts';
import { start } from './scene.ts';

interface Told {
  readonly files?: readonly string[];
  readonly fault?: string;
  readonly watching?: number;
  readonly healthy?: boolean;
  readonly residentMb?: number;
}

interface Apart extends Rig {
  readonly process: ChildProcess;
  readonly batches: ReadonlyArray<readonly string[]>;
  readonly faults: readonly string[];
  until(fits: (told: Told) => boolean): Promise<Told>;
  /** Every file that was told since it was last asked, sorted. */
  files(): string[];
  howIsIt(): Promise<Told>;
}

/** A watcher in a process of its own. */
async function apart(files: Files, wrap: readonly string[] = [], quietMs = 100): Promise<Apart> {
  const made = await rig(files);
  const script = join(import.meta.dirname, 'fixtures', 'agent-like.ts');
  const [command = process.execPath, ...args] = [
    ...wrap,
    process.execPath,
    script,
    made.root,
    made.cache,
    String(quietMs),
  ];
  const child = spawn(command, args, {
    env: { ...made.env, TMPDIR: process.env.TMPDIR ?? '/tmp' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    child.kill('SIGCONT');
    child.stdin.end();
    await new Promise((resolve) => child.once('exit', resolve));
  });
  const facts: Told[] = [];
  const listeners = new Set<() => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    facts.push(JSON.parse(line) as Told);
    for (const listener of listeners) listener();
  });
  let taken = 0;
  let asked = 0;
  const until = (fits: (told: Told) => boolean, from = 0): Promise<Told> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = facts.slice(from).find(fits);
        if (found === undefined) return;
        listeners.delete(look);
        resolve(found);
      };
      listeners.add(look);
      look();
    });
  await until(({ watching }) => watching !== undefined);
  return {
    ...made,
    process: child,
    get batches() {
      return facts.flatMap(({ files: told }) => (told === undefined ? [] : [told]));
    },
    get faults() {
      return facts.flatMap(({ fault }) => fault ?? []);
    },
    until: (fits) => until(fits, asked),
    files: () => {
      const told = facts.slice(taken).flatMap((fact) => fact.files ?? []);
      taken = facts.length;
      return [...new Set(told)].sort();
    },
    howIsIt: () => {
      asked = facts.length;
      child.stdin.write('how\n');
      return until(({ healthy }) => healthy !== undefined, asked);
    },
  };
}

function manyFiles(count: number, folder: string, text = 'x'): Files {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`${folder}/${index % 100}/${index}.ts`, `${text}${index}`]),
  );
}

test('F18 F17: a watcher that is stopped while 20,000 files change finds all of them', async () => {
  const files = manyFiles(20_000, 'src');
  const { process: child, write, files: told, until, howIsIt } = await apart(files);
  child.kill('SIGSTOP');
  write(manyFiles(20_000, 'src', 'changed '));
  child.kill('SIGCONT');
  const seen = new Set<string>();
  while (seen.size < 20_000) {
    for (const path of told()) seen.add(path);
    if (seen.size < 20_000) await until(({ files: batch }) => batch?.some((path) => !seen.has(path)) === true);
  }
  expect([...seen].sort()).toEqual(Object.keys(files).sort());
  expect((await howIsIt()).healthy).toBe(true);
});

test('F18 WATCH-5: a checkout of 10,000 files is one batch, all of it', async () => {
  const { write, commit, git, next, batches, watcher } = await start({
    git: true,
    debounce: { quietMs: 2_000, maxWaitMs: 11_000, maxPaths: 20_000 },
  });
  git('checkout', '-q', '-b', 'feature');
  const files = manyFiles(10_000, 'src/many');
  write(files);
  commit();
  await next();
  git('checkout', '-q', 'main');
  expect(await next()).toEqual(Object.keys(files).sort());
  await watcher.reconcile();
  expect(batches).toHaveLength(2);
});

test('F19: an installation and a build in the tree make no change, and memory stays bounded', async () => {
  const scene = await apart({ 'src/a.ts': 'a', '.gitignore': 'dist/\n' });
  const before = (await scene.howIsIt()).residentMb ?? 0;
  scene.write(manyFiles(25_000, 'node_modules/many'));
  scene.write(manyFiles(25_000, 'dist/out'));
  scene.write(manyFiles(25_000, 'dist/out', 'built again '));
  scene.write({ 'src/a.ts': 'a2' });
  await scene.until(({ files }) => files?.includes('src/a.ts') === true);
  expect(scene.files()).toEqual(['src/a.ts']);
  const { residentMb = Infinity, healthy } = await scene.howIsIt();
  expect(healthy).toBe(true);
  expect(residentMb - before).toBeLessThan(150);
});

test('WATCH-3: a tree that never goes quiet is looked at all the same, and nothing of it is lost', async () => {
  const { write, root, batches, untilNow } = await start({
    debounce: { quietMs: 200, maxWaitMs: 600, maxPaths: 1_000 },
  });
  const endAt = performance.now() + 3_000;
  let count = 0;
  while (performance.now() < endAt) {
    writeFileSync(join(root, 'src/busy.log'), `${count}`);
    write({ [`src/made-${count++}.ts`]: 'x' });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(batches.length).toBeGreaterThanOrEqual(2);
  const told = new Set([...batches.flat(), ...(await untilNow())]);
  const made = Array.from({ length: count }, (_, index) => `src/made-${index}.ts`);
  expect(made.filter((path) => !told.has(path) && !batches.flat().includes(path))).toEqual([]);
});

test('F23: a storm of renames ends with exactly what is there', async () => {
  const { root, write, watcher, workspace, batches } = await start();
  write(manyFiles(300, 'src/r0'));
  for (let time = 0; time < 40; time++) {
    renameSync(join(root, `src/r${time}`), join(root, `src/r${time + 1}`));
    if (time % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 30));
  }
  write({ 'src/r40/0/0.ts': 'after the storm' });
  await watcher.reconcile();
  const { tree } = await workspace.snapshot();
  const paths = await workspace.list(tree);
  expect(paths.filter((path) => path.startsWith('src/r40/'))).toHaveLength(300);
  expect(paths.filter((path) => watcher.seen.blob(path) === undefined)).toEqual([]);
  expect(watcher.seen.size).toBe(paths.length);
  const from = batches.length;
  write({ 'src/r40/1/1.ts': 'still watched' });
  while (!batches.slice(from).flat().includes('src/r40/1/1.ts')) await new Promise((resolve) => setTimeout(resolve, 5));
});

test('F31: names that differ in case alone, and odd ones, are told and come back', async () => {
  const { write, next, root, watcher } = await start();
  const names = ['src/Case.ts', 'src/case.ts', 'src/new\nline.ts', 'src/"quoted".ts', "src/it's.ts", 'src/🎉.ts'];
  write(Object.fromEntries(names.map((name) => [name, name])));
  expect(await next()).toEqual([...names].sort());
  const raw = Buffer.concat([Buffer.from(`${root}/src/`), Buffer.from([0xff, 0xfe]), Buffer.from('.ts')]);
  writeFileSync(raw, 'no text');
  // On a small tree, chokidar asks for it by a name that is none, and is silent: the next look at the tree has it.
  await watcher.reconcile();
  expect(await next()).toEqual(['src/\ufffd\ufffd.ts']);
  utimesSync(raw, new Date(), new Date());
  write({ 'src/case.ts': 'changed' });
  expect((await next()).filter((path) => path !== 'src/\ufffd\ufffd.ts')).toEqual(['src/case.ts']);
});

test('F20 WATCH-6: with fewer inotify watches than folders: told, polled, and healed', async () => {
  const files = manyFiles(300, 'src');
  const limit = '/proc/sys/user/max_inotify_watches';
  const wrap = ['unshare', '--user', '--map-root-user', 'sh', '-c', `echo 20 > ${limit} && exec "$0" "$@"`];
  const scene = await apart(files, wrap);
  expect(scene.faults).toHaveLength(1);
  expect(scene.faults[0]).toMatch(/no more inotify watches.*sysctl fs\.inotify\.max_user_watches/);
  expect((await scene.howIsIt()).healthy).toBe(false);
  const changed = Object.keys(files).filter((_, index) => index % 3 === 0);
  scene.write(Object.fromEntries(changed.map((path) => [path, 'changed'])));
  const seen = new Set<string>();
  while (seen.size < changed.length) {
    for (const path of scene.files()) seen.add(path);
    if (seen.size < changed.length)
      await scene.until(({ files: batch }) => batch?.some((path) => !seen.has(path)) === true);
  }
  expect([...seen].sort()).toEqual(changed.sort());
  const inside = ['nsenter', '--user', '--preserve-credentials', `--target=${scene.process.pid}`];
  await new Promise((resolve) =>
    spawn(inside[0] ?? '', [...inside.slice(1), 'sh', '-c', `echo 100000 > ${limit}`]).once('exit', resolve),
  );
  while ((await scene.howIsIt()).healthy !== true) await new Promise((resolve) => setTimeout(resolve, 200));
  expect(readFileSync('/proc/sys/user/max_inotify_watches', 'utf8')).not.toMatch(/^20$/m);
});
