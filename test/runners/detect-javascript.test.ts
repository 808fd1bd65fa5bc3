import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type DetectOptions, detectRunner } from '../../src/runners/detect.ts';
import { packageFolder, writeJavascript } from '../rig/javascript-project.ts';
import { scratch } from '../rig/scratch.ts';
import { sampleEnv } from './vitest-sample.ts';

type Files = Record<string, string>;

const links = { jest: packageFolder('jest'), mocha: packageFolder('mocha') };

async function detect(files: Files, options: Partial<DetectOptions> = {}): Promise<string> {
  const root = await writeJavascript(await scratch('detect-js'), files, links);
  return seen(root, options);
}

/** One line: what was found, or why not. */
async function seen(root: string, options: Partial<DetectOptions> = {}): Promise<string> {
  const detection = await detectRunner({ root, env: sampleEnv, ...options });
  return detection.kind === 'found'
    ? detection.runner.description.replaceAll(/(\d+)\.\d+\.\d+/g, '$1')
    : `${detection.reason} ${detection.remedy}`;
}

const scripts = (test: string, more = ''): Files => ({
  'package.json': `{"scripts":{"test":${JSON.stringify(test)}}${more}}`,
});
const nodeTest = "import test from 'node:test';";
const declares = (name: string) => `,"devDependencies":{"${name}":"*"}`;

test('each by its script, its settings or, alone, by being declared', async () => {
  expect(await detect(scripts('npm run lint && jest --ci'))).toMatch(/^jest 30, run by /);
  expect(await detect({ 'package.json': '{}', 'jest.config.ts': '' })).toMatch(/^jest 30, /);
  expect(await detect({ 'package.json': '{"jest":{}}' })).toMatch(/^jest 30, /);
  expect(await detect({ 'package.json': '{"devDependencies":{"jest":"*"}}' })).toMatch(/^jest 30, /);
  expect(await detect(scripts('nyc mocha'))).toMatch(/^mocha 12, /);
  expect(await detect({ 'package.json': '{}', '.mocharc.yml': '' })).toMatch(/^mocha 12, /);
  expect(await detect({ ...scripts('node --test'), 'a.test.js': '' })).toMatch(/^the test runner of Node \d+$/);
  expect(await detect({ 'package.json': '{}', 'a.test.js': nodeTest })).toMatch(/^the test runner of Node \d+$/);
});

test('what is declared and not told of does not run beside another', async () => {
  expect(await detect({ ...scripts('node --test', declares('jest')), 'a.test.js': nodeTest })).toMatch(
    /^the test runner of Node \d+$/,
  );
  expect(await detect({ ...scripts('mocha', declares('jest')), 'a.test.js': nodeTest })).toMatch(
    /^mocha 12, run by \S+$/,
  );
});

test('several in one repository, and those of packages where the root tells of none', async () => {
  const both = { ...scripts('jest && mocha checks && node --test node/'), 'node/a.test.js': nodeTest };
  expect(await detect(both)).toMatch(/^jest 30, .*; the test runner of Node \d+; mocha 12, /);
  const packages = await detect({
    'package.json': '{"workspaces":["packages/*"],"scripts":{"test":"npm test --workspaces"}}',
    'packages/a/package.json': '{"scripts":{"test":"jest --config unit.json"}}',
    'packages/b/package.json': '{"scripts":{"test":"mocha"}}',
    'packages/c/package.json': '{"scripts":{"test":"node --test"}}',
    'packages/c/test/a.js': '',
  });
  expect(packages).toMatch(
    /^jest 30 in packages\/a, run by \S+ with unit\.json; the test runner of Node \d+ in packages\/c; mocha 12 in packages\/b, /,
  );
});

