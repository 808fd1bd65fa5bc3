import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { commandEnvironment } from '../../config/environment.ts';
import { exposureOf } from '../../workspace/exposed.ts';
import type { Survey, Whereabouts } from './survey.ts';
import { appended } from './write-settings.ts';

const gitMs = 30_000;

/** How the settings file stays out of git. */
export type KeepOut =
  | { readonly kind: 'ignored' }
  | { readonly kind: 'no-repository' }
  /** It was committed: no rule helps any more. */
  | { readonly kind: 'tracked' }
  | {
      readonly kind: 'to-add';
      readonly line: string;
      /** The project's own file, where it has one. */
      readonly shared: string | undefined;
      /** What only this clone of the project has. */
      readonly own: string;
    };

export async function keepOut({ config, repository }: Survey, env: Whereabouts['env']): Promise<KeepOut> {
  const { settingsFile, installed, projectRoot } = config;
  // A clone of ours has it in its own .gitignore.
  if (!installed) return { kind: 'ignored' };
  if (repository === undefined) return { kind: 'no-repository' };
  const exposure = await exposureOf(settingsFile, commandEnvironment(env, config), AbortSignal.timeout(gitMs));
  if (exposure === 'tracked' || exposure === 'ignored') return { kind: exposure };
  const candidates = [projectRoot, repository.topLevel].map((folder) => join(folder, '.gitignore'));
  return {
    kind: 'to-add',
    line: basename(settingsFile),
    shared: candidates.find((file) => existsSync(file)),
    own: repository.excludeFile,
  };
}

export async function addLine(file: string, line: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const before = await readFile(file, 'utf8').catch(() => '');
  await appendFile(file, appended(before, [line]));
}
