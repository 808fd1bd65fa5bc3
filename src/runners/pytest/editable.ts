import { glob, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const environmentFolders = ['.venv', 'venv', 'env'];
const mostFiles = 200;

/**
 * Folders of the project that installations in editable mode put on the path of Python, relative to the root: lines of
 * `.pth` files, and tables of the import finders that setuptools writes. In a lane they would lead to the person's tree.
 *
 * @param active a virtual environment beside those in the project.
 */
export async function editableFolders(root: string, active: string | undefined): Promise<readonly string[]> {
  const environments = [...environmentFolders.map((name) => join(root, name)), ...(active ? [active] : [])];
  const found = new Set<string>();
  for (const environment of environments) {
    for (const path of await namedIn(environment)) {
      if (path === root) found.add('');
      else if (path.startsWith(`${root}/`)) found.add(path.slice(root.length + 1));
    }
  }
  return [...found].filter((path) => !/(?:^|\/)site-packages(?:\/|$)/.test(path)).sort();
}

async function namedIn(environment: string): Promise<readonly string[]> {
  const named: string[] = [];
  let seen = 0;
  for await (const file of glob('lib/python*/site-packages/{*.pth,__editable___*.py}', { cwd: environment })) {
    seen += 1;
    if (seen > mostFiles) break;
    const text = await readFile(join(environment, file), 'utf8').catch(() => '');
    if (file.endsWith('.pth')) named.push(...text.split('\n').map((line) => line.trim().replace(/(?<=.)\/$/, '')));
    // A package or a module of a table is found in the folder around it.
    else for (const [, path = ''] of text.matchAll(/:\s*['"](\/[^'"\n]+)['"]/g)) named.push(dirname(path));
  }
  return named;
}
