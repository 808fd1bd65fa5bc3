import type { TestStatus } from '../../domain/tests.ts';
import type { Element } from './xml.ts';

/** A test case as it stands in a report, whoever wrote it. */
export interface Case {
  /** `load`: not a test, but what kept a file or a class of tests from running. */
  readonly kind: 'test' | 'load';
  readonly titles: readonly string[];
  readonly status: TestStatus;
  readonly durationMs: number;
  readonly message: string | undefined;
  /** As written, of the case or of the nearest suite that has one. */
  readonly file: string | undefined;
  /** What may tell the file where none is written: class names and names of suites, nearest first. */
  readonly hints: readonly string[];
}

interface Around {
  readonly file: string | undefined;
  readonly suites: readonly string[];
}

/** What tools write who could not even load a file. */
const notLoaded =
  /^(?:collection failure|initializationError|Test execution failed|An error occurred while loading )|Test suite failed to run|\bTest execution failure\b|^\[(?:build|setup) failed\]$/;

/** PHPUnit up to 9, of a provider of data. */
const withoutData = /^PHPUnit\\Framework\\Error/;
/** PHPUnit up to 9; its exit code says whether such a test is bad. */
const risky = /^PHPUnit\\Framework\\Risky/;

/** All cases of a report, in its order. */
export function casesIn(root: Element): readonly Case[] {
  if (root.name !== 'testsuites' && root.name !== 'testsuite') throw new Error(`it begins with <${root.name}>`);
  return inSuite(root, { file: undefined, suites: [] });
}

function inSuite({ name, attributes, children }: Element, around: Around): readonly Case[] {
  const own = name === 'testsuite' && attributes.name ? [attributes.name] : [];
  const here: Around = {
    file: attributes.file ?? attributes.filepath ?? around.file,
    suites: [...own, ...around.suites],
  };
  return children.flatMap((child) => {
    if (child.name === 'testsuite' || child.name === 'testsuites') return inSuite(child, here);
    if (child.name === 'testcase') return [caseOf(child, here)];
    if (child.name === 'error' || child.name === 'failure') return [suiteFailure(child, here)];
    return [];
  });
}

function caseOf(element: Element, around: Around): Case {
  const { attributes, children } = element;
  const { name = '', classname, class: className, status, result } = attributes;
  // Node tells the failure of a test that is still to be made.
  const isToDo = children.some((child) => child.name === 'skipped' && child.attributes.type === 'todo');
  const bad = isToDo ? undefined : children.find(isBad);
  const isSkipped =
    children.some((child) => child.name === 'skipped') ||
    /^(?:notrun|disabled|skipped|suppressed|ignored)$/i.test(status ?? result ?? '');
  const retried = children.find((child) => /^flaky(?:Failure|Error)$/.test(child.name));
  const text = bad === undefined ? '' : messageIn(bad);
  // PHP writes both, the dotted one for others.
  const group = className ?? classname ?? '';
  const isLoad = bad !== undefined && isOutsideTests(name, group, bad);
  return {
    kind: isLoad ? 'load' : 'test',
    titles: titlesOf(group, name),
    status: bad !== undefined ? 'failed' : isSkipped ? 'skipped' : 'passed',
    durationMs: durationOf(attributes.time),
    message: bad !== undefined ? text || 'It failed without a word.' : retriedText(retried),
    file: attributes.file ?? attributes.filepath ?? around.file,
    hints: [...(isLoad ? [name] : []), group, ...around.suites].filter((hint) => hint !== ''),
  };
}

function isBad({ name, attributes }: Element): boolean {
  return (name === 'failure' || name === 'error') && !risky.test(attributes.type ?? '');
}

function isOutsideTests(name: string, group: string, { attributes: { message = '', type = '' } }: Element): boolean {
  if (name === '' || notLoaded.test(name) || notLoaded.test(message)) return true;
  // Node's word for a file that ended badly. Its other tests have a group, too.
  const isFile = group === 'test' && message === 'test failed' && /\.\w+$/.test(name);
  return isFile || (group === '' && withoutData.test(type));
}

/** Some tools write all names into the class, too. */
function titlesOf(group: string, name: string): readonly string[] {
  const titles = group === '' || group === name || name.startsWith(`${group} `) ? [name] : [group, name];
  return titles.filter((title) => title !== '').map(steady);
}

/** Addresses of objects in the names of cases with parameters are others in each run. A name is one line. */
function steady(title: string): string {
  const line = title.replaceAll(/\s*\n\s*/g, ' ');
  return line.replaceAll(/@[\da-f]{5,16}\b/g, '@…').replaceAll(/\b0x[\da-f]{6,16}\b/gi, '0x…');
}

function suiteFailure(element: Element, { file, suites }: Around): Case {
  const message = messageIn(element);
  return { kind: 'load', titles: [suites[0] ?? ''], status: 'failed', durationMs: 0, message, file, hints: suites };
}

/** The text has the message in it as a rule, and more. */
function messageIn({ attributes: { message = '', type = '' }, children, text }: Element): string {
  const stack = children.find(({ name }) => name === 'stackTrace')?.text ?? '';
  const body = (text.trim() === '' ? stack : text).trim();
  const head = message.trim() === '' ? type : message.trim();
  if (body.includes(head.split('\n', 1)[0] ?? '')) return body === '' ? head : body;
  return `${head}\n${body}`.trim();
}

function retriedText(retried: Element | undefined): string | undefined {
  return retried === undefined ? undefined : `Passed after a retry. ${messageIn(retried)}`.trim();
}

/** Seconds; some write them with commas between the thousands. */
function durationOf(time = '0'): number {
  const seconds = Number(time.replaceAll(',', ''));
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : 0;
}
