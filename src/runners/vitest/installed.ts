import { readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const packageSchema = z.object({
  version: z.string(),
  engines: z.object({ node: z.string().optional() }).optional().catch(undefined),
});

/** A vitest on disk. */
export interface InstalledVitest {
  /** `vitest.mjs`, without symbolic links. */
  readonly executable: string;
  readonly version: string;
  /** The ranges of Node that it and its Vite ask for. */
  readonly engines: readonly string[];
}

/**
 * The vitest that a package in `folder` would get: the nearest `node_modules/vitest` in it or above it (hoisted), as Node
 * resolves packages. Undefined when there is none.
 */
export async function findVitest(folder: string): Promise<InstalledVitest | undefined> {
  const found = await findPackage('vitest', folder);
  if (found === undefined) return undefined;
  const vite = await findPackage('vite', found.folder);
  const engines = [found.engines, vite?.engines].filter((range) => range !== undefined);
  return { executable: join(found.folder, 'vitest.mjs'), version: found.version, engines };
}

async function findPackage(
  name: string,
  from: string,
): Promise<{ folder: string; version: string; engines: string | undefined } | undefined> {
  for (let folder = from; ; folder = dirname(folder)) {
    try {
      const real = await realpath(join(folder, 'node_modules', name));
      const { version, engines } = packageSchema.parse(JSON.parse(await readFile(join(real, 'package.json'), 'utf8')));
      return { folder: real, version, engines: engines?.node };
    } catch {
      // Not here, or half installed: look further up.
    }
    if (dirname(folder) === folder) return undefined;
  }
}
