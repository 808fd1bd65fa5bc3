import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type parseDiff from 'parse-diff';
import { filesOfDiff } from '../workspace/diff-files.ts';
import type { Patch } from '../workspace/types.ts';

/** The tests that stand inside a source file, as text. */
export type TestsWithin = (path: string, text: string) => string | undefined;

/**
 * Source files whose tests inside a patch changes. The file before the patch is the file after it with the patch's own
 * lines turned round.
 *
 * @param root a folder that holds the patched tree.
 */
export function changedTestsWithin(patch: Patch, root: string, testsWithin: TestsWithin): readonly string[] {
  const files = filesOfDiff(patch.text);
  return patch.changes.flatMap(({ path, kind }) => {
    if (kind === 'added') return [];
    const on = join(root, path);
    const after = kind === 'deleted' || !existsSync(on) ? '' : readFileSync(on, 'utf8');
    const chunks = files.get(path)?.chunks ?? [];
    // Where the patch shows no lines of the file (it is no text, or git quotes its name), nobody knows what was there.
    const isHidden = chunks.length === 0 && (kind === 'deleted' || testsWithin(path, after) !== undefined);
    const isChanged = testsWithin(path, textBefore(after, chunks)) !== testsWithin(path, after);
    return isChanged || isHidden ? [`It changes the tests inside ${path}, which are protected.`] : [];
  });
}

/** A file as it was, from what it is and the patch's lines. */
export function textBefore(after: string, chunks: readonly parseDiff.Chunk[]): string {
  const lines = after.split('\n');
  const before: string[][] = [];
  let done = 0;
  for (const { newStart, newLines, changes } of chunks) {
    const at = newLines === 0 ? newStart : newStart - 1;
    const old = changes.filter(({ type, content }) => type !== 'add' && !content.startsWith('\\'));
    before.push(
      lines.slice(done, at),
      old.map(({ content }) => content.slice(1)),
    );
    done = at + newLines;
  }
  return [...before, lines.slice(done)].flat().join('\n');
}
