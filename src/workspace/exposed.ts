import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { createGit } from './git.ts';
import { Project } from './project.ts';

/** How git stands to a path: no repository, excluded by a rule, part of the repository, or open to be added. */
export type Exposure = 'no git' | 'ignored' | 'tracked' | 'open';

/** @param path absolute; a folder ends in `/`. It need not exist. */
export async function exposureOf(
  path: string,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Exposure> {
  let folder = dirname(path);
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  const name = join(relative(folder, dirname(path)), basename(path)) + (path.endsWith('/') ? '/' : '');
  const root = await realpath(folder);
  const git = createGit(env, join(root, '.git', 'none'), signal);
  const project = new Project(git, { root, env, agentFolders: [], shadowDir: '', signal });
  await project.locate();
  if (!project.hasGit) return 'no git';
  const tracked = await project.ask(['--literal-pathspecs', 'ls-files', '-z', '--', name]);
  if (tracked !== undefined && tracked.length > 0) return 'tracked';
  const ignored = await project.ask([...project.excludeSettings, 'check-ignore', '--no-index', '--', name]);
  return ignored === undefined ? 'open' : 'ignored';
}
