import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type parseDiff from 'parse-diff';
import { checkOf, type RedTest } from '../domain/tests.ts';
import { filesOfDiff } from '../workspace/diff-files.ts';
import type { Patch } from '../workspace/types.ts';
import { looking, type SuppressionMark, silencing } from './suppression-marks.ts';
import { textBefore } from './within.ts';

/** Something that a patch adds or takes away so that a check says less. */
interface Suppression {
  readonly check: string | undefined;
  readonly what: string;
  readonly where: string;
  readonly line: string;
}

const mostTold = 10;
const all = [...silencing, ...looking];

/**
 * What a patch adds so that a check looks away, and what it takes away that made it look. A line that was only moved,
 * together with what it is about, is not new.
 *
 * @param root a folder that holds the patched tree: a file that is no UTF-8 has no lines in the patch.
 */
export function suppressionsIn(patch: Patch, root: string): readonly Suppression[] {
  const files = filesOfDiff(patch.text);
  return patch.changes.flatMap(({ path, kind }) => {
    if (kind === 'deleted' || !all.some((mark) => mark.files.test(path))) return [];
    const { before, after } = sidesOf(join(root, path), files.get(path)?.chunks ?? []);
    const of = (marks: readonly SuppressionMark[], side: Side) =>
      marks.filter((mark) => mark.files.test(path)).flatMap((mark) => occurrences(mark, side));
    const added = without(of(silencing, after), of(silencing, before));
    const lost = without(of(looking, before), of(looking, after));
    return [
      ...added.map((each) => ({ ...each, where: `${path}:${each.at}` })),
      ...lost.map((each) => ({
        ...each,
        where: `${path} (line ${each.at} before)`,
        line: `it no longer has ${each.line}`,
      })),
    ];
  });
}

/** A file before or after the patch, with the numbers of its lines that the other side has not. */
interface Side {
  readonly text: string;
  readonly own: ReadonlySet<number> | 'all';
}

function sidesOf(file: string, chunks: readonly parseDiff.Chunk[]): { before: Side; after: Side } {
  const changes = chunks.flatMap((chunk) => chunk.changes);
  const text = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  // Where the patch shows no lines of the file, nobody knows what was there.
  if (chunks.length === 0) return { before: { text: '', own: 'all' }, after: { text: text ?? '', own: 'all' } };
  const numbers = (kind: 'add' | 'del') => new Set(changes.flatMap((each) => (each.type === kind ? [each.ln] : [])));
  return {
    before: { text: textBefore(text ?? '', chunks), own: numbers('del') },
    after: { text: text ?? '', own: numbers('add') },
  };
}

interface Occurrence extends Pick<Suppression, 'check' | 'what' | 'line'> {
  readonly at: number;
  /** With what it is about: a comment with a line of its own is about the next one. */
  readonly key: string;
}

/** Where a mark stands that touches a line of this side alone. */
function occurrences({ pattern, check, what }: SuppressionMark, { text, own }: Side): readonly Occurrence[] {
  const found = new Map<number, Occurrence>();
  let from = 0;
  let at = 1;
  for (const { index, 0: hit } of text.matchAll(pattern)) {
    for (let next = text.indexOf('\n', from); next !== -1 && next < index; next = text.indexOf('\n', from)) {
      from = next + 1;
      at++;
    }
    const end = endOf(text, index, hit);
    const line = text.slice(from, end).replaceAll(/\s+/g, ' ').trim();
    const last = at + (text.slice(from, end).match(/\n/g)?.length ?? 0);
    if (!isTouched(own, at, last)) continue;
    const governed = /^(?:\/\/|\/\*|\{\/\*|<!--|#|@)/.test(line)
      ? (/\S.*/.exec(text.slice(end))?.[0].trim() ?? '')
      : '';
    found.set(at, {
      check,
      what: what ?? check ?? 'a check',
      at,
      line: line.slice(0, 160),
      key: `${line}\n${governed}`,
    });
  }
  return [...found.values()];
}

/** A comment that begins with a directive, and an attribute, are directives to their end. */
function endOf(text: string, index: number, hit: string): number {
  const open = text.lastIndexOf('/*', index + hit.length);
  const isDirective =
    open !== -1 && open > text.lastIndexOf('*/', index) && /^[\s*]*$/.test(text.slice(open + 2, index));
  const close = isDirective ? text.indexOf('*/', index) : /^#!?\s*\[|^\[/.test(hit) ? text.indexOf(']', index) : index;
  const end = text.indexOf('\n', Math.max(close, index + hit.length - 1));
  return end === -1 ? text.length : end;
}

function isTouched(own: Side['own'], first: number, last: number): boolean {
  if (own === 'all') return true;
  for (let at = first; at <= last; at++) if (own.has(at)) return true;
  return false;
}

/** Those of the first that have no equal among the others. */
function without(some: readonly Occurrence[], others: readonly Occurrence[]): readonly Occurrence[] {
  const left = others.map(({ key }) => key);
  return some.filter(({ key }) => {
    const at = left.indexOf(key);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/**
 * Which of these a patch is refused for: those of a check that has problems here, since silence would pass for a fix.
 * The others are for a person to look at. A command of one's own may heed any of them.
 */
export function weighSuppressions(
  found: readonly Suppression[],
  tests: readonly Pick<RedTest, 'id'>[],
): { readonly refused: readonly string[]; readonly doubtful: readonly string[] } {
  const checks = new Set(tests.map(({ id }) => checkOf(id)?.split(':', 1)[0]).filter((name) => name !== undefined));
  const isAtWork = ({ check }: Suppression) => checks.has('command') || (check !== undefined && checks.has(check));
  const told = ({ where, what, line }: Suppression) => `${where} silences ${what}: ${line}`;
  return {
    refused: found
      .filter(isAtWork)
      .slice(0, mostTold)
      .map((each) => `It mends nothing: ${told(each)}`),
    doubtful: found
      .filter((each) => !isAtWork(each))
      .slice(0, mostTold)
      .map(told),
  };
}

/** A problem has gone, too, where its file has: whether that is the mending is for a person to say. */
export function goneWithTheirFile({ changes }: Patch, regression: readonly RedTest[]): readonly string[] {
  const gone = new Set(changes.filter(({ kind }) => kind === 'deleted').map(({ path }) => path));
  const files = regression
    .filter(({ id, file }) => checkOf(id) !== undefined && gone.has(file))
    .map(({ file }) => file);
  return [...new Set(files)].map((file) => `it deletes ${file}, which the problem was in`);
}
