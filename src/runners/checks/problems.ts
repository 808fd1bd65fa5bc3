import { resolve } from 'node:path';
import { problemId, type TestResult } from '../../domain/tests.ts';
import { isOwn, relativePath } from '../report/paths.ts';
import { cutMiddle, messageLimit, plainText } from '../report/text.ts';
import type { Place, Problem } from './types.ts';

const textLimit = 300;
const shownPlaces = 10;

/** A problem with what it is known by. */
interface Known {
  readonly file: string;
  readonly text: string;
  readonly problem: Problem;
}

/**
 * Problems as results, in the order of the file: the same problem on another line keeps its id, and the second of the
 * same text in a file has the occurrence 2. What is said twice of one place (by two configurations) counts once.
 */
export function problemResults(
  name: string,
  problems: readonly Problem[],
  { root, folder }: Pick<Place, 'root' | 'folder'>,
): TestResult[] {
  const known = problems.map((problem) => knownBy(problem, root, folder)).sort(byPlace);
  const places = new Map<string, string[]>();
  const distinct = [
    ...new Map(known.map((each) => [JSON.stringify([each.file, each.text, placeOf(each)]), each])).values(),
  ];
  for (const each of distinct) {
    const key = keyOf(each);
    places.set(key, [...(places.get(key) ?? []), placeOf(each)].slice(0, shownPlaces + 1));
  }
  const occurrences = new Map<string, number>();
  return distinct.map((each) => {
    const { file, text } = each;
    const occurrence = (occurrences.get(keyOf(each)) ?? 0) + 1;
    occurrences.set(keyOf(each), occurrence);
    return {
      id: problemId(name, file, text, occurrence),
      kind: 'problem',
      file,
      title: `${name}: ${text}`,
      status: 'failed',
      durationMs: 0,
      message: cutMiddle(messageOf(each, places.get(keyOf(each)) ?? [], root), messageLimit),
    };
  });
}

function knownBy(problem: Problem, root: string, folder: string): Known {
  const path = problem.file === '' ? '' : relativePath(root, resolve(folder, problem.file));
  const file = isOwn(path) ? path : '';
  const [line = ''] = plainText(problem.message, root).trim().split('\n', 1);
  const said = [problem.code, line].filter((part) => part !== undefined && part !== '').join(' ');
  const text = withoutPlaces(file === '' && path !== '' ? `${said} (${path})` : said);
  return { file, text: text.slice(0, textLimit), problem };
}

/** A text without what differs from lane to lane and from line to line: absolute paths, and numbers of lines and columns. */
export function withoutPlaces(text: string): string {
  return text
    .replaceAll(/(?<![\w.:/-])(?:[A-Za-z]:)?[\\/](?:[\w.@+~-]+[\\/])+([\w.@+~-]+)/g, '…/$1')
    .replaceAll(/(\.\w+)(?::\d+(?::\d+)?|\(\d+,\d+\))/g, '$1')
    .replaceAll(/\b(lines?|columns?|col|row)(:? )\d+(?:(?:\s*[-–,]\s*| to | and )\d+)*/gi, '$1$2…');
}

const keyOf = ({ file, text }: Known): string => `${file}|${text}`;

function placeOf({ problem: { line, column } }: Known): string {
  if (line === undefined) return '';
  return column === undefined ? String(line) : `${line}:${column}`;
}

function byPlace(one: Known, other: Known): number {
  if (one.file !== other.file) return one.file < other.file ? -1 : 1;
  const { problem: a } = one;
  const { problem: b } = other;
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0) || (one.text < other.text ? -1 : 1);
}

/** Which of several equal ones is new cannot be known, so that all places are named. */
function messageOf(each: Known, places: readonly string[], root: string): string {
  const { file, problem } = each;
  const where = [file, placeOf(each)].filter((part) => part !== '').join(':');
  const said = [where, problem.code, plainText(problem.message, root).trim()].filter(Boolean).join(' ');
  if (places.length < 2) return said;
  const more = places.length > shownPlaces ? ', …' : '';
  return `${said}\nThe same is said of ${places.slice(0, shownPlaces).join(', ')}${more}.`;
}
