import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MendwatchError } from '../errors.ts';

/** The folder of Mendwatch's own package.json, seen from `src/` as well as from `dist/src/`. */
export function findPackageRoot(from: string = import.meta.dirname): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (packageName(folder) === 'mendwatch') return folder;
    if (folder === dirname(folder)) {
      throw new MendwatchError(`No package.json of mendwatch was found above ${from}.`, {
        remedy: 'Install mendwatch again.',
      });
    }
  }
}

export function packageVersion(packageRoot: string): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  return version;
}

/** Whether this package was installed into a project (or for the whole machine), rather than cloned. */
export function isInstalled(packageRoot: string): boolean {
  return packageRoot.split(/[\\/]/).includes('node_modules');
}

function packageName(folder: string): unknown {
  try {
    const parsed: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return typeof parsed === 'object' && parsed !== null && 'name' in parsed ? parsed.name : undefined;
  } catch {
    return undefined;
  }
}
