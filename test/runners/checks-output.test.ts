import { describe, expect, test } from 'vitest';
import { readBiome } from '../../src/runners/checks/biome.ts';
import { readClippy } from '../../src/runners/checks/clippy.ts';
import { matches } from '../../src/runners/checks/command.ts';
import { eslintReport } from '../../src/runners/checks/eslint.ts';
import { readGoVet } from '../../src/runners/checks/go-vet.ts';
import { readMypy } from '../../src/runners/checks/mypy.ts';
import { readRuff } from '../../src/runners/checks/ruff.ts';
import { readSarif } from '../../src/runners/checks/sarif.ts';
import { readTsc } from '../../src/runners/checks/tsc.ts';
import type { Looked } from '../../src/runners/checks/types.ts';

// The real tools run in the full tests; ruff alone does not, since neither npm nor Debian has it: its output was recorded
// from 0.16.9.

const broken = (reason: string, detail: RegExp) => ({
  kind: 'broken',
  reason,
  detail: expect.stringMatching(detail),
});
const shortOf = (looked: Looked): readonly string[] =>
  looked.kind === 'broken'
    ? [looked.detail]
    : looked.problems.map(
        (each) => `${each.file}:${each.line}:${each.column} ${each.severity} ${each.code} ${each.message}`,
      );

