import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Baseline } from '../../../src/triage/baseline.ts';
import { javascriptSample, packageFolder } from '../../rig/javascript-project.ts';
import { scratch } from '../../rig/scratch.ts';
import { reportOf, type Sample } from '../../runners/vitest-sample.ts';

const MODULES = 30;
const TESTS_EACH = 4;
/** Saves are looked at in groups, as the agent does with what is saved together. */
const SAVES = 20;
const GROUP = 20;

/** A generated project: a tree of modules, each with its tests, in a shape that real ones have. */
interface Shape {
  readonly runner: 'jest' | 'mocha' | 'node-test';
  readonly name: string;
  readonly isEsm: boolean;
  readonly source: (number: number) => string;
  readonly test: (number: number) => string;
  /** How a file refers to another one. */
  readonly refer?: (from: string, to: string) => string;
  readonly typed?: boolean;
  readonly more: Readonly<Record<string, string>>;
}

const relative = (from: string, to: string): string => {
  const path = posix.relative(posix.dirname(from), to);
  return path.startsWith('.') ? path : `./${path}`;
};
const inPackages = (folder: string, ending: string) => (number: number) =>
  `packages/p${number % 3}/${folder}/m${number}${ending}`;

const shapes: readonly Shape[] = [
  {
    ...{ runner: 'jest', name: 'tests in a folder of their own', isEsm: false },
    source: (number) => `lib/m${number}.js`,
    test: (number) => `test/m${number}.test.js`,
    more: { 'package.json': '{"scripts":{"test":"jest"},"devDependencies":{"jest":"*"}}' },
  },
  {
    ...{ runner: 'jest', name: 'tests beside the sources, mapped names, a set-up file', isEsm: false },
    source: (number) => `src/part${number % 5}/m${number}.js`,
    test: (number) => `src/part${number % 5}/__tests__/m${number}.js`,
    refer: (_, to) => to.replace(/^src\//, '@/').replace(/\.js$/, ''),
    more: {
      'package.json': '{"devDependencies":{"jest":"*"}}',
      'jest.config.js':
        "module.exports = { rootDir: 'src', moduleNameMapper: { '^@/(.*)$': '<rootDir>/$1' }, setupFiles: ['<rootDir>/../setup.js'] };",
      'setup.js': 'globalThis.ready = true;',
    },
  },
  {
    ...{ runner: 'jest', name: 'packages as projects of jest', isEsm: false },
    source: inPackages('src', '.js'),
    test: inPackages('spec', '.spec.js'),
    more: {
      'package.json': '{"workspaces":["packages/*"],"devDependencies":{"jest":"*"},"jest":{"projects":["packages/*"]}}',
      ...Object.fromEntries(
        [0, 1, 2].map((at) => [`packages/p${at}/package.json`, `{"name":"p${at}","jest":{"displayName":"p${at}"}}`]),
      ),
    },
  },
  {
    ...{ runner: 'mocha', name: 'all in the script', isEsm: false },
    source: (number) => `lib/m${number}.js`,
    test: (number) => `test/m${number}.js`,
    more: {
      'package.json': '{"scripts":{"test":"mocha --require ./setup.js"},"devDependencies":{"mocha":"*"}}',
      'setup.js': '',
    },
  },
  {
    ...{ runner: 'mocha', name: 'modules, tests beside the sources', isEsm: true },
    source: (number) => `src/part${number % 5}/m${number}.js`,
    test: (number) => `src/part${number % 5}/m${number}.spec.js`,
    more: {
      'package.json': '{"type":"module","devDependencies":{"mocha":"*"}}',
      '.mocharc.json': '{"spec":"src/**/*.spec.js","bail":true}',
    },
  },
  {
    ...{ runner: 'mocha', name: 'packages, files in parallel', isEsm: false },
    source: inPackages('lib', '.js'),
    test: inPackages('test', '.js'),
    more: {
      'package.json': '{"workspaces":["packages/*"],"devDependencies":{"mocha":"*"}}',
      '.mocharc.cjs': "module.exports = { spec: ['packages/*/test/**/*.js'], parallel: true, jobs: 2 };",
    },
  },
  {
    ...{ runner: 'node-test', name: 'modules, tests as Node finds them', isEsm: true },
    source: (number) => `src/m${number}.js`,
    test: (number) => `test/m${number}.test.js`,
    more: { 'package.json': '{"type":"module","scripts":{"test":"node --test"}}' },
  },
  {
    ...{ runner: 'node-test', name: 'TypeScript beside its tests', isEsm: true, typed: true },
    source: (number) => `src/part${number % 5}/m${number}.ts`,
    test: (number) => `src/part${number % 5}/m${number}.test.ts`,
    more: {
      'package.json':
        '{"type":"module","scripts":{"test":"node --experimental-strip-types --test \'src/**/*.test.ts\'"}}',
    },
  },
  {
    ...{ runner: 'node-test', name: 'packages with a script each', isEsm: false },
    source: inPackages('src', '.cjs'),
    test: inPackages('src', '-test.cjs'),
    more: {
      'package.json': '{"workspaces":["packages/*"],"scripts":{"test":"npm test --workspaces"}}',
      ...Object.fromEntries(
        [0, 1, 2].map((at) => [`packages/p${at}/package.json`, `{"name":"p${at}","scripts":{"test":"node --test"}}`]),
      ),
    },
  },
];

function sourceText(shape: Shape, number: number): string {
  const refer = shape.refer ?? relative;
  const path = shape.source(number);
  const parent = number === 0 ? undefined : refer(path, shape.source(Math.floor((number - 1) / 3)));
  const type = shape.typed ? ': number' : '';
  const imports = shape.isEsm ? `import { f as base } from '${parent}';` : `const { f: base } = require('${parent}');`;
  const g = parent === undefined ? 'x' : 'base(x)';
  return [
    parent === undefined ? '' : imports,
    `const f = (x${type}) => x + ${number};`,
    `const g = (x${type}) => ${g} * 2;`,
    shape.isEsm ? 'export { f, g };' : 'module.exports = { f, g };',
    '',
  ].join('\n');
}

function testText(shape: Shape, number: number): string {
  const { runner, isEsm } = shape;
  const from = (shape.refer ?? relative)(shape.test(number), shape.source(number));
  const load = (names: string, module: string) =>
    isEsm ? `import { ${names} } from '${module}';` : `const { ${names} } = require('${module}');`;
  const parent = number === 0 ? 0 : Math.floor((number - 1) / 3);
  const same = (actual: string, expected: number) =>
    runner === 'jest' ? `expect(${actual}).toBe(${expected})` : `equal(${actual}, ${expected})`;
  const word = runner === 'node-test' ? 'test' : 'it';
  return [
    runner === 'jest' ? '' : load('equal', 'node:assert'),
    runner === 'node-test' ? load('describe, test', 'node:test') : '',
    load('f, g', from),
    `describe('module ${number}', () => {`,
    `  ${word}('adds', () => { ${same('f(2)', 2 + number)}; });`,
    `  ${word}('adds to nothing', () => { ${same('f(0)', number)}; });`,
    `  ${word}('builds on another', () => { ${same('g(1)', (1 + parent) * 2)}; });`,
    '});',
    `${word}('module ${number} is there', () => { ${same('typeof f', 0).replace(/\b0\b/, "'function'")}; });`,
  ].join('\n');
}

/** What changes nothing. */
const innocent: readonly ((text: string) => string)[] = [
  (text) => `// A remark.\n${text}`,
  (text) => text.replaceAll('(x', '( x'),
  (text) => `${text}\nconst unused = 1;\n`,
  (text) => text.replace('const g', '\n\nconst g'),
  (text) => text.replaceAll(/\bx\b/g, 'value'),
];

/** What breaks a module, each in its own way; nothing at all: it is deleted. */
const breaks: readonly ((text: string) => string | undefined)[] = [
  (text) => text.replace('=> x +', '=> 1 + x +'),
  (text) => text.replace('{ f, g }', '{ g }'),
  (text) => `${text}}}`,
  (text) => `${text}throw new Error('not ready');\n`,
  () => undefined,
];

/** A small generator with a seed, so that a failure can be had again. */
function picker(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * limit);
  };
}

