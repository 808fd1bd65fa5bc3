import { posix } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readHarness, readList } from '../../src/runners/cargo/libtest.ts';
import { harnessless, isManifest, memberPatterns } from '../../src/runners/cargo/manifest.ts';
import { readMessages } from '../../src/runners/cargo/messages.ts';
import { cargoRules } from '../../src/runners/cargo/rules.ts';
import { select } from '../../src/runners/cargo/select.ts';
import { sourcesIn } from '../../src/runners/cargo/sources.ts';
import type { Crate, Target, Workspace } from '../../src/runners/cargo/workspace.ts';
import { readSections } from '../../src/runners/cargo/wrapper.ts';

const sums = (passed: number, failed: number, ignored = 0): string =>
  `test result: ${failed > 0 ? 'FAILED' : 'ok'}. ${passed} passed; ${failed} failed; ${ignored} ignored; 0 measured; 0 filtered out; finished in 0.00s`;

const everyOutcome = `
running 5 tests
test tests::adds ... ok
test tests::panics - should panic ... ok
test tests::slow ... ignored, takes a minute
test tests::result ... FAILED
test tests::fails ... FAILED

failures:

---- tests::result stdout ----
Error: "bad"

---- tests::fails stdout ----
hello

thread 'tests::fails' (5849) panicked at src/lib.rs:12:41:
assertion \`left == right\` failed: not right
  left: 3
 right: 4
note: run with \`RUST_BACKTRACE=1\` environment variable to display a backtrace


failures:
    tests::fails
    tests::result

${sums(2, 2, 1)}
`;

const names = ['tests::adds', 'tests::fails', 'tests::panics', 'tests::result', 'tests::slow'];

describe('what a test program of Rust prints', () => {
  test('every outcome, the panic first in a message', () => {
    expect(readHarness({ listed: names, stdout: everyOutcome, exitCode: 101 })).toEqual({
      kind: 'finished',
      tests: [
        { name: 'tests::adds', status: 'passed' },
        {
          name: 'tests::fails',
          status: 'failed',
          message: 'assertion `left == right` failed: not right\n  left: 3\n right: 4\nat src/lib.rs:12:41\nhello',
        },
        { name: 'tests::panics', status: 'passed' },
        { name: 'tests::result', status: 'failed', message: 'Error: "bad"' },
        { name: 'tests::slow', status: 'skipped' },
      ],
    });
  });

  test('the panics of older versions', () => {
    const stdout = `\nrunning 1 test\ntest a ... FAILED\n\nfailures:\n\n---- a stdout ----\nthread 'a' panicked at 'assertion failed: \`(left == right)\`
  left: \`3\`,
 right: \`4\`: it's wrong', src/lib.rs:4:14
note: run with \`RUST_BACKTRACE=1\` environment variable to display a backtrace\n\n\nfailures:\n    a\n\n${sums(0, 1)}\n`;
    const run = readHarness({ listed: ['a'], stdout, exitCode: 101 });
    const message = "assertion failed: `(left == right)`\n  left: `3`,\n right: `4`: it's wrong\nat src/lib.rs:4:14";
    expect(run).toEqual({ kind: 'finished', tests: [{ name: 'a', status: 'failed', message }] });
  });

  test.each([
    [
      'it leaves half-way with exit code 0',
      '\nrunning 2 tests\ntest a ... ok\n',
      0,
      /exit code 0 before its tests did/,
    ],
    ['it is aborted', '\nrunning 2 tests\n', 134, /exit code 134 before its tests did/],
    ['it prints garbage', '\u0000\uFFFD{"a":', 1, /before its tests did/],
    ['its sums are wrong', `\nrunning 2 tests\ntest a ... ok\ntest b ... FAILED\n\n${sums(2, 0)}\n`, 0, /own sums/],
    ['its exit code is wrong', `\nrunning 2 tests\ntest a ... ok\ntest b ... ok\n\n${sums(2, 0)}\n`, 3, /exit code 3/],
    ['it is all right and fails', `\nrunning 2 tests\ntest a ... ok\ntest b ... ok\n\n${sums(2, 0)}\n`, 101, /101/],
    ['it runs one too few', `\nrunning 1 test\ntest a ... ok\n\n${sums(1, 0)}\n`, 0, /own sums/],
  ])('nothing is believed when %s', (_, stdout, exitCode, problem) => {
    expect(readHarness({ listed: ['a', 'b'], stdout, exitCode })).toMatchObject({
      kind: 'unfinished',
      problem: expect.stringMatching(problem),
    });
  });

  test('lines that look like results are none: the red word wins, and what was not listed does not count', () => {
    const stdout = `\nrunning 2 tests\ntest b ... ok\ntest nobody ... FAILED\nnoise test a ... ok\ntest b ... FAILED\n\nfailures:\n\n---- b stdout ----\ntest b ... ok\n${sums(2, 0).replace(' passed', ' passes')}\n\nfailures:\n    b\n\n${sums(1, 1)}\n`;
    expect(readHarness({ listed: ['a', 'b'], stdout, exitCode: 101 })).toMatchObject({
      kind: 'finished',
      tests: [
        { name: 'a', status: 'passed' },
        { name: 'b', status: 'failed' },
      ],
    });
  });

  test('a torn line of a green test is told by the sums', () => {
    const stdout = `\nrunning 2 tests\ntest a ... printed beside\nok\ntest b ... ok\n\n${sums(2, 0)}\n`;
    expect(readHarness({ listed: ['a', 'b'], stdout, exitCode: 0 })).toMatchObject({ kind: 'finished' });
  });

  test('20,000 tests', () => {
    const listed = Array.from({ length: 20_000 }, (_, at) => `many::t${at}`);
    const stdout = `\nrunning 20000 tests\n${listed.map((name) => `test ${name} ... ok`).join('\n')}\n\n${sums(20_000, 0)}\n`;
    const run = readHarness({ listed, stdout, exitCode: 0 });
    expect(run.kind === 'finished' && run.tests.length).toBe(20_000);
  });

  test('a list of names, and what is none', () => {
    expect(readList('a: test\nm::b: test\nc: benchmark\n')).toEqual(['a', 'm::b', 'c']);
    expect(readList('')).toEqual([]);
    expect(readList('Usage: custom [options]\n')).toBeUndefined();
  });
});

