import { join } from 'node:path';
import type { TestResult, TestStatus } from '../../domain/tests.ts';
import { relativePath } from '../report/paths.ts';
import { loadFailure, type ToldTest, testResults } from '../report/results.ts';
import { cutMiddle, messageLimit, plainText } from '../report/text.ts';
import type { RawReport, RawTest } from './raw-report.ts';

export const project = 'pytest';

/** The results of one pytest, by file. */
export interface Results {
  readonly tests: readonly TestResult[];
  /** Files that were run, or could not be. */
  readonly files: readonly string[];
}

interface Place {
  /** The lane, without links. */
  readonly root: string;
  /** The folder that pytest's names of tests are relative to. */
  readonly rootdir: string;
  /** The test files that this pytest was to run, as far as they are known: a folder that cannot be loaded is all of its files. */
  readonly expected: readonly string[];
}

/** The results of a finished run. */
export function toResults(report: RawReport, { root, expected }: Pick<Place, 'root' | 'expected'>): Results {
  const place: Place = { root, rootdir: report.begin.rootdir, expected };
  const told = [...Map.groupBy(report.tests, ({ node }) => node)].map(([node, lines]) => toTold(node, lines, place));
  const failures = loadFailures(report, place);
  const known = [...(report.collected ?? []), ...report.leftOut].map((node) => fileOf(node, place));
  const files = [...told, ...failures].map(({ file }) => file).concat(known.filter((file) => file.endsWith('.py')));
  return { tests: [...testResults(told), ...failures], files: [...new Set(files)].sort() };
}

function fileOf(node: string, { root, rootdir }: Place): string {
  return relativePath(root, join(rootdir, node.split('::', 1)[0] ?? ''));
}

/** `TestClass::test_name[a::b]`: what stands in brackets is one piece. */
function titlesOf(node: string, root: string): readonly string[] {
  const name = node.slice(`${node.split('::', 1)[0]}::`.length);
  const at = name.indexOf('[');
  const titles = (at === -1 ? name : name.slice(0, at)).split('::');
  const parameters = at === -1 ? '' : steady(name.slice(at), root);
  return titles.map((title, index) => (index === titles.length - 1 ? title + parameters : title));
}

/** Parameters may show where an object lies, or the project: both differ from run to run. */
function steady(text: string, root: string): string {
  return plainText(text, root).replaceAll(/\b0x[0-9a-fA-F]{6,16}\b/g, '0x…');
}

/** The parts of a test (before, itself, after, inside) as one result. */
function toTold(node: string, lines: readonly RawTest[], place: Place): ToldTest {
  const failed = lines.find(({ outcome }) => outcome === 'failed');
  const own = lines.find(
    ({ when, subtest, outcome }) => when === 'call' && subtest === undefined && outcome !== 'rerun',
  );
  const reruns = lines.filter(({ outcome }) => outcome === 'rerun');
  const ended = own ?? lines.find(({ outcome, subtest }) => outcome === 'skipped' && subtest === undefined);
  const status = failed !== undefined || ended === undefined ? 'failed' : statusOf(ended);
  return {
    project,
    file: fileOf(node, place),
    titles: titlesOf(node, place.root),
    status,
    durationMs: lines.reduce((sum, { durationMs }) => sum + durationMs, 0),
    message: messageOf(status, failed, reruns, place.root),
  };
}

/** A test that is expected to fail and does so proves nothing: if it passes one day and then no longer, that is seen. */
function statusOf({ outcome }: RawTest): TestStatus {
  return outcome === 'passed' ? 'passed' : 'skipped';
}

function messageOf(
  status: TestStatus,
  failed: RawTest | undefined,
  reruns: readonly RawTest[],
  root: string,
): string | undefined {
  if (status === 'failed') return failed === undefined ? 'The test did not finish.' : failureText(failed, root);
  const [first] = reruns;
  if (status !== 'passed' || first === undefined) return undefined;
  const times = reruns.length === 1 ? '1 retry' : `${reruns.length} retries`;
  return `Passed after ${times}. ${failureText(first, root)}`;
}

function failureText({ crash = '', text = '', printed = '', when, subtest }: RawTest, root: string): string {
  const [error, whole] = [crash.trim(), text.trim()];
  const where = subtest === undefined ? (when === 'call' ? '' : `${when}: `) : `[${subtest}] `;
  const parts = error === '' || whole === error ? [whole] : [error, whole];
  return cutMiddle(
    plainText([where + parts.join('\n\n'), printed.trim()].filter(Boolean).join('\n\n'), root),
    messageLimit,
  );
}

function loadFailures(report: RawReport, place: Place): TestResult[] {
  const failures = new Map<string, string>();
  const add = (node: string, text: string): void => {
    for (const file of meant(node, place)) if (!failures.has(file)) failures.set(file, loadText(text, place.root));
  };
  for (const { node, text } of report.loads) add(node, text);
  if (report.conftest !== undefined) {
    const { path, text } = report.conftest;
    const folder = relativePath(place.root, join(path, '..'));
    const files = below(folder, place.expected);
    const why = loadText(`${text}\n(while loading ${relativePath(place.root, path)})`, place.root);
    for (const file of files.length === 0 ? [relativePath(place.root, path)] : files) failures.set(file, why);
  }
  return [...failures].map(([file, why]) => loadFailure(project, file, why));
}

/** The files that cannot be loaded when this cannot: a folder or package stands for its test files. */
function meant(node: string, place: Place): readonly string[] {
  const path = node === '' ? '' : fileOf(node, place);
  if (place.expected.includes(path)) return [path];
  const folder = path.replace(/(?:^|\/)__init__\.py$/, '');
  const files = path !== folder || !path.endsWith('.py') ? below(folder, place.expected) : [];
  return files.length === 0 ? [path] : files;
}

function below(folder: string, files: readonly string[]): readonly string[] {
  return folder === '' || folder === '.' ? files : files.filter((file) => file.startsWith(`${folder}/`));
}

/** The error before its frames. */
function loadText(text: string, root: string): string {
  const plain = plainText(text.trim(), root);
  const error = /^E {3}(\S.*)$/m.exec(plain)?.[1];
  return error === undefined ? plain : `${error}\n\n${plain}`;
}
