import { symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { packageFolder } from '../rig/javascript-project.ts';
import { installOld } from '../rig/old-versions.ts';
import { scratch } from '../rig/scratch.ts';
import { type CheckSample, checkSample, idsOf, reportOf } from './check-sample.ts';

const flat = (rules: string): string =>
  `import js from '@eslint/js';\nexport default [js.configs.recommended, { rules: ${rules} }];\n`;
const old = (rules: string): string =>
  `{"root":true,"extends":"eslint:recommended","env":{"es2022":true},"parserOptions":{"sourceType":"module"},"rules":${rules}}`;
const rules = '{"no-debugger":"warn","no-undef":"error"}';

/** Its newest version comes with what lints TypeScript. */
const TYPED = '8';
interface Kind {
  readonly version: string;
  readonly file: string;
  readonly config: (rules: string) => string;
}

const kinds: readonly [Kind, Kind] = [
  { version: '8', file: '.eslintrc.json', config: old },
  { version: '9', file: 'eslint.config.js', config: flat },
];

beforeAll(async () => {
  await installOld(
    'eslint',
    kinds.map(({ version }) => version),
  );
  await installOld('typescript-eslint', [TYPED]);
}, 300_000);

/** A project with a link to everything that was installed together. */
async function project(installed: string, files: Readonly<Record<string, string>>): Promise<CheckSample> {
  const folder = await scratch('eslint');
  await symlink(installed, join(folder, 'node_modules'));
  return checkSample(folder, files, { checks: ['eslint'] });
}

function sample({ version, file, config }: Kind, script = 'eslint .', more: Readonly<Record<string, string>> = {}) {
  return project(dirname(packageFolder('eslint', version)), {
    'package.json': JSON.stringify({ type: 'module', scripts: { lint: script } }),
    [file]: config(rules),
    'src/a.js': 'export const a = 1;\n',
    ...more,
  });
}

const idOf = (text: string, at = 1, file = 'src/a.js'): string => `eslint|${file}|${text}|${at}|(problem)`;
const undefinedName = "no-undef 'b' is not defined.";

describe.each(kinds)('VERIFY-7: the real eslint $version', (kind) => {
  test('problems, moved and doubled, beside warnings, and a file that it cannot parse', async () => {
    const { run, save, runner } = await sample(kind);
    expect(runner.description).toMatch(new RegExp(`^check: eslint ${kind.version}\\.\\S+$`));
    expect(reportOf(await run())).toMatchObject({ tests: [], checked: [{ check: 'eslint' }], exitCode: 0 });

    await save('src/a.js', 'debugger;\nexport const a = b;\n');
    expect(reportOf(await run({ kind: 'related', files: ['src/a.js'] })).tests).toMatchObject([
      { id: idOf(undefinedName), status: 'failed', message: `src/a.js:2:18 ${undefinedName}` },
    ]);
    await save('src/a.js', '\n\n// moved\nexport const a = [\n  b,\n  b,\n];\n');
    expect(idsOf(await run())).toEqual([idOf(undefinedName), idOf(undefinedName, 2)]);

    await save('src/c.js', 'let x = ;\n');
    const report = reportOf(await run());
    expect(report.tests.map(({ id }) => id)).toEqual([
      ...[1, 2].map((at) => idOf(undefinedName, at)),
      idOf('Parsing error: Unexpected token ;', 1, 'src/c.js'),
    ]);
    expect(report.checked).toEqual([{ check: 'eslint', unread: ['src/c.js'] }]);
  });

  test('what it and its settings print is not its report', async () => {
    const { run, save } = await sample(kind, 'eslint .', { 'src/a.js': 'export const a = b;\n' });
    // The first of several that it looks for.
    const [settings, text] =
      kind.version === '8' ? ['.eslintrc.cjs', `module.exports = ${old(rules)};\n`] : [kind.file, flat(rules)];
    const noise = "globalThis.console.log('[{]'); globalThis.console.error('garbage');\n";
    const ended = `${noise}process.exit(0);\n`;
    await save(settings, noise + text);
    expect(idsOf(await run()).filter((id) => !id.includes(settings))).toEqual([idOf(undefinedName)]);
    await save(settings, ended);
    expect(await run()).toMatchObject({
      kind: 'broken',
      reason: 'crashed',
      detail: 'eslint ended with exit code 0 and no report: garbage',
    });
  });

  test('where its script takes no warning, a warning counts, alone and beside an error', async () => {
    const { run, save } = await sample(kind, 'eslint . --max-warnings=0');
    expect(idsOf(await run())).toEqual([]);
    const warning = idOf("no-debugger Unexpected 'debugger' statement.");
    await save('src/a.js', 'debugger;\nexport const a = 1;\n');
    expect(reportOf(await run())).toMatchObject({ tests: [{ id: warning }], exitCode: 1 });
    await save('src/a.js', 'debugger;\nexport const a = b;\n');
    expect(idsOf(await run())).toEqual([warning, idOf(undefinedName)]);
  });
});

describe('VERIFY-7: settings that it cannot use are no problem of the code, and it is said which they are', () => {
  test.each([
    ['{"root":true,', /Failed to read JSON file at \.eslintrc\.json: Cannot read config file/],
    [old('{"no-undef":"often"}'), /Error: \.eslintrc\.json: Configuration for rule "no-undef" is invalid: Severity/],
    ['{"root":true,"plugins":["none"]}', /ESLint couldn't find the plugin "eslint-plugin-none"\.$/],
    [
      '{"root":true,"parser":"none"}',
      /Failed to load parser 'none' declared in '\.eslintrc\.json': Cannot find module/,
    ],
  ])('8: %s', async (text, said) => {
    const { run, save } = await sample(kinds[0]);
    await save('.eslintrc.json', text);
    const end = { kind: 'broken', reason: 'configuration', detail: expect.stringMatching(said) };
    expect(await run()).toMatchObject(end);
  });

  test.each([
    ['export default [', /SyntaxError: Unexpected end of input$/],
    ["import 'eslint-plugin-none';", /Cannot find package 'eslint-plugin-none' imported from eslint\.config\.js$/],
    [flat('{"no-undef":"often"}'), /: Configuration for rule "no-undef" is invalid\. Expected severity/],
    [flat('{"none":2}'), /: TypeError: Key "rules": Key "none": Could not find "none" in plugin "@"\.$/],
  ])('9: %s', async (text, said) => {
    const { run, save } = await sample(kinds[1]);
    await save('eslint.config.js', text);
    const end = { kind: 'broken', reason: 'configuration', detail: expect.stringMatching(said) };
    expect(await run()).toMatchObject(end);
  });
});

describe('what only a script of the project says', () => {
  test('version 8 looks at the endings that the script names', async () => {
    const { run } = await sample(kinds[0], 'eslint --ext .js,.mjs .', { 'src/b.mjs': 'export const a = b;\n' });
    expect(idsOf(await run())).toEqual([idOf(undefinedName, 1, 'src/b.mjs')]);
  });

  test('version 9 reads settings of the old kind where it is told to, else it says what it misses', async () => {
    const both = { ...kinds[1], file: '.eslintrc.json', config: old };
    const told = await sample(both, 'ESLINT_USE_FLAT_CONFIG=false eslint .', { 'src/a.js': 'export const a = b;\n' });
    expect(idsOf(await told.run())).toEqual([idOf(undefinedName)]);
    const untold = await sample(both);
    expect(await untold.run()).toMatchObject({
      kind: 'broken',
      reason: 'configuration',
      detail: expect.stringMatching(/: ESLint couldn't find an eslint\.config\.\(js\|mjs\|cjs\) file\.$/),
    });
  });
});

test('VERIFY-7: the newest eslint, with rules that look at types: what one file declares is a problem in another', async () => {
  const { run, save, root } = await project(dirname(packageFolder('typescript-eslint', TYPED)), {
    'package.json': '{"type":"module"}',
    'tsconfig.json':
      '{"compilerOptions":{"strict":true,"types":[],"module":"nodenext","noEmit":true},"include":["src"]}',
    'eslint.config.js': [
      "import { configs } from 'typescript-eslint';",
      'const here = { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } };',
      "export default [{ ignores: ['*.js'] }, ...configs.recommendedTypeChecked, here];",
    ].join('\n'),
    'src/a.ts': 'export function a(): number {\n  return 1;\n}\n',
    'src/b.ts': "import { a } from './a.js';\n\na();\n",
  });
  expect(idsOf(await run())).toEqual([]);
  await save('src/a.ts', 'export function a(): Promise<number> {\n  return Promise.resolve(1);\n}\n');
  const [problem, ...more] = reportOf(await run({ kind: 'related', files: ['src/a.ts'] })).tests;
  expect([problem?.file, problem?.title, more]).toEqual([
    'src/b.ts',
    expect.stringMatching(/^eslint: @typescript-eslint\/no-floating-promises Promises must be awaited/),
    [],
  ]);
  // A file that no project has cannot be looked at; where the lane lies is no part of what that is known by.
  await save('other.ts', 'export const c = 1;\n');
  const report = reportOf(await run());
  expect(report.checked).toEqual([{ check: 'eslint', unread: ['other.ts'] }]);
  expect(report.tests.map(({ id }) => id).join('\n')).not.toContain(root);
});
