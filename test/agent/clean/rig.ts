import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { loadConfig } from '../../../src/config/load.ts';
import { findPackageRoot } from '../../../src/config/package-root.ts';
import type { Config } from '../../../src/config/types.ts';
import { placesIn } from '../../rig/places.ts';
import { scratch } from '../../rig/scratch.ts';

export interface Place {
  readonly folder: string;
  readonly config: Config;
  write(path: string, text?: string): Promise<void>;
}

/** A project and the places of an agent on it, in which a test puts what it likes. */
export async function place(settings: Readonly<Record<string, string>> = {}): Promise<Place> {
  const folder = await scratch('clean');
  const project = join(folder, 'project');
  await mkdir(project);
  const env = { HOME: folder, PROJECT_ROOT: project, ...placesIn(folder), ...settings };
  return {
    folder,
    config: loadConfig({ env, cwd: folder, packageRoot: findPackageRoot() }),
    write: async (path, text = 'text') => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    },
  };
}