test('F41: what cannot run says why and what to do', async () => {
  const bare = async (files: Files, options: Partial<DetectOptions> = {}) =>
    seen(await writeJavascript(await scratch('detect-js'), files), options);
  expect(await bare(scripts('jest', declares('jest')))).toBe('jest is asked for but not installed. Run: npm install');
  expect(await bare({ 'package.json': '{}' }, { wanted: ['mocha'] })).toBe(
    'mocha is asked for but not installed. Run: npm install --save-dev mocha',
  );
  const old = { 'node_modules/jest/package.json': '{"name":"jest","version":"26.6.3"}' };
  expect(await bare({ ...scripts('jest'), ...old })).toMatch(
    /^jest 26\.6\.3 is installed; expected version 27 to 30\. /,
  );
  const future = { 'node_modules/mocha/package.json': '{"name":"mocha","version":"12.1.0","engines":{"node":">=99"}}' };
  expect(await bare({ ...scripts('mocha'), ...future })).toContain('mocha 12.1.0 needs Node >=99');
  expect(await bare({ ...scripts('tsc && node --test dist/'), 'dist/a.test.js': nodeTest })).toMatch(
    /^The script runs node --test dist, but no such file is part of the project: .* or set TEST_COMMAND\.$/,
  );
  expect(await bare({ 'package.json': '{}' }, { wanted: ['node-test'] })).toContain(
    'No tests of node:test were found.',
  );
  expect(await bare({ ...scripts('jest', declares('jest')), '.pnp.cjs': '' })).toContain("Plug'n'Play");
});

test('the Node of the launch environment runs it, unless it lacks what the script asks for', async () => {
  const root = await writeJavascript(await scratch('detect-node'), {
    ...scripts("node --experimental-strip-types --test 'test/*.ts'"),
    'test/a.ts': nodeTest,
  });
  const bin = join(root, 'bin');
  await mkdir(bin);
  const described = async (version: string) => {
    await writeFile(join(bin, 'node'), `#!/bin/sh\necho ${version}\n`);
    await chmod(join(bin, 'node'), 0o755);
    const detection = await detectRunner({ root, env: { PATH: bin } });
    return detection.kind === 'found' ? detection.runner.version : detection.reason;
  };
  expect(await described('v22.6.0')).toBe('22.6.0');
  expect(await described('v20.19.0')).toBe(process.version.slice(1));
});

test('VERIFY-7: with Plug’n’Play none of them runs, also where another folder above has it installed', async () => {
  const refusal =
    "The project uses Yarn's Plug'n'Play, so there is no node_modules to take its packages from. Set \"nodeLinker: node-modules\" in .yarnrc.yml and run: yarn install";
  const traces: readonly Files[] = [{ '.pnp.cjs': '' }, { '.pnp.js': '' }, { '.pnp.cjs': '', '.yarnrc.yml': 'x: 1\n' }];
  for (const trace of traces) {
    for (const name of ['jest', 'mocha']) {
      expect(await detect({ ...scripts(name, declares(name)), ...trace })).toBe(refusal);
    }
    const own = { ...scripts('node --test', declares('left')), 'a.test.js': nodeTest };
    expect(await detect({ ...own, ...trace })).toBe(refusal);
  }
  expect(await detect({ ...scripts('vitest', declares('vitest')), '.pnp.cjs': '' })).toBe(refusal);
  // Nothing to take from anywhere, and files that Yarn has left behind.
  expect(await detect({ ...scripts('node --test'), 'a.test.js': nodeTest, '.pnp.cjs': '' })).toContain('of Node');
  const left = { '.pnp.cjs': '', '.yarnrc.yml': 'compressionLevel: 0\nnodeLinker: "node-modules"\n' };
  expect(await detect({ ...scripts('jest', declares('jest')), ...left })).toMatch(/^jest 30/);
});

test('packages that only lerna or nx tell of', async () => {
  const tests = { 'libs/a/jest.config.js': '', 'libs/b/package.json': '{"scripts":{"test":"mocha"}}' };
  expect(await detect({ ...tests, 'package.json': '{}', 'lerna.json': '{"packages":["libs/*"]}' })).toMatch(
    /^mocha 12/,
  );
  const projects = { 'libs/a/project.json': '{"name":"a"}', 'libs/b/project.json': '{"name":"b"}' };
  expect(await detect({ ...tests, ...projects, 'package.json': '{}', 'nx.json': '{}' })).toMatch(
    /^jest 30.*; mocha 12/,
  );
  expect(await detect({ ...tests, ...projects, 'package.json': '{}' })).toContain('No test runner was found');
});
