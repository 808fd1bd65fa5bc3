import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
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
import { filesOf, install, junk, nodeFirst, offline, packMendwatch } from './pack.ts';

let folder: string;
let tarball: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'mendwatch-pack-')));
  tarball = await packMendwatch(folder);
}, 300_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

test('the package holds what it needs to run, and nothing of whoever packed it', async () => {
  const files = await filesOf(tarball);
  expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', '.env.example', 'package.json']));
  const runsFrom = [
    'dist/automation/mendwatch.js',
    'dist/automation/library.js',
    'dist/automation/library.d.ts',
    'dist/src/client/client.js',
    'dist/src/runners/vitest/reporter.mjs',
    'dist/src/runners/vitest/spare.mjs',
    'automation/compile-cache.mjs',
    'automation/hooks/README.md',
  ];
  expect(files).toEqual(expect.arrayContaining(runsFrom));
  const inClone = async (path: string) =>
    (await readdir(join(findPackageRoot(), path))).map((name) => `${path}/${name}`);
  const asTheyAre = [...(await inClone('automation/prompts')), ...(await inClone('automation/hooks/samples'))];
  expect(files).toEqual(expect.arrayContaining(asTheyAre));
  const top = new Set(files.map((path) => path.split('/')[0]));
  const known = ['dist', 'docs', 'automation', 'package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', '.env.example'];
  expect([...top].filter((name) => !known.includes(name ?? ''))).toEqual([]);
  expect(files.filter((path) => Object.hasOwn(junk, path))).toEqual([]);
  expect(files.filter((path) => /\.(test\.\w+|[cm]?(?<!\.d\.[cm]?)ts)$|\/demo[./]/.test(path))).toEqual([]);
});

interface Installed {
  readonly project: string;
  readonly home: string;
  readonly env: Record<string, string>;
  /** `npx mendwatch …` in the project, or in a folder of it. */
  npx(args: readonly string[], inside?: string): Promise<ProcessResult>;
  git(...args: string[]): Promise<string>;
}

/** The sample shop in a repository, with the package installed and a model that mends one mistake. */
async function installed(): Promise<Installed> {
  const place = await scratch('installed');
  const [project, home] = [join(place, 'shop'), join(place, 'home')];
  await mkdir(home);
  await cp(join(findPackageRoot(), 'automation', 'demo', 'shop'), project, { recursive: true });
  const manifest = JSON.parse(await readFile(join(project, 'package.json'), 'utf8'));
  manifest.scripts['automation:start'] = 'mendwatch start';
  manifest.devDependencies.mendwatch = '*';
  await writeFile(join(project, 'package.json'), JSON.stringify(manifest, null, 2));
  await writeFile(join(project, '.gitignore'), 'node_modules/');
  await install(tarball, project, home);
  await run({
    command: 'ln',
    args: ['-s', vitestFolder(5), 'node_modules/vitest'],
    cwd: project,
    env: { PATH: nodeFirst() },
    timeoutMs: 9_000,
  });
  const [from, to] = ['subtotal > 10_000', 'subtotal >= 10_000'];
  const rehearsal = await startRehearsal(mender({ file: 'src/discount.ts', from, to }));
  onTestFinished(() => rehearsal.close());
  const env = { ...offline(home), ...rehearsal.environment(home), PATH: nodeFirst() };
  const call = { cwd: project, env, timeoutMs: 60_000 };
  const git = async (...args: string[]): Promise<string> => {
    const person = ['-c', 'user.name=A Person', '-c', 'user.email=person@example.com'];
    return (await run({ ...call, command: 'git', args: [...person, ...args] })).stdout;
  };
  await git('init', '-q', '-b', 'main');
  await git('remote', 'add', 'origin', 'git@github.com:me/shop.git');
  await git('add', '-A');
  await git('commit', '-qm', 'The shop');
  return {
    project,
    home,
    env,
    git,
    npx: (args, inside = '') =>
      run({ ...call, command: 'npx', args: ['mendwatch', ...args], cwd: join(project, inside) }),
  };
}

