import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findPackageRoot } from '../../src/config/package-root.ts';
import { run } from '../../src/process/process.ts';

const packed = [
  'src',
  'automation',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  '.env.example',
  'README.md',
];

/** What must never be published, in the places where a person has it. */
export const junk = {
  '.env': 'ANTHROPIC_API_KEY=sk-ant-of-the-publisher\n',
  'automation/state/app_state.json': '{}',
  'automation/logs/automation.log': '{}',
  'automation/hooks/before-fix.d/mine.mjs': '',
  'test/some.test.ts': '',
  'dist/left-over.js': '',
};

/** Builds and packs a copy of this clone, since a build in the clone itself would be in the way of others. Gives the tarball. */
export async function packMendwatch(folder: string): Promise<string> {
  const [root, clone] = [findPackageRoot(), join(folder, 'clone')];
  await mkdir(clone);
  for (const name of [...packed, 'LICENSE']) await cp(join(root, name), join(clone, name), { recursive: true });
  await symlink(join(root, 'node_modules'), join(clone, 'node_modules'));
  for (const [path, text] of Object.entries(junk)) {
    await mkdir(dirname(join(clone, path)), { recursive: true });
    await writeFile(join(clone, path), text);
  }
  const { end, stdout, stderr } = await run({
    command: 'npm',
    args: ['pack', '--offline', '--ignore-scripts=false', '--loglevel=error'],
    cwd: clone,
    env: { ...offline(folder), PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}` },
    timeoutMs: 240_000,
  });
  const tarball = (await readdir(clone)).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error(`npm pack: ${JSON.stringify(end)}\n${stdout}\n${stderr}`);
  return join(clone, tarball);
}

export async function filesOf(tarball: string): Promise<readonly string[]> {
  const { stdout } = await run({
    command: 'tar',
    args: ['-tzf', tarball],
    cwd: dirname(tarball),
    env: { PATH: process.env.PATH ?? '' },
    timeoutMs: 30_000,
  });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^package\//, ''));
}

/** As `npm install` leaves it, but with links to the packages that are here: there is no network. */
export async function install(tarball: string, project: string, home: string): Promise<void> {
  const [here, modules] = [join(findPackageRoot(), 'node_modules'), join(project, 'node_modules')];
  const own = join(modules, 'mendwatch');
  await mkdir(own, { recursive: true });
  const env = { ...offline(home), PATH: nodeFirst() };
  const call = { cwd: project, env, timeoutMs: 60_000 };
  await run({ ...call, command: 'tar', args: ['-xzf', tarball, '--strip-components=1', '-C', own] });
  const { dependencies } = JSON.parse(await readFile(join(own, 'package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) await link(join(here, name), join(own, 'node_modules', name));
  // The optional peer is the person's own.
  await link(join(here, '@anthropic-ai/claude-code'), join(modules, '@anthropic-ai/claude-code'));
  const { end, stderr } = await run({ ...call, command: 'npm', args: ['rebuild', '--ignore-scripts', 'mendwatch'] });
  if (end.kind !== 'exited' || end.code !== 0) throw new Error(`npm rebuild: ${stderr}`);
}

async function link(target: string, place: string): Promise<void> {
  await mkdir(dirname(place), { recursive: true });
  await symlink(target, place, 'dir');
}

/** The Node of these tests, and nothing of our `.bin`. */
export function nodeFirst(): string {
  return [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(':');
}

/** npm must ask nobody. */
export function offline(home: string): Record<string, string> {
  return {
    HOME: home,
    TMPDIR: process.env.TMPDIR ?? '/tmp',
    npm_config_offline: 'true',
    npm_config_update_notifier: 'false',
  };
}
