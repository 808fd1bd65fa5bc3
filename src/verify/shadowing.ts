import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Patch } from '../workspace/types.ts';

/** What an import without an ending may be completed to. */
const endings = ['.mjs', '.js', '.mts', '.ts', '.jsx', '.tsx', '.cjs', '.cts', '.json'];
const module = /^(.*?)(\/index)?(\.[cm]?[jt]sx?)$/;

/** Names that Python and its test runners import by themselves, from wherever they lie. */
const ofPython = /(?:^|\/)(?:sitecustomize|usercustomize|_?pytest|pluggy|unittest|doctest)(?:\.py|\/__init__\.py)$/;

/**
 * Modules that a patch adds beside one of the same name, so that `./name` may mean another file than before: what the
 * person reads and builds would no longer be what the tests have tried.
 *
 * @param root a folder that holds the patched tree.
 */
export function shadowingReasons(patch: Patch, root: string): readonly string[] {
  const added = new Set(patch.changes.filter(({ kind }) => kind === 'added').map(({ path }) => path));
  return [...added].flatMap((path) => {
    if (ofPython.test(path))
      return [`It adds ${path}, which takes the place of what Python itself imports by this name.`];
    const twin = twinsOf(path).find((other) => !added.has(other) && existsSync(join(root, other)));
    return twin === undefined
      ? []
      : [
          `It adds ${path}, which takes the place of ${twin} in imports${path.endsWith('.py') ? '' : ' without an ending'}.`,
        ];
  });
}

function twinsOf(path: string): readonly string[] {
  // A package and a module of one name: Python takes the package.
  const python = /^(.*?)(\/__init__)?\.py$/.exec(path);
  if (python !== null) return [python[2] === undefined ? `${python[1]}/__init__.py` : `${python[1]}.py`];
  const [, stem, index = '', ending] = module.exec(path) ?? [];
  if (stem === undefined || /\.d\.[cm]?ts$/.test(path)) return [];
  const others = endings.filter((each) => each !== ending).map((each) => `${stem}${index}${each}`);
  const asFolder = index === '' ? endings.map((each) => `${stem}/index${each}`) : endings.map((each) => stem + each);
  return [...others, ...asFolder];
}
