import { chmod, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scratch } from '../rig/scratch.ts';
import { crate, rustEnv } from './cargo-sample.ts';
import { checkSample, idsOf, reportOf } from './check-sample.ts';

const typescript = { packages: ['typescript'] };
const strict = '{"compilerOptions":{"strict":true,"types":[],"skipLibCheck":true,"lib":["es2022"]},"include":["src"]}';

describe('the real tsc', () => {
  test('problems, moved and doubled, and a file that it cannot parse', async () => {
    const { run, save, runner } = await checkSample(
      await scratch('tsc'),
      { 'tsconfig.json': strict, 'src/a.ts': 'export const a: number = 1;\n' },
      typescript,
    );
    expect(runner.description).toMatch(/^check: tsc 6\.\S+ \(tsconfig\.json\)$/);
    expect(reportOf(await run())).toMatchObject({ tests: [], files: [], checked: [{ check: 'tsc' }], exitCode: 0 });

    await save('src/b.ts', 'import { a } from "./a.js";\n\nexport const b: string = a;\n');
    const text = "TS2322 Type 'number' is not assignable to type 'string'.";
    const related = { kind: 'related', files: ['src/a.ts'] } as const;
    const { tests } = reportOf(await run(related));
    expect(tests).toMatchObject([
      {
        id: `tsc|src/b.ts|${text}|1|(problem)`,
        kind: 'problem',
        file: 'src/b.ts',
        title: `tsc: ${text}`,
        status: 'failed',
        message: `src/b.ts:3:14 ${text}`,
      },
    ]);

    await save(
      'src/b.ts',
      'import { a } from "./a.js";\n\n\n\nexport const b: string = a;\nexport const c: string = a;\n',
    );
    expect(idsOf(await run())).toEqual([1, 2].map((at) => `tsc|src/b.ts|${text}|${at}|(problem)`));

    await save('src/c.ts', 'let x = ;\n');
    const blind = reportOf(await run());
    expect(blind.tests).toMatchObject([{ title: 'tsc: TS1109 Expression expected.' }]);
    expect(blind.checked).toEqual([{ check: 'tsc', unread: 'all' }]);

    expect(await run({ kind: 'related', files: ['README.md'] })).toMatchObject({ kind: 'no-tests' });
  });

  test('packages that refer to each other are checked from their sources, and nothing is left behind', async () => {
    const composite = (references: string) =>
      `{"compilerOptions":{"composite":true,"outDir":"dist","rootDir":"src","types":[],"strict":true,"skipLibCheck":true,"lib":["es2022"],},
        // what it builds on
        "include":["src"],"references":[${references}]}`;
    const { run, root, save, runner } = await checkSample(
      await scratch('tsc'),
      {
        'tsconfig.json': '{"files":[],"references":[{"path":"a"},{"path":"b"}]}',
        'a/tsconfig.json': composite(''),
        'a/src/index.ts': 'export const x: number = 1;\n',
        'b/tsconfig.json': composite('{"path":"../a"}'),
        'b/src/index.ts': 'import { x } from "../../a/src/index.js";\nexport const y: number = x;\n',
      },
      typescript,
    );
    expect(runner.description).toContain('(2 configurations)');
    expect(reportOf(await run())).toMatchObject({ tests: [] });
    await save('a/src/index.ts', 'export const x: string = "one";\n');
    const [problem, ...more] = reportOf(await run({ kind: 'related', files: ['a/src/index.ts'] })).tests;
    expect([problem?.file, more]).toEqual(['b/src/index.ts', []]);
    const left = (await readdir(root, { recursive: true })).filter((path) => /mendwatch|tsbuildinfo|dist/.test(path));
    expect(left.filter((path) => !path.startsWith('node_modules'))).toEqual([]);
  });
});

