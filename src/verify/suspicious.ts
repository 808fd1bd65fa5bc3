import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesOfDiff } from '../workspace/diff-files.ts';
import type { Patch, TreeChange } from '../workspace/types.ts';
import { goMarks } from './go-marks.ts';
import type { Mark } from './mark.ts';
import { pythonMarks } from './python-marks.ts';
import { rustMarks } from './rust-marks.ts';

/** How code finds out that it is being tested, or bends what tests it. */
const marks: readonly Mark[] = [
  {
    pattern: /\bVITEST(_\w+)?\b|\bJEST_WORKER_ID\b|\bNODE_TEST_\w+|\bMOCHA_\w+|\bPYTEST_CURRENT_TEST\b/,
    what: 'the variables of a test runner',
  },
  { pattern: /\bNODE_ENV\b/, what: 'the environment that the code runs in' },
  { pattern: /\bimport\s*\.\s*meta\b|\b__(?:dir|file)name\b/, what: 'where it lies, or what loaded it' },
  { pattern: /__vitest|__jest/i, what: "the runner's own marks" },
  { pattern: /\bglobalThis\b|\bglobal\s*\??\.|\bglobal\s*\[/, what: 'what all modules share' },
  {
    pattern:
      /\btypeof\s+(?:it|test|describe|expect|vi|jest|mocha|suite|specify|beforeEach|afterEach)\b|\b(?:jest|vi)\s*\.\s*\w+\s*\(/,
    what: "the runner's globals",
  },
  {
    pattern:
      /\bfrom\s*['"](?:vitest|jest|@jest\/|@vitest\/|chai|mocha|node:test)|\b(?:import|require)\s*\(\s*['"](?:vitest|jest|@jest\/|@vitest\/|chai|mocha|node:test)/,
    what: 'the test runner as a module',
    isOfTests: true,
  },
  {
    pattern: /\b(?:import|require)\s*\(\s*(?!['"][^'"]*['"]\s*[,)]|`[^`$]*`\s*[,)])/,
    what: 'a module whose name is computed',
  },
  {
    pattern:
      /\bexpect\s*[.(]|\b(?:Assertion|chai)\s*\.\s*(?:prototype|util|use)\b|\b(?:test|it|describe)(?:\.\w+)*\s*\(\s*['"`]/,
    what: 'the tests themselves',
  },
  { pattern: /\basymmetricMatch\b|\$\$typeof\b|\bSymbol\s*\.\s*for\s*\(/, what: 'how values are compared' },
  {
    pattern:
      /\b(?:Object|Reflect|Array|Number|String|Boolean|Math|JSON|Symbol|Promise|Function|Error|Date|RegExp|Map|Set|Proxy)\s*(?:\.\s*\w+\s*|\[[^\]]*\]\s*)+=(?![=>])|\.prototype\s*(?:\.\s*\w+|\[[^\]]*\])\s*=(?![=>])/,
    what: 'built-in functions, to replace them',
  },
  {
    pattern:
      /\b(?:Object|Reflect)\s*\.\s*(?:defineProperty|defineProperties|assign|set|setPrototypeOf)\s*\(\s*(?:Object|Reflect|Array|Number|String|Math|JSON|Symbol|Promise|Function|Error|Date|Map|Set|\w+\.prototype)\s*[,.]/,
    what: 'built-in functions, to replace them',
  },
  {
    pattern:
      /\.\s*stack\b|\[\s*['"`]stack['"`]\s*\]|\{[^}]*\bstack\b[^}]*\}\s*=|\bcaptureStackTrace\b|\bprepareStackTrace\b|\bstackTraceLimit\b/,
    what: 'who called it (the stack)',
  },
  {
    pattern:
      /\bprocess\s*\??\s*[.[]|=\s*process\b|\bfrom\s*['"](?:node:)?process['"]|['"`]process['"`]|\brequire\s*\.\s*main\b/,
    what: 'the process that it runs in',
  },
  { pattern: /\beval\s*\(|\bnew\s+Function\s*\(|\bconstructor\s*\.\s*constructor\b/, what: 'code made from text' },
  {
    pattern: /\b(?:child_process|worker_threads|node:vm|node:inspector|node:module|createRequire)\b/,
    what: 'other processes, or the machine below',
  },
];

/** What must not go either: a comparison that stood in the source. */
const lost = /\bexpect\s*\(|\bimport\.meta\.vitest\b/;

const script = /\.(?:[cm]?[jt]sx?|vue|svelte|astro)$/;
const languages: readonly { readonly files: RegExp; readonly marks: readonly Mark[] }[] = [
  { files: script, marks },
  { files: /\.rs$/, marks: rustMarks },
  { files: /\.pyi?$/, marks: pythonMarks },
  { files: /\.go$/, marks: goMarks },
];
const maxReasons = 10;

/**
 * Lines that a patch adds and that look at whether tests are running. The tests cannot prove such a patch, since it may
 * behave otherwise without them; it is parked for a person to read. A line that was only moved is not new.
 *
 * @param root a folder that holds the patched tree: a file that is no UTF-8 has no lines in the patch.
 */
export function suspiciousLines(patch: Patch, root: string): readonly string[] {
  const found: string[] = [];
  const read = new Set<string>();
  for (const [path, file] of filesOfDiff(patch.text)) {
    if (file.chunks.length > 0) read.add(path);
    if (marksFor(path) === undefined) continue;
    const changes = file.chunks.flatMap((chunk) => chunk.changes);
    const texts = (type: string) =>
      new Set(changes.filter((each) => each.type === type).map(({ content }) => content.slice(1).trim()));
    const removed = texts('del');
    const added = texts('add');
    for (const change of changes) {
      const line = change.content.slice(1).trim();
      if (change.type === 'add' && !removed.has(line)) found.push(...reasons(path, change.ln, line));
      if (change.type === 'del' && !added.has(line) && script.test(path) && lost.test(line))
        found.push(`${path} looks at the tests themselves: it no longer has ${line.slice(0, 160)}`);
    }
  }
  for (const { path, kind } of patch.changes) {
    if (kind === 'deleted' || marksFor(path) === undefined || read.has(path)) continue;
    const lines = readFileSync(join(root, path), 'latin1').split('\n');
    for (const [at, line] of lines.entries()) found.push(...reasons(path, at + 1, line.trim()));
  }
  found.push(...patch.changes.flatMap((change) => workWithTheRunner(change, root)));
  return found.slice(0, maxReasons);
}

/** A file that has the test runner as a module is a helper of tests, whatever its name: a matcher may be made to agree. */
function workWithTheRunner({ path, kind }: TreeChange, root: string): readonly string[] {
  const mark = marksFor(path)?.find(({ isOfTests }) => isOfTests);
  if (kind !== 'modified' || mark === undefined) return [];
  const file = join(root, path);
  const lines = existsSync(file) ? readFileSync(file, 'latin1').split('\n') : [];
  const line = lines.find((each) => mark.pattern.test(each) && !/^\s*import\s+type\b/.test(each));
  return line === undefined ? [] : [`${path} works with ${mark.what}: ${line.trim().slice(0, 160)}`];
}

function reasons(path: string, at: number, line: string): readonly string[] {
  const mark = marksFor(path)?.find(({ pattern }) => pattern.test(line));
  return mark === undefined ? [] : [`${path}:${at} looks at ${mark.what}: ${line.slice(0, 160)}`];
}

function marksFor(path: string): readonly Mark[] | undefined {
  return languages.find(({ files }) => files.test(path))?.marks;
}
