import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../../process/process.ts';
import { firstProblem } from '../report/ends.ts';
import type { Family, Finding, Search } from '../types.ts';
import { isManifest } from './manifest.ts';
import { readWorkspace, type Workspace } from './workspace.ts';

const askTimeoutMs = 20_000;
/** `--config` on the command line is older than that by nothing. */
const oldest = [1, 63] as const;
const mostWorkspaces = 20;
const mostRead = 2_000;

/** Each workspace, and each crate outside of one, by itself. */
export const cargo: Family = { name: 'cargo', find };

async function find(search: Search): Promise<readonly Finding[]> {
  const manifests = await manifestsIn(search);
  const [first] = manifests;
  if (first === undefined) {
    return search.isAsked
      ? [unusable('', 'cargo is asked for, but there is no Cargo.toml.', 'Take cargo out of TEST_RUNNER.')]
      : [];
  }
  if (!search.isAsked && !(await hasTests(search))) return [];
  const tool = await askVersion(search, dirname(first));
  if (typeof tool === 'string') return [unusable('', tool, 'Install Rust with cargo, or put it on the PATH.')];
  const { version, host } = tool;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
    return [unusable('', `cargo ${version} is installed; expected 1.63 or later.`, 'Update Rust.')];
  }
  const findings: Finding[] = [];
  const covered = new Set<string>();
  for (const manifest of manifests) {
    if (covered.has(manifest) || findings.length >= mostWorkspaces) continue;
    const workspace = await askWorkspace(search, dirname(manifest));
    if (typeof workspace === 'string') {
      // Below another one it is most often a sample for its tests.
      if (covered.size === 0) findings.push(unusable(folderOf(manifest), workspace, 'Make cargo metadata run here.'));
      continue;
    }
    for (const each of [manifest, ...workspace.manifests]) covered.add(each);
    const { folder } = workspace;
    if (workspace.crates.length === 0 || folder.startsWith('../')) continue;
    const { cargoRunner } = await import('./adapter.ts');
    const runner = cargoRunner({ version, host, project: search.root, folder });
    findings.push({ kind: 'runner', folder: commonFolder(workspace), runner });
  }
  return findings;
}

/** The topmost first. Samples below a folder of tests are not the project's own. */
async function manifestsIn({ root, files }: Search): Promise<readonly string[]> {
  const named = files.filter(
    (path) => /(?:^|\/)Cargo\.toml$/.test(path) && !/(?:^|\/)(?:tests|fixtures|testdata|templates)\//.test(path),
  );
  const texts = await Promise.all(
    named.slice(0, mostRead).map((path) => readFile(join(root, path), 'utf8').catch(() => '')),
  );
  return named
    .filter((_, at) => isManifest(texts[at] ?? ''))
    .sort((one, other) => one.split('/').length - other.split('/').length || (one < other ? -1 : 1));
}

/** A crate without any test, as part of a project of another language, is no reason to build it. */
async function hasTests({ root, files }: Search): Promise<boolean> {
  for (const path of files.filter((each) => each.endsWith('.rs')).slice(0, mostRead)) {
    const text = await readFile(join(root, path), 'utf8').catch(() => '');
    if (/#\[[\w:]*test\b|#\[cfg\(.*\btest\b|\b(?:proptest|quickcheck)!|\/\/[/!]\s*```/.test(text)) return true;
  }
  return false;
}

async function askVersion(
  search: Search,
  folder: string,
): Promise<{ readonly version: string; readonly host: string } | string> {
  const said = await ask(search, folder, ['--version', '--verbose']);
  if (typeof said === 'string') return said;
  const version = /^release: (\d+\.\d+\.\d+)/m.exec(said.stdout)?.[1];
  const host = /^host: (\S+)/m.exec(said.stdout)?.[1];
  if (version !== undefined && host !== undefined) return { version, host };
  return `cargo --version says: ${said.stdout.split('\n', 1)[0]}`;
}

async function askWorkspace(search: Search, folder: string): Promise<Workspace | string> {
  const said = await ask(search, folder, ['metadata', '--no-deps', '--offline', '--format-version', '1']);
  if (typeof said === 'string') return said;
  try {
    return await readWorkspace(said.stdout, search.root);
  } catch {
    return 'cargo metadata gives something else than expected.';
  }
}

async function ask(
  { root, env }: Search,
  folder: string,
  args: readonly string[],
): Promise<{ readonly stdout: string } | string> {
  const { end, stdout, stderr } = await run({
    command: 'cargo',
    args,
    cwd: join(root, folder),
    // What is not installed is not to be installed by looking.
    env: { ...env, RUSTUP_AUTO_INSTALL: '0' },
    stdout: { kind: 'collect', limitBytes: 16 * 1024 * 1024 },
    timeoutMs: askTimeoutMs,
  });
  if (end.kind === 'exited' && end.code === 0) return { stdout };
  if (end.kind === 'could-not-start') return 'There is a Cargo.toml, and cargo is not on the PATH.';
  return `cargo ${args[0]} failed in ${folder}: ${firstProblem(stderr)}`;
}

/** Crates beside the workspace that it is made of belong to it, too. */
function commonFolder({ folder, crates }: Workspace): string {
  const folders = [folder, ...crates.flatMap((crate) => [crate.folder, ...crate.needs])];
  const inside = folders.filter((each) => !each.startsWith('../'));
  let common = folder;
  while (common !== '' && inside.some((each) => each !== common && !each.startsWith(`${common}/`)))
    common = folderOf(common);
  return common;
}

function folderOf(path: string): string {
  const folder = dirname(path);
  return folder === '.' ? '' : folder;
}

function unusable(folder: string, reason: string, remedy: string): Finding {
  return { kind: 'unusable', folder, reason, remedy };
}