test('the real biome', async () => {
  const { run, save, runner } = await checkSample(
    await scratch('biome'),
    { 'biome.json': '{}', 'src/a.ts': 'export const a = 1;\n' },
    { packages: ['@biomejs/biome'] },
  );
  expect(runner.description).toMatch(/^check: biome 2\.\S+ \(lint\)$/);
  expect(reportOf(await run())).toMatchObject({ tests: [], checked: [{ check: 'biome' }] });
  await save('src/a.ts', 'debugger;\nexport const a: any = 1;\n');
  await save('src/b.ts', 'let x = ;\n');
  const report = reportOf(await run());
  expect(report.tests.map(({ file, title }) => `${file} ${title}`)).toEqual(
    expect.arrayContaining([
      'src/a.ts biome: lint/suspicious/noDebugger This is an unexpected use of the debugger statement.',
      expect.stringContaining('src/b.ts biome: parse Expected an expression'),
    ]),
  );
  expect(report.checked).toEqual([{ check: 'biome', unread: ['src/b.ts'] }]);
  await save('biome.json', '{"x');
  expect(await run()).toMatchObject({ kind: 'broken', reason: 'configuration' });
});

test('the real go vet', async () => {
  const { run, save } = await checkSample(
    await scratch('go-vet'),
    { 'api/go.mod': 'module example.com/m\n\ngo 1.19\n', 'api/p/p.go': 'package p\n' },
    { checks: ['go-vet'] },
  );
  expect(reportOf(await run())).toMatchObject({ tests: [], checked: [{ check: 'go-vet:api' }] });
  await save('api/p/p.go', 'package p\n\nimport "fmt"\n\nfunc F() { fmt.Printf("%d", "x") }\n');
  const problem = 'go-vet:api|api/p/p.go|printf fmt.Printf format %d has arg "x" of wrong type string|1|(problem)';
  expect(idsOf(await run())).toEqual([problem]);
  await save('api/q/q.go', 'package q\n\nfunc F() int { return nothing }\n');
  const { tests, checked } = reportOf(await run());
  expect(tests.map(({ file }) => file)).toEqual(['api/p/p.go', 'api/q/q.go']);
  expect(checked).toEqual([{ check: 'go-vet:api', unread: 'all' }]);
});

test('the real mypy', async () => {
  const { run, save } = await checkSample(
    await scratch('mypy'),
    { 'mypy.ini': '[mypy]\nstrict = True\n', 'a.py': 'def f(x: int) -> int:\n    return x\n' },
    { checks: ['mypy'] },
  );
  expect(reportOf(await run())).toMatchObject({ tests: [], checked: [{ check: 'mypy' }] });
  await save('b.py', 'from a import f\n\nf("one")\n');
  expect(reportOf(await run()).tests).toMatchObject([
    {
      id: 'mypy|b.py|arg-type Argument 1 to "f" has incompatible type "str"; expected "int"|1|(problem)',
      message: expect.stringMatching(/^b\.py:3:\d+ /),
    },
  ]);
  await save('c.py', 'def (:\n');
  expect(reportOf(await run())).toMatchObject({
    tests: [{ file: 'c.py' }],
    checked: [{ check: 'mypy', unread: 'all' }],
  });
});

