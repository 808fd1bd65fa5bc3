import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A workspace whose packages are configured one by one, without a configuration in the root, is run at once as vitest's
 * projects: by `--workspace` in vitest 1 and 2, by a configuration with `test.workspace` or `test.projects` (3.2 on)
 * after that. The file is written beside the report, outside the project. Returns the options that point to it.
 */
export async function projectsFile(
  packages: readonly string[],
  { version, root, folder }: { readonly version: string; readonly root: string; readonly folder: string },
): Promise<string[]> {
  if (packages.length === 0) return [];
  const path = join(folder, 'vitest-projects.mjs');
  const folders = JSON.stringify(packages.map((name) => join(root, name)));
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 3) {
    await writeFile(path, `export default ${folders};\n`);
    return [`--workspace=${path}`];
  }
  const key = major === 3 && minor < 2 ? 'workspace' : 'projects';
  await writeFile(path, `export default { test: { ${key}: ${folders} } };\n`);
  return [`--config=${path}`, `--root=${root}`];
}
