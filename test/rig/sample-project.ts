import { existsSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Where `old-versions.ts` keeps other versions of test runners; outside the repository, so that nothing resolves by accident. */
export const OLD_VERSIONS = join(homedir(), '.cache', 'mendwatch-test');

/** The folder of an installed vitest: the newest of a major version or an exact one; 5 is the repository's own. */
export function vitestFolder(version: number | string): string {
  if (version === 5) return dirname(createRequire(import.meta.url).resolve('vitest/package.json'));
  const folder = join(OLD_VERSIONS, `vitest-${version}`, 'node_modules', 'vitest');
  if (!existsSync(folder)) throw new Error(`vitest ${version} is not at ${folder}: the full tests install it`);
  return folder;
}

/**
 * Writes a project into `root`: files by their relative path, and `node_modules` as a real folder with a link to vitest,
 * which is how a lane looks.
 */
export async function writeProject(
  root: string,
  files: Readonly<Record<string, string>>,
  version: number | string = 5,
): Promise<string> {
  const all = { 'package.json': '{"type":"module","devDependencies":{"vitest":"*"}}', ...files };
  for (const [path, text] of Object.entries(all)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  await mkdir(join(root, 'node_modules'), { recursive: true });
  await symlink(vitestFolder(version), join(root, 'node_modules', 'vitest'));
  return root;
}
