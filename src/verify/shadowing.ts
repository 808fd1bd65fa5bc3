import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { RedTest, TestReport } from '../domain/tests.ts';
import type { Patch } from '../workspace/types.ts';
import { ofStandardLibrary } from './python-names.ts';

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
 * @param known the test files, which say what they import, and what was red for want of a module.
 */
export function shadowingReasons(
  patch: Patch,
  root: string,
  known: { readonly before: Pick<TestReport, 'files'>; readonly regression: readonly RedTest[] },
): readonly string[] {
  const added = new Set(patch.changes.filter(({ kind }) => kind === 'added').map(({ path }) => path));
  return [...added].flatMap((path) => {
    if (ofPython.test(path))
      return [`It adds ${path}, which takes the place of what Python itself imports by this name.`];
    const foreign = importedFromElsewhere(path, { root, added, known });
    if (foreign !== undefined)
      return [`It adds ${path}, which may take the place of the module ${foreign} that is imported from elsewhere.`];
    const twin = twinsOf(path).find((other) => !added.has(other) && existsSync(join(root, other)));
    return twin === undefined
      ? []
      : [
          `It adds ${path}, which takes the place of ${twin} in imports${/\.pyi?$/.test(path) ? '' : ' without an ending'}.`,
        ];
  });
}

function twinsOf(path: string): readonly string[] {
  // Type checkers look at the stub alone.
  const stub = /^(.*)\.pyi$/.exec(path);
  if (stub !== null) return [`${stub[1]}.py`];
  // A package and a module of one name: Python takes the package.
  const python = /^(.*?)(\/__init__)?\.py$/.exec(path);
  if (python !== null) return [python[2] === undefined ? `${python[1]}/__init__.py` : `${python[1]}.py`];
  const [, stem, index = '', ending] = module.exec(path) ?? [];
  if (stem === undefined || /\.d\.[cm]?ts$/.test(path)) return [];
  const others = endings.filter((each) => each !== ending).map((each) => `${stem}${index}${each}`);
  const asFolder = index === '' ? endings.map((each) => `${stem}/index${each}`) : endings.map((each) => stem + each);
  return [...others, ...asFolder];
}

interface Where {
  readonly root: string;
  readonly added: ReadonlySet<string>;
  readonly known: Parameters<typeof shadowingReasons>[2];
}

/**
 * The name of an added module of Python that stands where Python may look first, in the root of the project above all,
 * and that comes with Python or is imported by tests, which have found it elsewhere until now.
 */
function importedFromElsewhere(path: string, { root, added, known }: Where): string | undefined {
  const [, folder = '', name] = /^(.*\/)?(?!__init__)([A-Za-z_]\w*)(?:\.py|\/__init__\.py)$/.exec(path) ?? [];
  if (name === undefined || existsSync(join(root, folder, '__init__.py'))) return undefined;
  if (ofStandardLibrary.has(name)) return name;
  const isOurs =
    path.endsWith('/__init__.py') &&
    filesBelow(join(root, folder, name)).some((entry) => !added.has(`${folder}${name}/${entry}`));
  if (isOurs || known.regression.some(({ message }) => message.includes(name))) return undefined;
  const imports = new RegExp(`^[ \\t]*(?:import|from)[ \\t]+(?:[\\w., \\t]*,[ \\t]*)?${name}\\b`, 'm');
  return known.before.files.some((file) => file.endsWith('.py') && imports.test(textOf(join(root, file))))
    ? name
    : undefined;
}

/** Files below a folder, relative to it. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((each) => each.isFile())
    .map((each) => relative(folder, join(each.parentPath, each.name)));
}

function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
