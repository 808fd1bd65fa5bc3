import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { detectRunner } from '../../src/runners/detect.ts';
import type { Runner, TestScope } from '../../src/runners/types.ts';
import type { Lane, Workspace } from '../../src/workspace/types.ts';
import { packageFolder } from '../rig/javascript-project.ts';
import { type LaidOut, layHoisted, layPnpm } from '../rig/layouts.ts';
import { mender } from '../rig/menders.ts';
import { vitestFolder } from '../rig/sample-project.ts';
import { setStage } from '../rig/set-stage.ts';
import { reportOf, sampleEnv, statuses } from '../runners/vitest-sample.ts';
import { contents, digest, rig } from '../workspace/rig.ts';

type Files = Readonly<Record<string, string>>;

interface Layout {
  readonly name: string;
  readonly lay: (root: string) => Promise<void>;
  readonly files: Files;
  /** Where the tests of `freight`, and those of `units`, are. */
  readonly tests: readonly [freight: string, units: string];
  readonly library: string;
}

const packages = (folder: (name: string) => string, more: readonly string[] = []): readonly LaidOut[] => [
  { folder: folder('units'), name: '@shop/units', needs: ['left', ...more] },
  { folder: folder('freight'), name: '@shop/freight', needs: ['@shop/units', 'left', ...more] },
];
const inPackages = packages((name) => `packages/${name}`);
const manifest = (name: string, more: object = {}): string =>
  JSON.stringify({ name: `@shop/${name}`, version: '1.0.0', type: 'module', exports: './src/index.js', ...more });

const library = 'export const grams = 1000;\n';
const user = `import { grams } from '@shop/units';
import left from 'left';
export const kilograms = (weight) => Math.ceil(weight / grams) + left - 2;
`;

/** The same two packages, with tests in the words of a runner. */
function shop(folder: (name: string) => string, head: string, check: (value: string, wanted: string) => string): Files {
  return {
    [`${folder('units')}/src/index.js`]: library,
    [`${folder('units')}/test/units.test.js`]: `${head}import { grams } from '../src/index.js';
test('units', () => { ${check('grams > 0', 'true')}; });\n`,
    [`${folder('freight')}/src/index.js`]: user,
    [`${folder('freight')}/test/freight.test.js`]: `${head}import { kilograms } from '../src/index.js';
test('freight', () => { ${check('kilograms(1500)', '2')}; });\n`,
  };
}

const inFolder = (name: string): string => `packages/${name}`;
const expectation = (value: string, wanted: string): string => `expect(${value}).toBe(${wanted})`;
const withVitest = "import { expect, test } from 'vitest';\n";
const vitestShop = shop(inFolder, withVitest, expectation);
const assertShop = (head: string): Files =>
  shop(inFolder, `import assert from 'node:assert';\n${head}`, (value, wanted) => `assert.equal(${value}, ${wanted})`);
const usual = {
  library: 'packages/units/src/index.js',
  tests: ['packages/freight/test/freight.test.js', 'packages/units/test/units.test.js'] as const,
};
const manifests = (more: object): Files => ({
  'packages/units/package.json': manifest('units', more),
  'packages/freight/package.json': manifest('freight', { dependencies: { '@shop/units': 'workspace:*' }, ...more }),
});
const turbo = '{"$schema":"https://turbo.build/schema.json","tasks":{"test":{"dependsOn":["^build"]}}}';

