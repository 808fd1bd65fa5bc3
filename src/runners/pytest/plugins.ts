import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { namedModules } from './settings.ts';

const mostFiles = 200;
const declaration = /^pytest_plugins\b[^=\n]*\+?=\s*(\[[^\]]*\]|\([^)]*\)|[^\n]*)/gm;

/**
 * Modules of the project that pytest loads as plugins, by its settings or by `pytest_plugins` in a `conftest.py` or in another
 * plugin: they may change what a test says. What a `conftest.py` imports otherwise is mostly the program that is tested.
 *
 * @param places folders that pytest is run in, with the settings file that it reads there
 * @param files of the project
 */
export async function pluginFiles(
  root: string,
  places: readonly { readonly folder: string; readonly file: string | undefined }[],
  files: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const folders = [...new Set(['', ...places.map(({ folder }) => folder)])];
  const take = (name: string, near: string): void => {
    const from = [...new Set([...folders, near])].flatMap((folder) => [folder, posix.join(folder, 'src')]);
    for (const each of from)
      for (const path of modulesAt(each, name)) if (existsSync(join(root, path))) found.add(path);
  };
  for (const { folder, file } of places) {
    for (const name of await namedModules(join(root, folder), file, 'plugins')) take(name, folder);
  }
  const declaring = new Set(files.filter((path) => posix.basename(path) === 'conftest.py').slice(0, mostFiles));
  for (const path of declaring) {
    const text = await readFile(join(root, path), 'utf8').catch(() => '');
    for (const [, value = ''] of text.matchAll(declaration)) {
      for (const [, name = ''] of value.matchAll(/["']([\w.]+)["']/g)) take(name, posix.dirname(path));
    }
    for (const each of found) if (declaring.size < mostFiles) declaring.add(each);
  }
  return found;
}

function modulesAt(folder: string, name: string): readonly string[] {
  const path = posix.join(folder, name.replaceAll('.', '/'));
  return [`${path}.py`, `${path}/__init__.py`];
}
