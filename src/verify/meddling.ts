import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { TestReport } from '../domain/tests.ts';
import type { Patch } from '../workspace/types.ts';

const atOnce = 64;
const source = /\.(?:[cm]?[jt]sx?|vue|svelte|astro|pyi?|go|rs)$/;

/**
 * Remembers the tests in a lane and what is protected of what they import, before they run. The function that it gives
 * names what was changed since: a patched source may rewrite the tests that are loaded after it.
 */
export async function rememberTests(
  root: string,
  { files, imports }: TestReport,
  isProtected: (path: string) => boolean,
): Promise<() => Promise<readonly string[]>> {
  const helpers = Object.values(imports).flat().filter(isProtected);
  const snapshots = files.flatMap((file) =>
    [`${basename(file)}.snap`, `${basename(file, '.py')}.ambr`].map((name) =>
      join(dirname(file), '__snapshots__', name),
    ),
  );
  const ofNode = files.map((file) => `${file}.snapshot`);
  return remember(root, [...files, ...helpers, ...snapshots, ...ofNode]);
}

/**
 * The same of the sources that tests import or the patch changes: what is proven has to be what will lie there afterwards. Not
 * of data, which a program may write. To be asked before the lane is brought to anything else.
 */
export function rememberSources(
  root: string,
  { imports }: TestReport,
  { changes }: Patch,
): Promise<() => Promise<readonly string[]>> {
  const all = [...Object.values(imports).flat(), ...changes.map(({ path }) => path)];
  return remember(
    root,
    all.filter((path) => source.test(path)),
  );
}

async function remember(root: string, all: readonly string[]): Promise<() => Promise<readonly string[]>> {
  const paths = [...new Set(all)];
  const before = await contentsOf(root, paths);
  return async () => {
    const after = await contentsOf(root, paths);
    return paths.filter((_, at) => before[at] !== after[at]);
  };
}

/** A large project has more files than can be open at once. */
async function contentsOf(root: string, paths: readonly string[]): Promise<readonly string[]> {
  const contents: string[] = [];
  for (let at = 0; at < paths.length; at += atOnce) {
    contents.push(...(await Promise.all(paths.slice(at, at + atOnce).map((path) => contentOf(join(root, path))))));
  }
  return contents;
}

async function contentOf(file: string): Promise<string> {
  try {
    return createHash('sha1')
      .update(await readFile(file))
      .digest('hex');
  } catch {
    return 'absent';
  }
}
