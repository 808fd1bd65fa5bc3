import { existsSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { commandEnvironment } from '../../config/environment.ts';
import { askRepository } from '../../workspace/ask-repository.ts';
import { type Exposure, exposureOf } from '../../workspace/exposed.ts';
import { addLine } from '../init/keep-out.ts';
import { type Check, type Finding, failure, type Mend, ok, warning } from './check.ts';
import type { Given } from './given.ts';
import { worstOf } from './machine.ts';

interface OwnPath {
  /** A folder ends in `/`. */
  readonly path: string;
  /** The folder whose rules are to hold for it. */
  readonly folder: string;
  readonly holdsSecrets: boolean;
}

/** Whether a commit could take along what is ours: the settings, the state, the log. */
export function commitsCheck({ config, effective, launch }: Given): Check {
  const { settingsFile, projectRoot, stateFile, logFile } = config;
  const folders = [...new Set([dirname(stateFile), dirname(logFile)])].filter((folder) =>
    folder.startsWith(`${projectRoot}/`),
  );
  const holdsSecrets = effective.secretsInFile.length > 0;
  const paths: readonly OwnPath[] = [
    ...(effective.hasSettingsFile ? [{ path: settingsFile, folder: dirname(settingsFile), holdsSecrets }] : []),
    ...folders.map((folder) => ({ path: `${folder}/`, folder: projectRoot, holdsSecrets: false })),
  ];
  return {
    name: 'commits',
    look: async (signal) => {
      const env = commandEnvironment(launch, config);
      const found = paths.map(async (own) => judge(own, await exposureOf(own.path, env, signal), env));
      return paths.length === 0 ? ok('none of our files is in a repository') : worstOf(await Promise.all(found));
    },
  };
}

async function judge(own: OwnPath, exposure: Exposure, env: Readonly<Record<string, string>>): Promise<Finding> {
  const { path, folder, holdsSecrets } = own;
  switch (exposure) {
    case 'no git':
    case 'ignored':
      return ok(`git leaves ${basename(path)} alone`);
    case 'tracked': {
      const replacing = holdsSecrets ? ', and replace the keys in it: they are in the history' : '';
      const remedy = `git rm -r --cached ${relative(folder, path)}${replacing}.`;
      return holdsSecrets
        ? failure(`${path} is committed, with secrets`, remedy)
        : warning(`${path} is committed`, remedy);
    }
    case 'open': {
      const { file, line } = await ruleFor(own, env);
      const add: Mend = { done: `added ${line} to ${file}`, apply: () => addLine(file, line) };
      const remedy = `Add ${line} to ${file} (\`doctor --fix\` does it).`;
      return warning(`git would commit ${path}`, remedy, { mends: [add] });
    }
  }
}

/** In the project's own file where it has one, else where only this clone of it looks. */
async function ruleFor({ path, folder }: OwnPath, env: Readonly<Record<string, string>>) {
  const lineIn = (top: string): string => `/${relative(top, path)}${path.endsWith('/') ? '/' : ''}`;
  const shared = join(folder, '.gitignore');
  const repository = existsSync(shared) ? undefined : await askRepository(folder, env);
  if (repository === undefined) return { file: shared, line: lineIn(folder) };
  return { file: repository.excludeFile, line: lineIn(repository.topLevel) };
}