test('several programs in one output', () => {
  const stdout =
    '\nT begin a-1\nx: test\n\nT run a-1\n\nrunning\n\nT end 0\n\nT begin b-2\n\nT run b-2\nT begin fake\nhalf';
  expect(readSections(stdout, '\nT begin a-1\n\nT run a-1\nwarned\n\nT end 0\n', 'T')).toEqual([
    { program: 'a-1', list: 'x: test\n', stdout: '\nrunning\n', stderr: 'warned\n', exitCode: 0 },
    { program: 'b-2', list: '', stdout: 'T begin fake\nhalf', stderr: '', exitCode: undefined },
  ]);
});

test('what cargo says of a build', () => {
  const target = (kind: string, name: string, file: string) => ({ kind: [kind], name, src_path: `/r/${file}` });
  const artifact = { reason: 'compiler-artifact', filenames: ['/t/deps/liba-1.rlib'], executable: null };
  const lines = [
    { ...artifact, target: target('lib', 'a', 'a/src/lib.rs'), profile: { test: false } },
    { ...artifact, target: target('test', 'it', 'a/tests/it.rs'), profile: { test: true }, executable: '/t/deps/it-2' },
    {
      reason: 'compiler-message',
      target: target('bin', 'b', 'b/src/main.rs'),
      message: { level: 'error', message: 'mismatched types', rendered: 'error[E0308]: mismatched types' },
    },
    {
      reason: 'compiler-message',
      target: target('bin', 'b', 'b/src/main.rs'),
      message: { level: 'warning', message: 'unused', rendered: 'warning: unused' },
    },
  ].map((line) => JSON.stringify(line));
  expect(readMessages(['a build script prints', ...lines, '{"reason":"compiler-'].join('\n'), '/r')).toEqual({
    libraries: [{ key: 'a/src/lib.rs|lib|a', program: '', sources: '/t/deps/a-1.d' }],
    programs: [{ key: 'a/tests/it.rs|test|it', program: 'it-2', sources: '/t/deps/it-2.d' }],
    errors: [{ key: 'b/src/main.rs|bin|b', text: 'error[E0308]: mismatched types' }],
  });
});

test('the files that the compiler has read', () => {
  const rule = '/t/deps/a-1.d: a/src/lib.rs a/src/with\\ blank.rs /r/data.txt /elsewhere/x.rs\n\na/src/lib.rs:\n';
  expect(sourcesIn(rule, '/r', '/r')).toEqual(['a/src/lib.rs', 'a/src/with blank.rs', 'data.txt']);
});

test('what only the manifest tells', () => {
  const manifest = `[package]\nname = "a"\n[lib]\nharness = false # own\n[[test]]\nname = "own"\nharness=false\n[[test]]\nname = "usual"\n`;
  const without = harnessless(manifest);
  expect([without('lib', 'a'), without('test', 'own'), without('test', 'usual')]).toEqual([true, true, false]);
  const members = memberPatterns('[workspace]\nmembers = ["*"]\ndefault-members = [\n "crates/*", # most\n "."\n]\n');
  expect(['crates/a', '', 'tools/b'].map((folder) => members?.(folder))).toEqual([true, true, false]);
  expect(memberPatterns('[workspace]\nmembers = ["*"]\n')).toBeUndefined();
  expect([isManifest('[workspace]\n'), isManifest('[tool]\n')]).toEqual([true, false]);
});

