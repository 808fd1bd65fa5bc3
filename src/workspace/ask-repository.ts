import { resolve } from 'node:path';
import { createGit } from './git.ts';
import { Project } from './project.ts';

/** What a project's own repository says, for whoever needs no copies of it. Nothing is made. */
export interface AskedRepository {
  /** The address of the remote `origin` as it is written. */
  readonly origin: string | undefined;
  /** Absolute. */
  readonly topLevel: string;
  /** The person's own ignore rules of this repository; need not exist. */
  readonly excludeFile: string;
}

/** Undefined where the folder lies in no repository. Rejects with a `MendwatchError` (exit code 2) where it cannot be read. */
export async function askRepository(
  root: string,
  env: Readonly<Record<string, string>>,
): Promise<AskedRepository | undefined> {
  const nothing = '/dev/null';
  const project = new Project(createGit(env, nothing), { root, env, agentFolders: [], shadowDir: nothing });
  await project.locate();
  const word = async (...args: string[]): Promise<string> =>
    (await project.ask(['rev-parse', ...args]))?.toString('utf8').trim() ?? '';
  if (!project.hasGit) return undefined;
  const [origin, topLevel, exclude] = await Promise.all([
    project.origin(),
    word('--show-toplevel'),
    word('--git-path', 'info/exclude'),
  ]);
  return {
    origin,
    topLevel: topLevel === '' ? root : topLevel,
    excludeFile: resolve(root, exclude),
  };
}
