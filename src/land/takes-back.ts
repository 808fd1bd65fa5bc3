import { filesOfDiff } from '../workspace/diff-files.ts';

/** Lines of a diff, by file and whether they came or went, with how often. */
type Lines = Map<string, number>;

/**
 * Whether a fix mainly takes back what the person did: more than half of its lines are lines of the change the other way
 * round, and more than half of the change is undone by them. What only moved (indentation) counts as the same line.
 *
 * @param change the change that broke the tests, as unified text; it may be cut
 * @param patch the fix, as unified text
 */
export function takesBack(change: string, patch: string): boolean {
  const done = linesOf(change, 'done');
  const undone = linesOf(patch, 'undone');
  let shared = 0;
  for (const [line, times] of undone) shared += Math.min(times, done.get(line) ?? 0);
  return shared * 2 > countOf(undone) && shared * 2 > countOf(done);
}

function linesOf(diff: string, as: 'done' | 'undone'): Lines {
  const lines: Lines = new Map();
  for (const [path, { chunks }] of filesOfDiff(diff)) {
    for (const { type, content } of chunks.flatMap(({ changes }) => changes)) {
      const text = content.slice(1).trim();
      if (type === 'normal' || text === '') continue;
      const came = (type === 'add') === (as === 'done');
      const line = `${path}\0${came ? '+' : '-'}${text}`;
      lines.set(line, (lines.get(line) ?? 0) + 1);
    }
  }
  return lines;
}

function countOf(lines: Lines): number {
  return [...lines.values()].reduce((sum, times) => sum + times, 0);
}
