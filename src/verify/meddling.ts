import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { TestReport } from '../domain/tests.ts';

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
  const paths = [...new Set([...files, ...helpers, ...snapshots, ...ofNode])];
  const before = await Promise.all(paths.map((path) => contentOf(join(root, path))));
  return async () => {
    const after = await Promise.all(paths.map((path) => contentOf(join(root, path))));
    return paths.filter((_, at) => before[at] !== after[at]);
  };
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