interface Saved {
  readonly number: number;
  readonly path: string;
  readonly before: string;
}

describe.each(shapes)('VERIFY-7: $runner: $name', { timeout: 240_000 }, (shape) => {
  test('no false regression over 20 innocent saves, and every one of 20 breaks is seen', async () => {
    const numbers = Array.from({ length: MODULES }, (_, number) => number);
    const files = {
      ...shape.more,
      ...Object.fromEntries(numbers.map((number) => [shape.source(number), sourceText(shape, number)])),
      ...Object.fromEntries(numbers.map((number) => [shape.test(number), testText(shape, number)])),
    };
    const links: Record<string, string> =
      shape.runner === 'node-test' ? {} : { [shape.runner]: packageFolder(shape.runner) };
    const project = await javascriptSample(await scratch('projects'), files, links);
    const full = reportOf(await project.run());
    expect(full.tests.filter(({ status }) => status === 'passed')).toHaveLength(MODULES * TESTS_EACH);
    const baseline = Baseline.fromReport(full, 'tree', 'now');
    const pick = picker(20_240_601);
    for (let round = 0; round < SAVES / GROUP; round++) {
      const quiet = await saved(project, shape, pick, innocent);
      const report = reportOf(await project.run({ kind: 'related', files: quiet.map(({ path }) => path) }));
      expect(baseline.compare(report, new Set()).regressed).toEqual([]);
      await putBack(project, quiet);
      const loud = await saved(project, shape, pick, breaks);
      const broken = reportOf(await project.run({ kind: 'related', files: loud.map(({ path }) => path) }));
      const red = new Set(baseline.compare(broken, new Set()).regressed.map(({ file, title }) => `${file} ${title}`));
      const expected = loud.map(({ number }) => `${shape.test(number)} module ${number} > adds`);
      expect(expected.filter((each) => !red.has(each))).toEqual([]);
      await putBack(project, loud);
    }
  });
});

async function saved(
  { root }: Sample,
  shape: Shape,
  pick: (limit: number) => number,
  kinds: readonly ((text: string) => string | undefined)[],
): Promise<readonly Saved[]> {
  const numbers = new Set<number>();
  while (numbers.size < GROUP) numbers.add(pick(MODULES));
  return Promise.all(
    [...numbers].map(async (number, at) => {
      const path = shape.source(number);
      const before = await readFile(join(root, path), 'utf8');
      const after = kinds[at % kinds.length]?.(before);
      if (after === undefined) await rm(join(root, path));
      else await writeFile(join(root, path), after);
      return { number, path, before };
    }),
  );
}

async function putBack({ root }: Sample, all: readonly Saved[]): Promise<void> {
  for (const { path, before } of all) await writeFile(join(root, path), before);
}
