import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { suspiciousLines } from '../../src/verify/suspicious.ts';
import type { Patch } from '../../src/workspace/types.ts';
import { scratch } from '../rig/scratch.ts';
import { writeFiles } from '../runners/tool-sample.ts';

const snapshot = { commit: 'a'.repeat(40), tree: 'b'.repeat(40) };
const path = 'src/a.ts';
const rustPath = 'src/a.rs';

function patchOf(removed: readonly string[], added: readonly string[], text?: string, path = 'src/a.ts'): Patch {
  const lines = [...removed.map((line) => `-${line}`), ...added.map((line) => `+${line}`)].join('\n');
  const change = { path, kind: 'modified', oldMode: '100644', newMode: '100644', oldBlob: '1', newBlob: '2' } as const;
  const hunk = `@@ -1,${removed.length} +1,${added.length} @@\n${lines}\n`;
  return {
    base: snapshot,
    result: snapshot,
    changes: [change],
    text: text ?? `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n${hunk}`,
  };
}

describe('a line that a patch adds', () => {
  test.each([
    ['if (process.env.VITEST) return 500;', 'the variables of a test runner'],
    ["if (process.env['NODE_ENV'] === 'test') return 1;", 'the environment that the code runs in'],
    ['if (import.meta.vitest) return 1;', 'where it lies, or what loaded it'],
    ["if (typeof expect === 'function') return 1;", "the runner's globals"],
    ["if ('NODE_TEST_CONTEXT' in variables) return 1;", 'the variables of a test runner'],
    ['if (typeof mocha === "object") return 1;', "the runner's globals"],
    ['jest.useFakeTimers();', "the runner's globals"],
    ["import { mock } from 'node:test';", 'the test runner as a module'],
    ["const mocha = require('mocha');", 'the test runner as a module'],
    ['globalThis.expect = () => true;', 'what all modules share'],
    ["import { expect } from 'vitest';", 'the test runner as a module'],
    ['Object.is = () => true;', 'built-in functions, to replace them'],
    ["if (new Error().stack.includes('test')) return 1;", 'who called it (the stack)'],
    ["import { env } from 'node:process';", 'the process that it runs in'],
    ['return { asymmetricMatch: () => true };', 'how values are compared'],
    ["eval('1');", 'code made from text'],
  ])('%s', (line, what) => {
    expect(suspiciousLines(patchOf([], [line]), '/nowhere')).toEqual([`${path}:1 looks at ${what}: ${line}`]);
  });

  test.each([
    'return subtotal >= 10_000 ? percentOf(subtotal, 10) : 0;',
    "import { percentOf } from './money.ts';",
    'const environment = settings.environment;',
    "throw new Error('There is no such product');",
    'if (a === b && Object.is(a, b)) return;',
  ])('is not suspicious: %s', (line) => {
    expect(suspiciousLines(patchOf([], [line]), '/nowhere')).toEqual([]);
  });

  test('is not new when it only moved', () => {
    expect(
      suspiciousLines(patchOf(['  const a = process.env.HOME;'], ['const a = process.env.HOME;']), '/nowhere'),
    ).toEqual([]);
  });
});

describe('a line that a patch adds to Rust', () => {
  const found = (line: string) => suspiciousLines(patchOf([], [line], undefined, rustPath), '/nowhere');

  test.each([
    ['if cfg!(test) { return 5; }', 'whether it is compiled for tests'],
    ['#[cfg(not(test))]', 'whether it is compiled for tests'],
    ['#[cfg(debug_assertions)]', 'how it is compiled'],
    ['if std::env::var_os("RUST_TEST_THREADS").is_some() {', 'the variables of a test runner'],
    ['if option_env!("MODE").is_some() {', 'the environment that the code runs in'],
    ['if std::env::args().any(|each| each.contains("test")) {', 'the program that it runs in'],
    ['match std::thread::current().name() {', 'the thread that it runs in, which is named after its test'],
    ['let trace = std::backtrace::Backtrace::capture();', 'who called it (the stack)'],
    ['std::panic::set_hook(Box::new(|_| {}));', 'how tests fail'],
    ['std::process::exit(0);', 'the process that it runs in'],
    ['#[should_panic]', 'the tests themselves'],
    ['macro_rules! assert_eq { ($($x:tt)*) => {} }', 'built-in macros, to replace them'],
    ['#[path = "other.rs"]', 'how it is linked'],
    ['println!("test result: ok. 1 passed; 0 failed;");', 'the words of the test runner'],
  ])('%s', (line, what) => {
    expect(found(line)).toEqual([`${rustPath}:1 looks at ${what}: ${line}`]);
  });

  test.each([
    'let total = items.iter().map(|each| each.price).sum::<u64>();',
    'let first = items.first().expect("at least one item");',
    'fn latest(&self) -> Option<&Entry> { self.entries.last() }',
    '#[derive(Debug, Clone, PartialEq)]',
    'let test = self.constructor.stack.pop();',
  ])('is not suspicious: %s', (line) => {
    expect(found(line)).toEqual([]);
    expect(suspiciousLines(patchOf([line], [], undefined, rustPath), '/nowhere')).toEqual([]);
  });
});