const layouts: readonly Layout[] = [
  {
    name: 'pnpm, turbo, one configuration of vitest with projects',
    lay: (root) => layPnpm(root, inPackages, { vitest: vitestFolder(5) }),
    files: {
      ...vitestShop,
      ...manifests({ scripts: { test: 'vitest run' } }),
      'package.json': '{"private":true,"scripts":{"test":"turbo run test"},"devDependencies":{"vitest":"*"}}',
      'turbo.json': turbo,
      'vitest.config.js': "export default { test: { projects: ['packages/*'] } };",
    },
    ...usual,
  },
  {
    name: 'pnpm, a configuration and a vitest in each package, none in the root',
    lay: async (root) => {
      await layPnpm(root, packages(inFolder, ['vitest']), { vitest: vitestFolder(5) });
    },
    files: {
      ...vitestShop,
      ...manifests({ scripts: { test: 'vitest run' }, devDependencies: { vitest: '*' } }),
      'package.json': '{"private":true,"scripts":{"test":"pnpm -r test"}}',
      'packages/units/vitest.config.js': "export default { test: { name: 'units' } };",
      'packages/freight/vitest.config.js': "export default { test: { name: 'freight' } };",
    },
    ...usual,
  },
  {
    name: 'Yarn 1, jest with projects in the root',
    lay: (root) => layHoisted(root, 'yarn', inPackages, { jest: packageFolder('jest') }),
    files: {
      ...shop(inFolder, '', (value, wanted) => `expect(${value}).toBe(${wanted})`),
      ...each(shop(inFolder, '', expectation), commonJs),
      'packages/units/package.json': manifest('units', { type: 'commonjs' }),
      'packages/freight/package.json': manifest('freight', { type: 'commonjs' }),
      'package.json':
        '{"private":true,"workspaces":{"packages":["packages/*"],"nohoist":[]},"scripts":{"test":"jest"},"devDependencies":{"jest":"*"},"jest":{"projects":["<rootDir>/packages/*"]}}',
    },
    ...usual,
  },
  {
    name: 'Yarn with nodeLinker: node-modules, mocha in each package',
    lay: (root) => layHoisted(root, 'berry', inPackages, { mocha: packageFolder('mocha') }),
    files: {
      ...each(assertShop(''), (text) => text.replace(/^test\(/m, 'it(')),
      ...manifests({ scripts: { test: "mocha 'test/**/*.test.js'" }, devDependencies: { mocha: '*' } }),
      'package.json':
        '{"private":true,"workspaces":["packages/*"],"scripts":{"test":"yarn workspaces foreach -A run test"}}',
    },
    ...usual,
  },
  {
    name: 'npm workspaces, lerna, node:test in each package',
    lay: (root) => layHoisted(root, 'npm', inPackages, {}),
    files: {
      ...assertShop("import { test } from 'node:test';\n"),
      ...manifests({ scripts: { test: 'node --test' } }),
      'package.json': '{"private":true,"workspaces":["./packages/*"],"scripts":{"test":"lerna run test"}}',
      'lerna.json': '{"version":"independent"}',
    },
    ...usual,
  },
  {
    name: 'nx with libraries that are no packages, a configuration of vitest in each',
    lay: (root) => layHoisted(root, 'npm', [], { vitest: vitestFolder(5) }),
    files: {
      ...shop((name) => `libs/${name}`, withVitest, expectation),
      'package.json': '{"private":true,"type":"module","devDependencies":{"vitest":"*","nx":"*"}}',
      'nx.json': '{"targetDefaults":{"test":{"cache":true}}}',
      'tsconfig.base.json': '{"compilerOptions":{"paths":{"@shop/units":["libs/units/src/index.js"]}}}',
      ...Object.fromEntries(
        ['units', 'freight'].flatMap((name) => [
          [`libs/${name}/project.json`, `{"name":"${name}","targets":{"test":{"executor":"@nx/vite:test"}}}`],
          [
            `libs/${name}/vite.config.js`,
            `import { fileURLToPath } from 'node:url';
const units = fileURLToPath(new URL('../units/src/index.js', import.meta.url));
export default { resolve: { alias: { '@shop/units': units } }, test: { name: '${name}' } };`,
          ],
        ]),
      ),
    },
    library: 'libs/units/src/index.js',
    tests: ['libs/freight/test/freight.test.js', 'libs/units/test/units.test.js'],
  },
];

function each(files: Files, change: (text: string) => string): Files {
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [path, change(text)]));
}

