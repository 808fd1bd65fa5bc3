import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startRehearsal } from '../../src/claude/rehearsal/server.ts';
import { findPackageRoot } from '../../src/config/package-root.ts';
import { projectFolderName } from '../../src/config/places.ts';
import { type ProcessResult, run, start } from '../../src/process/process.ts';
import { mender } from '../rig/menders.ts';
import { vitestFolder } from '../rig/sample-project.ts';
import { scratch } from '../rig/scratch.ts';
import { install, nodeFirst, offline, packMendwatch } from './pack.ts';

let folder: string;
let tarball: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'mendwatch-pack-')));
  tarball = await packMendwatch(folder);
}, 300_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Home {
  readonly home: string;
  readonly project: string;
  readonly own: { readonly state: string; readonly cache: string };
  mendwatch(...words: readonly string[]): Promise<ProcessResult>;
  /** Runs the agent until it has mended one mistake, and stops it. */
  live(): Promise<void>;
  /** All files and folders, but for what belongs to Claude, npm and the project's own vitest. */
  listing(): Promise<readonly string[]>;
}

/** A person's home with the usual folders, and the sample shop with the package installed. */
async function home(): Promise<Home> {
  const place = await scratch('home');
  const [at, project] = [join(place, 'home'), join(place, 'shop')];
  for (const name of ['.cache', '.config', '.local/state', '.local/share'])
    await mkdir(join(at, name), { recursive: true });
  await cp(join(findPackageRoot(), 'automation', 'demo', 'shop'), project, { recursive: true });
  await writeFile(join(project, '.gitignore'), 'node_modules/\n');
  await install(tarball, project, at);
  const modules = join(project, 'node_modules');
  const rehearsal = await startRehearsal(
    mender({ file: 'src/discount.ts', from: 'subtotal > 10_000', to: 'subtotal >= 10_000' }),
  );
  onTestFinished(() => rehearsal.close());
  const env = {
    ...{ ...offline(at), ...rehearsal.environment(at), PATH: nodeFirst() },
    FILE_WATCH_DEBOUNCE_SECONDS: '0.1',
  };
  const call = { cwd: project, env, timeoutMs: 60_000 };
  await run({ ...call, command: 'ln', args: ['-s', vitestFolder(5), join(modules, 'vitest')] });
  await run({ ...call, command: 'git', args: ['init', '-q', '-b', 'main'] });
  // As a service starts it, with Node's cache of what it compiled.
  const words = [
    ...['--import', join(modules, 'mendwatch', 'automation', 'compile-cache.mjs')],
    join(modules, 'mendwatch', 'dist', 'automation', 'mendwatch.js'),
  ];
  const mendwatch: Home['mendwatch'] = (...more) =>
    run({ ...call, command: process.execPath, args: [...words, ...more] });
  return {
    home: at,
    project,
    own: {
      state: join(at, '.local/state/mendwatch', projectFolderName(project)),
      cache: join(at, '.cache/mendwatch', projectFolderName(project)),
    },
    mendwatch,
    live: async () => {
      const agent = start({
        ...call,
        command: process.execPath,
        args: [...words, 'start', '--plain'],
        stdout: { kind: 'stream' },
        timeoutMs: 240_000,
      });
      onTestFinished(async () => void (await agent.cancel('the test is over')));
      const said = reader(agent.stdout);
      await said('17 of 17 tests green');
      const file = join(project, 'src/discount.ts');
      await writeFile(file, (await readFile(file, 'utf8')).replace('subtotal >= 10_000', 'subtotal > 10_000'));
      await said('landed in src/discount.ts');
      expect((await mendwatch('stop')).end).toEqual({ kind: 'exited', code: 0 });
      await agent.result;
    },
    listing: async () => {
      const all = await Promise.all(
        [at, project].map(async (root) => (await readdir(root, { recursive: true })).map((name) => join(root, name))),
      );
      return all
        .flat()
        .filter((path) => !/\/(\.claude[^/]*|\.npm|node_modules|\.local\/share\/vitest)(\/|$)/.test(path))
        .sort();
    },
  };
}

function reader(stdout: NodeJS.ReadableStream | undefined): (text: string) => Promise<void> {
  let output = '';
  const looks = new Set<() => void>();
  stdout?.on('data', (chunk) => {
    output += String(chunk);
    for (const look of looks) look();
  });
  return (text) =>
    new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`It did not say ${text}, but:\n${output}`)), 90_000);
      const look = (): void => {
        if (!output.includes(text)) return;
        clearTimeout(late);
        looks.delete(look);
        resolve();
      };
      looks.add(look);
      look();
    });
}

test('a whole life, and nothing is left: set up, mended, stopped, uninstalled', async () => {
  const { home: at, own, project, mendwatch, live, listing } = await home();
  const before = await listing();
  expect((await mendwatch('init', '--yes')).end).toEqual({ kind: 'exited', code: 0 });
  expect(await readFile(join(project, '.gitignore'), 'utf8')).toBe('node_modules/\n.env.mendwatch\n');
  await live();
  expect(existsSync(join(at, '.cache/mendwatch/compiled'))).toBe(true);

  const all = await mendwatch('clean', '--all', '--yes');
  expect(all.end, all.stderr).toEqual({ kind: 'exited', code: 0 });
  expect(all.stdout).toMatch(/runs in use +\d+ kB {2}1 fix that can be undone\n/);
  expect(existsSync(own.cache) ? await readdir(own.cache) : []).toEqual([]);
  const [task] = await readdir(join(own.state, 'runs'));
  const undone = await mendwatch('undo', task ?? '');
  expect(undone.stdout, undone.stderr).toContain('Undone in src/discount.ts.');
  const applied = await mendwatch('clean', '--dry-run', '--all', '--json');
  expect(JSON.parse(applied.stdout).going).toContainEqual(expect.objectContaining({ kind: 'runs', count: 1 }));

  const asked = await mendwatch('clean', '--everything', '--settings');
  expect(asked.end).toEqual({ kind: 'exited', code: 2 });
  expect(asked.stderr).toContain('cannot be made again');
  const gone = await mendwatch('clean', '--everything', '--settings', '--yes');
  expect(gone.end, gone.stdout + gone.stderr).toEqual({ kind: 'exited', code: 0 });
  expect(await listing()).toEqual(before);
  expect(await readFile(join(project, '.gitignore'), 'utf8')).toBe('node_modules/\n');
  const again = await mendwatch('clean', '--everything', '--yes');
  expect(again.stdout).toContain(`There is nothing of ${project}.`);
  expect(await listing()).toEqual(before);
});

test("settings and one's own hooks stay unless they are asked for; what others share stays with them", async () => {
  const { home: at, own, project, mendwatch, live } = await home();
  await mendwatch('init', '--yes');
  await live();
  await mkdir(join(own.state, 'hooks'), { recursive: true });
  await writeFile(join(own.state, 'hooks', 'mine.mjs'), '');
  await mkdir(join(at, '.local/state/mendwatch/other-00000000'));
  const gone = await mendwatch('clean', '--everything', '--yes');
  expect(gone.end, gone.stdout + gone.stderr).toEqual({ kind: 'exited', code: 0 });
  expect(gone.stdout).toContain(`Your own hooks are left: ${join(own.state, 'hooks')}.`);
  expect(gone.stdout).toContain('With --settings they go, too.');
  expect(existsSync(join(project, '.env.mendwatch'))).toBe(true);
  expect(await readdir(own.state)).toEqual(['hooks']);
  expect(await readdir(join(at, '.cache/mendwatch'))).toEqual(['compiled']);
});
