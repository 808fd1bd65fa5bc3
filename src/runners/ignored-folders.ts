import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, posix, resolve } from 'node:path';
import ignore, { type Ignore } from 'ignore';

/** Of installed packages, or made by a tool, whatever the project says of them. */
const never = /^(?:\..*|node_modules|bower_components|jspm_packages|vendor|__pycache__|site-packages)$/;
/** Mostly build results and environments, and in some projects sources. */
const perhaps = /^(?:target|dist|build|out|coverage|venv|env|tmp)$/;
/** What tools leave in folders that can be made anew. */
const marks = ['pyvenv.cfg', 'conda-meta', 'CACHEDIR.TAG'];
const mostLevelsUp = 20;

/** Rules of one folder, with how a path of the project is called from there. */
interface Rules {
  readonly seen: (path: string) => string;
  readonly rules: Ignore | undefined;
}

/**
 * Says of a folder (relative to the root with `/`) whether nothing in it is the project's own: installed packages, caches,
 * and what git ignores. Where no rules of git are known, the name decides.
 */
export function foreignFolders(root: string): (path: string) => Promise<boolean> {
  const known = new Map<string, Promise<Ignore | undefined>>();
  const rulesOf = (folder: string): Promise<Ignore | undefined> => {
    const read = known.get(folder) ?? readRules(join(root, folder));
    known.set(folder, read);
    return read;
  };
  let above: Promise<readonly Rules[]> | undefined;
  return async (path) => {
    const name = posix.basename(path);
    if (never.test(name)) return true;
    if (!perhaps.test(name)) return false;
    if (marks.some((mark) => existsSync(join(root, path, mark)))) return true;
    // Tools that make a folder put this into it, too.
    if ((await rulesOf(path))?.ignores('anything') === true) return true;
    above ??= rulesAbove(root);
    const inside = foldersTo(path).map(async (folder): Promise<Rules> => {
      const seen = (each: string): string => (folder === '' ? each : each.slice(folder.length + 1));
      return { seen, rules: await rulesOf(folder) };
    });
    return isIgnored(path, [...(await Promise.all(inside)), ...(await above)]) ?? true;
  };
}

/** As git does it: the nearest rules that say anything decide. Undefined: there are no rules at all. */
function isIgnored(path: string, all: readonly Rules[]): boolean | undefined {
  const known = all.flatMap(({ seen, rules }) => (rules === undefined ? [] : [rules.test(`${seen(path)}/`)]));
  const decisive = known.find(({ ignored, unignored }) => ignored || unignored);
  return known.length === 0 ? undefined : decisive?.ignored === true;
}

/** The folders that a path lies in, nearest first, with the root. */
function foldersTo(path: string): readonly string[] {
  const steps = path.split('/').slice(0, -1);
  return [...steps.map((_, at) => steps.slice(0, steps.length - at).join('/')), ''];
}

/** Rules of the repository that a project is a folder of, nearest first; last those that are kept beside its history. */
async function rulesAbove(root: string): Promise<readonly Rules[]> {
  const found: { readonly way: string; readonly rules: Ignore | undefined }[] = [];
  let at = root;
  let way = '';
  for (let level = 0; !existsSync(join(at, '.git')); level++) {
    // Of no repository: what lies above has nothing to say.
    if (level === mostLevelsUp || dirname(at) === at) return [];
    way = way === '' ? basename(at) : `${basename(at)}/${way}`;
    at = dirname(at);
    found.push({ way, rules: await readRules(at) });
  }
  found.push({ way, rules: await ownExcludes(join(at, '.git')) });
  // A folder that the repository around it ignores is no part of it.
  const asFolder = found.map((each): Rules => ({ seen: () => each.way, rules: each.rules }));
  if (way !== '' && isIgnored('', asFolder) === true) return [];
  return found.map((each): Rules => ({ seen: (path) => posix.join(each.way, path), rules: each.rules }));
}

/** `info/exclude`: of a worktree it lies with the repository. Git makes one that only has comments, which says nothing. */
async function ownExcludes(git: string): Promise<Ignore | undefined> {
  const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
  const [, elsewhere] = /^gitdir: (.+)/.exec(await textOf(git)) ?? [];
  const folder = elsewhere === undefined ? git : resolve(dirname(git), elsewhere.trim());
  const common = resolve(folder, (await textOf(join(folder, 'commondir'))).trim());
  const text = await textOf(join(common, 'info', 'exclude'));
  return /^(?!#)\s*\S/m.test(text) ? ignore().add(text) : undefined;
}

async function readRules(folder: string): Promise<Ignore | undefined> {
  const text = await readFile(join(folder, '.gitignore'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : ignore().add(text);
}