describe('what tools have printed', () => {
  test('tsc: a chain belongs to its first line; a line of ours never stands in for it', () => {
    const output = [
      "src/a.ts(3,7): error TS2322: Type '{ a: { b: number; }; }' is not assignable to type '{ a: { b: string; }; }'.",
      "  The types of 'a.b' are incompatible between these types.",
      "error TS2688: Cannot find type definition file for 'nope'.",
      'Check time:        4.29s',
      'Total time:        6.43s',
    ].join('\n');
    expect(readTsc(2, output)).toMatchObject({
      problems: [
        {
          file: 'src/a.ts',
          line: 3,
          column: 7,
          code: 'TS2322',
          message: expect.stringContaining("\n  The types of 'a.b'"),
        },
        { file: '', code: 'TS2688' },
      ],
    });
    expect(readTsc(2, output)).not.toHaveProperty('unread');
    expect(readTsc(2, 'b.ts(1,9): error TS1109: Expression expected.\nCheck time:   0.00s\n')).toMatchObject({
      unread: 'all',
    });
    expect(readTsc(0, 'Check time:   0.00s\n')).toEqual({ kind: 'problems', problems: [] });
    expect(readTsc(134, 'FATAL ERROR: JavaScript heap out of memory')).toMatchObject(broken('configuration', /heap/));
    expect(readTsc(0, '')).toMatchObject(broken('crashed', /printed nothing/));
  });

  test('eslint 10', () => {
    const report = JSON.stringify([
      {
        filePath: '/lane/a.js',
        messages: [
          {
            ruleId: 'no-unused-vars',
            severity: 1,
            message: "'a' is assigned a value but never used.",
            line: 1,
            column: 5,
          },
          { ruleId: 'no-undef', severity: 2, message: "'foo' is not defined.", line: 1, column: 9, messageId: 'undef' },
        ],
        errorCount: 1,
      },
      {
        filePath: '/lane/b.js',
        messages: [
          { ruleId: null, fatal: true, severity: 2, message: 'Parsing error: Unexpected token ;', line: 1, column: 9 },
        ],
      },
    ]);
    const looked = eslintReport(1, report, '');
    expect(shortOf(looked)).toEqual([
      "/lane/a.js:1:5 warning no-unused-vars 'a' is assigned a value but never used.",
      "/lane/a.js:1:9 error no-undef 'foo' is not defined.",
      '/lane/b.js:1:9 error undefined Parsing error: Unexpected token ;',
    ]);
    expect(looked).toMatchObject({ unread: ['/lane/b.js'] });
    const crash =
      'Oops! Something went wrong! :(\n\nESLint: 10.15.0\n\nError: x\n    at file:///lane/eslint.config.js:1:7\n';
    expect(eslintReport(2, '', crash)).toMatchObject(broken('configuration', /exit code 2 and no report: Error: x/));
    expect(eslintReport(1, report.slice(0, 90), '')).toMatchObject({ kind: 'broken' });
  });

  test('biome 2.0 to 2.3', () => {
    const report = {
      summary: { errors: 1 },
      diagnostics: [
        {
          category: 'lint/suspicious/noDebugger',
          severity: 'error',
          description: 'This is an unexpected use of the debugger statement.',
          message: [{ elements: [], content: 'This is an unexpected use of the ' }],
          location: { path: { file: 'a.ts' }, span: [12, 21], sourceCode: '// grüezi\n\ndebugger;\n' },
        },
      ],
      command: 'lint',
    };
    expect(shortOf(readBiome(1, JSON.stringify(report), ''))).toEqual([
      'a.ts:3:1 error lint/suspicious/noDebugger This is an unexpected use of the debugger statement.',
    ]);
    expect(readBiome(1, '', '/lane/biome.json:1:2 parse\n  × Missing closing quote\n')).toMatchObject({
      kind: 'broken',
    });
  });

  test('ruff', () => {
    const at = { end_location: { column: 21, row: 33 }, cell: null, fix: null, noqa_row: 33, url: null };
    const report = [
      {
        ...at,
        code: 'F401',
        filename: '/lane/a.py',
        location: { column: 8, row: 1 },
        message: '`os` imported but unused',
      },
      {
        ...at,
        code: 'invalid-syntax',
        filename: '/lane/b.py',
        location: { column: 1, row: 2 },
        message: 'Expected a statement',
      },
      {
        ...at,
        code: null,
        filename: '/lane/c.py',
        location: { column: 1, row: 2 },
        message: 'SyntaxError: Expected an expression',
      },
    ];
    const looked = readRuff(1, JSON.stringify(report), '');
    expect(shortOf(looked)[0]).toBe('/lane/a.py:1:8 error F401 `os` imported but unused');
    expect(looked).toMatchObject({ unread: ['/lane/b.py', '/lane/c.py'] });
    const failed = (...causes: readonly string[]) =>
      readRuff(2, '', ['ruff failed', ...causes.map((each) => `  Cause: ${each}`)].join('\n'));
    const parse = ['TOML parse error at line 1, column 1', '  |', '1 | lin = 3', '  | ^^^', 'unknown field `lin`', ''];
    expect(
      failed('Failed to load configuration `/lane/ruff.toml`', 'Failed to parse /lane/ruff.toml', parse.join('\n')),
    ).toMatchObject(
      broken('configuration', /report: Failed to parse \/lane\/ruff.toml: TOML parse error .*: unknown field `lin`$/),
    );
    expect(failed('Unknown rule selector `NOPE` in `select` from `/lane/ruff.toml`')).toMatchObject(
      broken('configuration', /no report: Unknown rule selector `NOPE`/),
    );
  });

  test('mypy 1.0', () => {
    const output = [
      '/lane/a.py:2:12: error: Incompatible return value type (got "int", expected "str")  [return-value]',
      '/lane/a.py:5:1: note: See https://mypy.readthedocs.io/en/stable/running_mypy.html#missing-imports',
      'setup.cfg: [mypy]: unused section',
    ].join('\n');
    expect(shortOf(readMypy(1, output, ''))).toEqual([
      '/lane/a.py:2:12 error return-value Incompatible return value type (got "int", expected "str")',
    ]);
    expect(readMypy(2, '/lane/b.py:1:6: error: invalid syntax  [syntax]\n', '')).toMatchObject({ unread: 'all' });
    expect(readMypy(2, '', 'mypy: error: unrecognized arguments: --nope\n')).toMatchObject(
      broken('configuration', /unrecognized arguments/),
    );
  });

  test('go vet 1.19', () => {
    const found = [
      '# example.com/m/q',
      '{}',
      '# example.com/m/p',
      '{',
      '\t"example.com/m/p": {',
      '\t\t"printf": [',
      '\t\t\t{',
      '\t\t\t\t"posn": "/lane/p/p.go:3:12",',
      '\t\t\t\t"message": "fmt.Printf format %d has arg \\"x\\" of wrong type string"',
      '\t\t\t}',
      '\t\t]',
      '\t}',
      '}',
    ].join('\n');
    const printf = '/lane/p/p.go:3:12 error printf fmt.Printf format %d has arg "x" of wrong type string';
    expect(shortOf(readGoVet(0, found))).toEqual([printf]);
    expect(readGoVet(0, found)).not.toHaveProperty('unread');
    const failed = readGoVet(2, `# example.com/m/q\nvet: q/q.go:2:23: undeclared name: nothing\n${found}`);
    expect(shortOf(failed)).toEqual(['q/q.go:2:23 error compile undeclared name: nothing', printf]);
    expect(failed).toMatchObject({ unread: 'all' });
    expect(readGoVet(1, 'go: go.mod file not found in current directory')).toMatchObject(
      broken('configuration', /go.mod/),
    );
    expect(readGoVet(0, found.slice(0, 90))).toMatchObject({ kind: 'broken' });
  });

  test('clippy 0.1.95', () => {
    const at = { file_name: 'src/lib.rs', line_start: 3, column_start: 5, is_primary: true };
    const lint = {
      reason: 'compiler-message',
      message: {
        level: 'error',
        message: 'unneeded `return` statement',
        rendered: 'error: unneeded `return` statement\n --> src/lib.rs:3:5\n  |\n3 |     return 1;\n',
        code: { code: 'clippy::needless_return', explanation: null },
        spans: [at],
      },
    };
    const end = (success: boolean) => ({ reason: 'build-finished', success });
    const printed = (...lines: readonly object[]) => lines.map((line) => JSON.stringify(line)).join('\n');
    expect(readClippy(101, printed(lint, end(false)), '', true)).toEqual({
      kind: 'problems',
      problems: [
        {
          file: 'src/lib.rs',
          line: 3,
          column: 5,
          code: 'clippy::needless_return',
          message: 'unneeded `return` statement\n --> src/lib.rs:3:5\n  |\n3 |     return 1;',
          severity: 'error',
        },
      ],
    });
    // A cargo that stops at the first crate has not looked at all of them.
    expect(readClippy(101, printed(lint, end(false)), '', false)).toMatchObject({ unread: 'all' });
    const error = { ...lint, message: { ...lint.message, message: 'mismatched types', code: { code: 'E0308' } } };
    expect(readClippy(101, printed(error, end(false)), '', true)).toMatchObject({ unread: 'all' });
    expect(readClippy(0, printed(end(true)), '', true)).toEqual({ kind: 'problems', problems: [] });
    expect(readClippy(101, '', 'error: no such command: `clippy`', true)).toMatchObject(
      broken('configuration', /clippy/),
    );
  });

  test('SARIF: levels, silenced results, and addresses', () => {
    const where = (uri: string) => [{ physicalLocation: { artifactLocation: { uri }, region: { startLine: 2 } } }];
    const result = { ruleId: 'r', message: { text: 'bad' } };
    const log = {
      version: '2.1.0',
      runs: [
        { tool: {}, results: [{ ...result, level: 'error', locations: where('file:///lane/a%20b.c') }] },
        {
          results: [
            { ...result, locations: where('/lane/a.c') },
            { ...result, level: 'note', locations: where('a.c') },
            { ...result, level: 'error', suppressions: [{ kind: 'inSource' }], locations: where('a.c') },
            { ...result, level: 'error' },
          ],
        },
      ],
    };
    expect(readSarif(JSON.stringify(log))).toMatchObject([
      { file: '/lane/a b.c', line: 2, severity: 'error', code: 'r', message: 'bad' },
      { file: '/lane/a.c', severity: 'warning' },
      { file: '', severity: 'error' },
    ]);
    expect(readSarif('{}')).toBeUndefined();
  });

  test('a pattern, line by line', () => {
    const source = '^(?<file>[^:]+):(?<line>\\d+): (?:(?<severity>\\w+): )?(?<message>.+)$';
    expect(matches(source, 'a.c:3: warning: hm\r\nnoise\nb.c:4: error: bad\n')).toMatchObject([
      { file: 'a.c', line: 3, severity: 'warning', message: 'hm' },
      { file: 'b.c', line: 4, severity: 'error', message: 'bad' },
    ]);
  });
});
