import { join } from 'node:path';
import { findPackage } from '../javascript/installed.ts';

/** A vitest on disk. */
export interface InstalledVitest {
  /** `vitest.mjs`, without symbolic links. */
  readonly executable: string;
  readonly version: string;
  /** The ranges of Node that it and its Vite ask for. */
  readonly engines: readonly string[];
}

/** The vitest that a package in `folder` would get. Undefined when there is none. */
export async function findVitest(folder: string): Promise<InstalledVitest | undefined> {
  const found = await findPackage('vitest', folder);
  if (found === undefined) return undefined;
  const vite = await findPackage('vite', found.folder);
  const engines = [found.engines, vite?.engines].filter((range) => range !== undefined);
  return { executable: join(found.folder, 'vitest.mjs'), version: found.version, engines };
}
