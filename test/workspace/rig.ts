import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Workspace } from '../../src/workspace/types.ts';
import { openWorkspace } from '../../src/workspace/workspace.ts';
import { scratch } from '../rig/scratch.ts';

export type Files = Record<string, string | Uint8Array>;

export interface Rig {
  readonly folder: string;
  readonly root: string;
  readonly cache: string;
  readonly env: Record<string, string>;
  git(...args: string[]): string;
  write(files: Files): void;
  remove(...paths: string[]): void;
  commit(message?: string): void;
  open(options?: Partial<Parameters<typeof openWorkspace>[0]>): Promise<Workspace>;
}

/** A project in a scratch folder, with a home of its own so that no setting of this machine reaches git. */
export async function rig(files: Files = {}, options: { git?: boolean; commit?: boolean } = {}): Promise<Rig> {
  const folder = await scratch('workspace');
  const root = join(folder, 'project');
  const cache = join(folder, 'cache');
  mkdirSync(join(folder, 'home'));
  mkdirSync(root);
  const env = { PATH: process.env.PATH ?? '', HOME: join(folder, 'home'), LC_ALL: 'C.UTF-8' };
  const made: Rig = {
    folder,
    root,
    cache,
    env,
    git: (...args) => runGit(root, env, args),
    write: (more) => writeFiles(root, more),
    remove: (...paths) => {
      for (const path of paths) rmSync(join(root, path), { recursive: true });
    },
    commit: (message = 'work') => {
      made.git('add', '-A');
      made.git('commit', '-qm', message);
    },
    open: async (more = {}) => {
      const workspace = await openWorkspace({
        root,
        cacheFolder: cache,
        env,
        agentFolders: [],
        laneLinks: [],
        ...more,
      });
      onTestFinished(() => workspace.close());
      return workspace;
    },
  };
  made.write(files);
  if (options.git !== false) made.git('init', '-q', '-b', 'main');
  if (options.git !== false && options.commit !== false) made.commit('first');
  return made;
}

export function runGit(cwd: string, env: Record<string, string>, args: readonly string[]): string {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', '-c', 'protocol.file.allow=always'];
  return execFileSync('git', [...identity, ...args], { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

export function writeFiles(root: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

export function executable(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

/**
 * Every file and link below a folder with type, executable bit and content; names as latin1.
 *
 * @param without names that are left out at any depth.
 */
export function contents(
  folder: string,
  without: readonly string[] = ['.git', 'node_modules'],
): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (path: Buffer, name: string) => {
    for (const entry of readdirSync(path, { withFileTypes: true, encoding: 'buffer' })) {
      if (without.includes(entry.name.toString())) continue;
      const at = Buffer.concat([path, Buffer.from('/'), entry.name]);
      const key = `${name}${entry.name.toString('latin1')}`;
      if (entry.isDirectory()) visit(at, `${key}/`);
      else if (entry.isSymbolicLink()) found[key] = `link ${readlinkSync(at, 'latin1')}`;
      else found[key] = `${lstatSync(at).mode & 0o100 ? 'program' : 'file'} ${readFileSync(at).toString('latin1')}`;
    }
  };
  visit(Buffer.from(folder), '');
  return found;
}

/** One number for everything in a folder: names, content, permissions and times of change. */
export function digest(folder: string): string {
  const hash = createHash('sha1');
  const visit = (path: string) => {
    for (const name of readdirSync(path).sort()) {
      const at = join(path, name);
      const stats = lstatSync(at);
      hash.update(`${at} ${stats.mode} ${stats.mtimeMs} ${stats.ctimeMs} ${stats.ino}\n`);
      if (stats.isDirectory()) visit(at);
      else hash.update(stats.isSymbolicLink() ? readlinkSync(at) : readFileSync(at));
    }
  };
  visit(folder);
  return hash.digest('hex');
}

/** The names in a snapshot, sorted. */
export async function names(workspace: Workspace, tree: string): Promise<string[]> {
  return [...(await workspace.list(tree))].sort();
}