describe('which tests a change is related to', () => {
  const target = (file: string, kind: Target['kind']): Target => ({
    package: 'p',
    kind,
    name: posix.basename(file),
    file,
    hasHarness: true,
    isOptional: false,
  });
  const crateAt = (folder: string, needs: readonly string[], files: readonly string[] = []): Crate => ({
    spec: `${folder}@1.0.0`,
    folder,
    targets: [target(`${folder}/src/lib.rs`, 'lib'), ...files.map((file) => target(`${folder}/${file}`, 'test'))],
    library: undefined,
    doc: `${folder}/src/lib.rs`,
    needs,
  });
  const crates = [crateAt('base', [], ['tests/it.rs']), crateAt('middle', ['base']), crateAt('top', ['middle'])];
  const workspace: Workspace = { folder: '', crates, manifests: [], buildScripts: [], isWhole: true };
  const files = (...changed: string[]) =>
    [...select(workspace, { kind: 'related', files: changed }).targets].map((key) => key.split('|')[0]).sort();
  const all = ['base/src/lib.rs', 'base/tests/it.rs', 'middle/src/lib.rs', 'top/src/lib.rs'];

  test.each([
    [['top/src/x.rs'], ['top/src/lib.rs']],
    [['middle/templates/page.html'], ['middle/src/lib.rs', 'top/src/lib.rs']],
    [['base/src/lib.rs'], all],
    [['base/tests/it.rs'], ['base/tests/it.rs']],
    [['base/tests/common/mod.rs'], all],
    [['base/build.rs'], all],
    [['Cargo.lock'], all],
    [['shared.sql'], all],
    [['.cargo/config.toml'], all],
  ])('%j', (changed, expected) => {
    expect(files(...changed)).toEqual(expected);
  });

  test('exactly these files, with the examples of a library', () => {
    const { targets, docs } = select(workspace, { kind: 'files', files: ['base/src/lib.rs', 'nowhere.rs', ''] });
    expect([[...targets], [...docs]]).toEqual([['base/src/lib.rs|lib|lib.rs'], ['base']]);
  });
});

test('what is protected, a setting, a test file, and of interest', () => {
  const rules = cargoRules({
    tests: new Set(['checks/a.rs']),
    buildScripts: new Set(['ci/make.rs']),
    sources: new Set(['web/app.js']),
  });
  const named = ['tests/it.rs', 'tests/common/mod.rs', 'checks/a.rs', 'src/parse/tests.rs'];
  const all = [...named, 'src/lib.rs', 'build.rs', 'ci/make.rs'];
  expect(all.filter(rules.isTestFile)).toEqual(['tests/it.rs', 'checks/a.rs']);
  expect(all.filter(rules.isProtected)).toEqual(all.filter((path) => path !== 'src/lib.rs'));
  expect(['.cargo/config.toml', 'a/rust-toolchain', 'Cargo.toml', 'src/lib.rs'].map(rules.isSettings)).toEqual([
    ...[true, true, false, false],
  ]);
  expect(['src/a.rs', 'a.sql', 'README.md', 'web/app.js', 'src/page.js', 'Cargo.lock'].every(rules.wants)).toBe(true);
  expect(['web/other.js', 'api/main.py', 'package-lock.json'].map(rules.wants)).toEqual([false, false, true]);
});

test('a list of names never reads as another', () => {
  const name = fc.stringMatching(/^[a-z_]{1,8}(::[a-z_]{1,8}){0,3}$/);
  const all = fc.uniqueArray(fc.tuple(name, fc.constantFrom('ok', 'FAILED', 'ignored')), {
    selector: ([each]) => each,
    minLength: 1,
  });
  fc.assert(
    fc.property(all, (tests) => {
      const count = (word: string) => tests.filter(([, each]) => each === word).length;
      const lines = tests.map(([each, word]) => `test ${each} ... ${word}`).join('\n');
      const stdout = `\nrunning ${tests.length} tests\n${lines}\n\n${sums(count('ok'), count('FAILED'), count('ignored'))}\n`;
      const exitCode = count('FAILED') > 0 ? 101 : 0;
      const run = readHarness({ listed: tests.map(([each]) => each), stdout, exitCode });
      const words = { passed: 'ok', failed: 'FAILED', skipped: 'ignored' };
      expect(run.kind === 'finished' && run.tests.map((each) => [each.name, words[each.status]])).toEqual(tests);
    }),
  );
});