test('RUN-12: installed from the package: set up, started by an npm script, a broken save is mended, stopped', async () => {
  const { project, home, env, npx, git } = await installed();
  const { version } = JSON.parse(await readFile(join(findPackageRoot(), 'package.json'), 'utf8'));
  expect((await npx(['--version'])).stdout).toBe(`${version}\n`);
  const none = await npx(['status']);
  expect(none.end).toEqual({ kind: 'exited', code: 4 });
  expect(none.stderr).toMatch(/no agent has run/);

  const first = await npx(['init', '--yes'], 'src');
  expect(first.end, first.stderr).toEqual({ kind: 'exited', code: 0 });
  expect(first.stdout).toMatch(/GitHub me\/shop/);
  expect(first.stdout).toMatch(/tests +vitest 5/);
  expect(first.stdout).toMatch(/Start: npx mendwatch start/);
  const settings = join(project, '.env.mendwatch');
  expect((await stat(settings)).mode & 0o777).toBe(0o600);
  expect(await readFile(join(project, '.gitignore'), 'utf8')).toBe('node_modules/\n.env.mendwatch\n');
  const before = await readFile(settings, 'utf8');
  expect((await npx(['init', '--yes'])).stdout).toMatch(/nothing was changed/);
  expect(await readFile(settings, 'utf8')).toBe(before);
  await writeFile(settings, `${before}FILE_WATCH_DEBOUNCE_SECONDS=0.1\n`);
  // As if there were no rule: what may hold keys must stay out of the copies all the same.
  await git('checkout', '.gitignore');

  const agent = start({
    command: 'npm',
    args: ['run', 'automation:start', '--', '--plain'],
    cwd: project,
    env,
    stdout: { kind: 'stream' },
    timeoutMs: 240_000,
  });
  onTestFinished(async () => void (await agent.cancel('the test is over')));
  const said = reader(agent.stdout);
  await said('17 of 17 tests green');
  const file = join(project, 'src/discount.ts');
  const original = await readFile(file, 'utf8');
  await writeFile(file, original.replace('subtotal >= 10_000', 'subtotal > 10_000'));
  await said('landed in src/discount.ts');
  expect(await readFile(file, 'utf8')).toBe(original);
  const copies = await readdir(join(home, '.cache/mendwatch', projectFolderName(project)), { recursive: true });
  expect(copies.filter((path) => /(?<!node_modules.*)\.env\.mendwatch$/.test(path))).toEqual([]);
  expect(copies.filter((path) => path.endsWith('/src/discount.ts')).length).toBeGreaterThanOrEqual(2);
  const { stdout } = await npx(['status', '--json'], 'test');
  expect(JSON.parse(stdout)).toMatchObject({ project, statistics: { tasks_succeeded: 1 } });
  expect((await npx(['stop'])).end).toEqual({ kind: 'exited', code: 0 });
  await agent.result;

  expect(await git('status', '--porcelain', '--ignored=matching')).toBe('?? .env.mendwatch\n!! node_modules/\n');
  const own = join(home, '.local/state/mendwatch', projectFolderName(project));
  expect(await readdir(own)).toEqual(
    expect.arrayContaining(['app_state.json', 'automation.log', 'baseline.json', 'runs']),
  );
});

/** Waits for a text in what a process prints. */
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

test('from code: `import "mendwatch"` and `mendwatch/client`', async () => {
  const { project, env } = await installed();
  const code = `import { execute, executeList } from 'mendwatch';
import { ExecutorClient } from 'mendwatch/client';
console.log(typeof execute, typeof executeList, typeof ExecutorClient);`;
  await writeFile(join(project, 'mine.mjs'), code);
  const { stdout, stderr } = await run({ command: 'node', args: ['mine.mjs'], cwd: project, env, timeoutMs: 60_000 });
  expect(stdout, stderr).toBe('function function function\n');
});

test('on a Node that is too old there is one sentence and exit code 2, before anything else is loaded', async () => {
  const { project, env } = await installed();
  const older = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } })`;
  await writeFile(join(project, 'older.mjs'), older);
  const { end, stdout, stderr } = await run({
    command: 'node',
    args: ['--import', './older.mjs', 'node_modules/mendwatch/dist/automation/mendwatch.js', 'status'],
    cwd: project,
    env,
    timeoutMs: 60_000,
  });
  expect(stderr).toMatch(/^Mendwatch needs Node 22\.22\.2 or later.*this is Node 20\.19\.0\. .*\n$/);
  expect([end, stdout]).toEqual([{ kind: 'exited', code: 2 }, '']);
});