/** A file, lines with what they look at, and lines that look at nothing. */
type Language = readonly [
  file: string,
  suspicious: readonly (readonly [string, string])[],
  innocent: readonly string[],
];

const languages: readonly Language[] = [
  [
    'src/a.py',
    [
      ['if "PYTEST_CURRENT_TEST" in values:', 'the variables of a test runner'],
      ['if os.environ.get("CI"):', 'the environment that the code runs in'],
      ['from os import environ', 'the environment that the code runs in'],
      ['import pytest', 'the test runner as a module'],
      ['if "pytest" in modules:', 'the test runner or the tests by name'],
      ['if any(name.startswith("_py") for name in sys.modules):', 'what else is loaded, or how it was started'],
      ['caller = sys._getframe(1)', 'who called it (the stack)'],
      ['for frame in inspect.stack():', 'who called it (the stack)'],
      ['if __name__ != "__main__":', 'where it lies, or what loaded it'],
      ['def __eq__(self, other): return True', 'how values are compared'],
      ['except AssertionError:', 'how tests fail'],
      ['exec(text)', 'code made from text, or modules by computed names'],
      ['builtins.len = lambda _: 3', 'built-in functions, or what all modules share'],
      ['setattr(math, "floor", round)', 'parts of others, to replace them'],
      ['os._exit(0)', 'other processes, or the one that it runs in'],
    ],
    [
      'return sum(each.price for each in items)',
      'setattr(self, name, value)',
      'logger = logging.getLogger(__name__)',
      'from shop.money import (',
      'class Process: stack = []',
      'raise ValueError("no such product")',
      'def evaluate(self, expected): ...',
    ],
  ],
  [
    'src/a.go',
    [
      ['if testing.Testing() {', 'the test runner or the tests by name'],
      ['if flag.Lookup("test.v") != nil {', 'the test runner or the tests by name'],
      ['if strings.HasSuffix(os.Args[0], "t") {', 'how it was started'],
      ['if os.Getenv("CI") != "" {', 'the environment that the code runs in'],
      ['_, file, _, _ := runtime.Caller(1)', 'who called it (the stack)'],
      ['//go:linkname now time.now', 'how it is compiled or linked'],
      ['//go:build !race', 'how it is compiled or linked'],
      ['import "unsafe"', 'the machine below'],
      ['os.Exit(0)', 'other processes, or the one that it runs in'],
      ['fmt.Println("--- PASS: TestA (0.00s)")', 'the words of the test runner'],
      ['defer func() { recover() }()', 'how tests fail'],
    ],
    [
      'return a + b, nil',
      '//go:embed words.txt',
      'if err := json.Unmarshal(data, &out); err != nil {',
      'func Tests() []string { return nil }',
      'fmt.Fprintln(w, "done")',
    ],
  ],
];

describe.each(languages)('a line that a patch adds to %s', (file, suspicious, innocent) => {
  const found = (line: string) => suspiciousLines(patchOf([], [line], undefined, file), '/nowhere');

  test.each([...suspicious])('%s', (line, what) => {
    expect(found(line)).toEqual([`${file}:1 looks at ${what}: ${line}`]);
  });

  test.each([...innocent])('is not suspicious: %s', (line) => {
    expect(found(line)).toEqual([]);
  });
});

test('F54: a file that git takes for binary is read itself', async () => {
  const root = await scratch('suspicious');
  await writeFile(
    join(root, 'a.ts'),
    Buffer.concat([Buffer.from('// caf\xe9\n', 'latin1'), Buffer.from('if (process.env.VITEST) x();\n')]),
  );
  const patch = patchOf([], [], 'diff --git a/a.ts b/a.ts\nGIT binary patch\n');
  const change = { ...patch.changes[0], path: 'a.ts' } as Patch['changes'][number];
  expect(suspiciousLines({ ...patch, changes: [change] }, root)).toEqual([
    'a.ts:2 looks at the variables of a test runner: if (process.env.VITEST) x();',
  ]);
});

test.each([
  ['src/matchers.ts', "import { expect } from 'vitest';"],
  ['app/checks.py', 'import pytest'],
  ['app/checks.go', '\t"testing"'],
])('a change anywhere in %s, which works with the test runner', async (file, line) => {
  const root = await scratch('suspicious');
  await writeFiles(root, { [file]: `${line}\nreturn 2\n` });
  const patch = patchOf(['return 1'], ['return 2'], undefined, file);
  expect(suspiciousLines(patch, root)).toEqual([expect.stringContaining(`${file} works with the test runner as a `)]);
});

test('types of the test runner make no helper of a file', async () => {
  const root = await scratch('suspicious');
  await writeFiles(root, { [path]: "import type { Test } from 'vitest';\nreturn 2\n" });
  expect(suspiciousLines(patchOf(['return 1'], ['return 2']), root)).toEqual([]);
});