describe('the real clippy', () => {
  const lib = (more: string) => `#![deny(clippy::all)]\n\npub fn f(x: u32) -> u32 {\n    ${more}\n}\n`;
  const sample = async () =>
    checkSample(
      await scratch('clippy'),
      {
        'Cargo.toml': '[workspace]\nmembers = ["a", "b"]\n',
        'clippy.toml': 'too-many-arguments-threshold = 2\n',
        'a/Cargo.toml': crate('a'),
        'a/src/lib.rs': lib('x'),
        'b/Cargo.toml': crate('b', '[dependencies]\na = { path = "../a" }\n'),
        'b/src/lib.rs': 'pub fn g() -> u32 {\n    a::f(1)\n}\n',
      },
      { checks: ['clippy'], env: rustEnv },
    );
  const idOf = (text: string) => `clippy|a/src/lib.rs|${text}|1|(problem)`;
  const needless = 'clippy::needless_return unneeded `return` statement';

  test('VERIFY-7: lints as far as they are errors, moved, and by its settings', async () => {
    const { run, save, runner } = await sample();
    expect(runner.description).toMatch(/^check: clippy 0\.1\.\d+$/);
    const cold = { env: rustEnv };
    expect(reportOf(await run({ kind: 'all' }, cold))).toMatchObject({ tests: [], checked: [{ check: 'clippy' }] });

    await save('a/src/lib.rs', lib('return x;'));
    const related = { kind: 'related', files: ['a/src/lib.rs'] } as const;
    const { tests } = reportOf(await run(related, cold));
    expect(tests).toMatchObject([{ id: idOf(needless), message: expect.stringMatching(/^a\/src\/lib\.rs:4:5 /) }]);

    const many = 'pub fn h(_: u32, _: u32, _: u32) {}\n';
    await save('a/src/lib.rs', `${lib('let unused = 1;\n    // moved\n    return x;')}${many}`);
    expect(new Set(idsOf(await run({ kind: 'all' }, cold)))).toEqual(
      new Set([idOf(needless), idOf('clippy::too_many_arguments this function has too many arguments (3/2)')]),
    );
  });

  test('what does not compile is a problem, behind which it has not looked; what else fails is none', async () => {
    const { run, save } = await sample();
    const cold = { env: rustEnv };
    await save('a/src/lib.rs', lib('"x"'));
    const report = reportOf(await run({ kind: 'all' }, cold));
    expect(report.tests.map(({ id }) => id)).toEqual([idOf('E0308 mismatched types')]);
    expect(report.checked).toEqual([{ check: 'clippy', unread: 'all' }]);

    // With a warning beside it, which must not be taken for the reason.
    await save('a/src/lib.rs', lib('let unused = 1;\n    x'));
    await save('b/build.rs', 'fn main() {\n    std::process::exit(3);\n}\n');
    expect(await run({ kind: 'all' }, cold)).toMatchObject({
      kind: 'broken',
      reason: 'configuration',
      detail: expect.stringMatching(/^clippy ended with exit code 101 and no report: .*build command for `b v0\.1\.0/),
    });
  });

  test.each([
    ['clippy.toml', 'nothing = 1\n', /no report: error reading Clippy's configuration file.*unknown field `nothing`/],
    ['a/Cargo.toml', '[[', /no report: error/],
  ])('settings that it cannot use: %s', async (file, text, said) => {
    const { run, save } = await sample();
    await save(file, text);
    const end = await run({ kind: 'all' }, { env: rustEnv });
    expect(end).toMatchObject({ kind: 'broken', reason: 'configuration', detail: expect.stringMatching(said) });
  });
});

test('VERIFY-6: a check that never ends is ended', async () => {
  const bin = await scratch('bin');
  await writeFile(
    join(bin, 'ruff'),
    '#!/bin/sh\n[ "$1" = --version ] && { echo ruff 0.9.1; exit 0; }\nexec sleep 100\n',
  );
  await chmod(join(bin, 'ruff'), 0o755);
  const env = { PATH: `${bin}:/usr/bin:/bin` };
  const { run } = await checkSample(await scratch('hangs'), { 'ruff.toml': '' }, { checks: ['ruff'], env });
  expect(await run({ kind: 'all' }, { env, timeoutMs: 500 })).toMatchObject({
    kind: 'broken',
    reason: 'timed-out',
    detail: 'The check did not end within 0.5 seconds.',
  });
  const signal = AbortSignal.abort();
  expect(await run({ kind: 'all' }, { env, signal })).toEqual({ kind: 'cancelled' });
});

test('a folder that is a link is not written to', async () => {
  const folder = await scratch('outside');
  await mkdir(join(folder, 'outside'));
  await writeFile(join(folder, 'outside', 'tsconfig.json'), '{"references":[{"path":"../project"}],"files":["a.ts"]}');
  await writeFile(join(folder, 'outside', 'a.ts'), 'export const a = 1;\n');
  await mkdir(join(folder, 'project'));
  await symlink(join(folder, 'outside'), join(folder, 'project', 'linked'));
  const files = { 'tsconfig.json': '{"files":[],"references":[{"path":"linked"}]}' };
  const { run } = await checkSample(folder, files, typescript);
  await run();
  expect((await readdir(join(folder, 'outside'))).sort()).toEqual(['a.ts', 'tsconfig.json']);
});
