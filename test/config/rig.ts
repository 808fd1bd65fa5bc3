import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import type { Config, LoadOptions } from '../../src/config/types.ts';
import { ConfigurationError } from '../../src/errors.ts';
import { scratch } from '../rig/scratch.ts';

/** A home, a clone of Mendwatch and a project, all in one scratch folder. */
export interface Machine {
  readonly folder: string;
  readonly home: string;
  readonly clone: string;
  readonly project: string;
  /** Makes a file with everything above it. */
  write(path: string, text: string, mode?: number): Promise<string>;
  /** In the clone, with PROJECT_ROOT set unless `env` says otherwise. */
  options(env?: LoadOptions['env']): LoadOptions;
  load(env?: LoadOptions['env']): Config;
}

export async function machine(): Promise<Machine> {
  const folder = await scratch('config');
  const at = (name: string): string => join(folder, name);
  const home = at('home');
  const clone = at('clone');
  const project = at('work/shop');
  for (const made of [home, clone, join(project, 'src')]) await mkdir(made, { recursive: true });
  const options = (env: LoadOptions['env'] = {}): LoadOptions => ({
    env: { HOME: home, PROJECT_ROOT: project, ...env },
    cwd: clone,
    packageRoot: clone,
  });
  return {
    folder,
    home,
    clone,
    project,
    options,
    load: (env) => loadConfig(options(env)),
    async write(path, text, mode = 0o644) {
      const file = join(folder, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text, { mode });
      return file;
    },
  };
}

/** The error of a configuration that must be refused. */
export function refusal(load: () => unknown): ConfigurationError {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}