function commonJs(text: string): string {
  return text
    .replace(/import (.+) from (.+);/g, 'const $1 = require($2);')
    .replace(/export const (\w+) = (.+);/g, 'exports.$1 = $2;');
}

interface Place {
  readonly root: string;
  readonly workspace: Workspace;
  readonly lane: Lane;
  run(scope: TestScope): Promise<Record<string, string>>;
}

async function open({ lay, files }: Pick<Layout, 'lay' | 'files'>): Promise<Place> {
  const project = await rig({ '.gitignore': 'node_modules/\n.yarn/\n', ...files }, { commit: false });
  await lay(project.root);
  project.commit();
  const workspace = await project.open();
  const lane = workspace.lane('triage');
  const runner = await runnerOf(project.root);
  const reportFolder = join(project.folder, 'report');
  mkdirSync(reportFolder);
  const signal = new AbortController().signal;
  return {
    root: project.root,
    workspace,
    lane,
    run: async (scope) => {
      const request = { root: lane.root, scope, env: sampleEnv, reportFolder, timeoutMs: 60_000, signal };
      return statuses(reportOf(await runner.run(request)));
    },
  };
}

async function runnerOf(root: string): Promise<Runner> {
  const detection = await detectRunner({ root, env: sampleEnv });
  if (detection.kind !== 'found') throw new Error(`${detection.reason} ${detection.remedy}`);
  return detection.runner;
}

const byFile = (found: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(found).map(([id, status]) => [id.split('|')[1], status]));

describe.each(layouts)('VERIFY-7: $name', (layout) => {
  test('a change in one package is seen by the tests of another, in the lane alone', async () => {
    const { root, workspace, lane, run } = await open(layout);
    const [freight, units] = layout.tests;
    const snapshot = await workspace.snapshot();
    const whole = readFileSync(join(root, layout.library), 'utf8');
    // What the person saves meanwhile: a link that led there would show it.
    writeFileSync(join(root, layout.library), whole.replace('1000', '10'));
    const before = digest(root);
    await lane.renew(snapshot);
    // What package managers note of an installation; tools look for it.
    const notes = contents(join(root, 'node_modules'), ['.pnpm']);
    for (const [path, text] of Object.entries(notes).filter(([name]) => /^\.[^/]+$/.test(name))) {
      expect(contents(join(lane.root, 'node_modules'), ['.pnpm'])[path]).toBe(text);
    }
    expect(byFile(await run({ kind: 'all' }))).toEqual({ [freight]: 'passed', [units]: 'passed' });
    // What a fixer writes in the lane: a link that led elsewhere would hide it.
    writeFileSync(join(lane.root, layout.library), whole.replace('1000', '100'));
    const related = await run({ kind: 'related', files: [layout.library] });
    expect(byFile(related)).toEqual({ [freight]: 'failed', [units]: 'passed' });
    expect(digest(root)).toBe(before);
  });
});

test('VERIFY-7: a save in a library of a pnpm monorepo that breaks who depends on it is mended', async () => {
  const [broken, whole] = ['grams = 100;', 'grams = 1000;'];
  const [layout] = layouts;
  const stage = await setStage({
    bare: true,
    files: layout?.files ?? {},
    // Of pnpm's own layout alone.
    prepare: async (project) => {
      rmSync(join(project, 'node_modules'), { recursive: true });
      await layout?.lay(project);
    },
    scenario: mender({ file: usual.library, from: broken, to: whole }),
  });
  await stage.edit(usual.library, whole, broken);
  const end = await stage.until(['task.finished', 'task.failed']);
  expect(end).toMatchObject({ type: 'task.finished', outcome: 'fixed' });
  const task = (await stage.state()).queues.completed.find(({ id }) => id === end.taskId);
  expect(task?.regression?.tests).toEqual(['@shop/freight|packages/freight/test/freight.test.js|freight|1']);
  expect(await stage.read(usual.library)).toContain(whole);
});
