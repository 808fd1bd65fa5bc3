import { posix } from 'node:path';
import { isOwn, relativePath } from '../report/paths.ts';
import { shellRules } from '../shell/rules.ts';
import type { Case } from './cases.ts';

/** Finds the file of a test case among the files of the project; the empty string where it cannot be told. */
export type Locate = (each: Pick<Case, 'file' | 'hints'>, report: string) => string;

/**
 * A file that is written wins, where the project has it. Else the class is looked for: `com.a.FooTest` is in a file whose path
 * ends in `com/a/FooTest.*`, `tests.test_a.TestB` in `tests/test_a.*`.
 *
 * @param files all files of the project, relative to the root with `/`
 */
export function locator(files: readonly string[], root: string): Locate {
  const known = new Set(files);
  const byStem = Map.groupBy(files, (path) => stemOf(posix.basename(path)).toLowerCase());
  const remembered = new Map<string, string>();
  const ending = (path: string, report: string, may = (_: string) => true): string | undefined => {
    const wanted = path.toLowerCase();
    const candidates = byStem.get(stemOf(posix.basename(wanted))) ?? [];
    const fits = candidates.filter((each) => endsLike(each, wanted) && may(each));
    return nearest(fits, path, report);
  };
  const byHint = (hint: string, report: string): string | undefined => {
    const named = posix.normalize(relativeTo(root, hint));
    if (known.has(named)) return named;
    const parts = hint
      .replace(/[$(:\s].*$/s, '')
      .split(/[./\\]+/)
      .filter((part) => part !== '');
    // A class inside of a class or a module: the names at the end are no files. A source may have the name of its test.
    for (let count = parts.length; count > 0; count--) {
      const found = ending(parts.slice(0, count).join('/'), report, shellRules.looksLikeTests);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const find = ({ file, hints }: Pick<Case, 'file' | 'hints'>, report: string): string => {
    const written = file === undefined ? '' : posix.normalize(relativeTo(root, file));
    if (written !== '' && known.has(written)) return written;
    const found =
      (written === '' ? undefined : ending(written, report)) ?? first(hints, (hint) => byHint(hint, report));
    return found ?? (isOwn(written) && written !== '.' ? written : '');
  };
  return (each, report) => {
    const key = JSON.stringify([each.file, each.hints, posix.dirname(report)]);
    const before = remembered.get(key);
    if (before !== undefined) return before;
    const found = find(each, report);
    remembered.set(key, found);
    return found;
  };
}

function relativeTo(root: string, file: string): string {
  const plain = file.replace(/^file:\/\//, '').replaceAll('\\', '/');
  return posix.isAbsolute(plain) ? relativePath(root, plain) : plain;
}

function stemOf(name: string): string {
  const dot = name.indexOf('.', 1);
  return dot === -1 ? name : name.slice(0, dot);
}

/** `com/a/footest` stands for `…/com/a/FooTest.java`, `test/sum.test.js` for itself. */
function endsLike(path: string, wanted: string): boolean {
  const lower = `/${path.toLowerCase()}`;
  const at = lower.lastIndexOf(`/${wanted}`);
  return at !== -1 && /^(?:\.[^/]*)?$/.test(lower.slice(at + wanted.length + 1));
}

/** Of several the one with the same case, then the one that lies beside the report, then the shortest. */
function nearest(paths: readonly string[], wanted: string, report: string): string | undefined {
  const rank = (path: string) => (path.includes(wanted) ? 1_000 : 0) + shared(path, report);
  return [...paths].sort(
    (one, other) => rank(other) - rank(one) || one.length - other.length || (one < other ? -1 : 1),
  )[0];
}

function shared(one: string, other: string): number {
  const [left, right] = [one.split('/'), other.split('/')];
  const at = left.findIndex((part, index) => part !== right[index]);
  return at === -1 ? left.length : at;
}

function first(hints: readonly string[], find: (hint: string) => string | undefined): string | undefined {
  for (const hint of hints) {
    const found = find(hint);
    if (found !== undefined) return found;
  }
  return undefined;
}
