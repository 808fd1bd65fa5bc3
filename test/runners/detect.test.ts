import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { type DetectOptions, detectRunner } from '../../src/runners/detect.ts';
import { vitestFolder, writeProject } from '../rig/sample-project.ts';
import { scratch } from '../rig/scratch.ts';
import { sampleEnv, workspaceOfPackages } from './vitest-sample.ts';

type Files = Record<string, string>;

/** Files without any vitest installed. */
async function bare(files: Files): Promise<string> {
  const root = await scratch('detect');
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

const detect = (root: string, options: Partial<DetectOptions> = {}) =>
  detectRunner({ root, env: sampleEnv, ...options });
const declared = '{"devDependencies":{"vitest":"^5"}}';

function fakeVitest(version: string, node = '>=18'): Files {
  return {
    'package.json': declared,
    'node_modules/vitest/package.json': JSON.stringify({ name: 'vitest', version, engines: { node } }),
    'node_modules/vitest/vitest.mjs': '',
  };
}

test("finds the project's own vitest through a link, with its version", async () => {
  const root = await writeProject(await scratch('detect'), {});
  const detection = await detect(root);
  expect(detection).toMatchObject({
    kind: 'found',
    runner: { name: 'vitest', version: expect.stringMatching(/^5\./) },
  });
  expect(detection.kind === 'found' && detection.runner.description).toMatch(/^vitest 5\.\S+, run by /);
});

test('finds a vitest that is hoisted above the root', async () => {
  const root = await bare({ 'packages/app/package.json': declared });
  await mkdir(join(root, 'node_modules'));
  await symlink(vitestFolder(5), join(root, 'node_modules', 'vitest'));
  expect(await detect(join(root, 'packages/app'))).toMatchObject({ kind: 'found' });
});

test('finds a vitest that only a package of a pnpm workspace has', async () => {
  const root = await bare({
    'package.json': '{}',
    'pnpm-workspace.yaml': "packages:\n  # all of them\n  - 'packages/*'\n  - '!packages/old'\n",
    'packages/app/package.json': declared,
    'packages/app/vitest.config.ts': 'export default {};',
    'packages/old/package.json': declared,
    'packages/old/vitest.config.ts': 'export default {};',
  });
  await mkdir(join(root, 'packages/app/node_modules'));
  await symlink(vitestFolder(5), join(root, 'packages/app/node_modules/vitest'));
  const detection = await detect(root);
  expect(detection.kind === 'found' && detection.runner.description).toContain('in 1 package,');
});

test('F41: no runner, another runner, and not installed are told apart, each with what to do', async () => {
  expect(await detect(await bare({}))).toMatchObject({
    kind: 'not-found',
    reason: expect.stringMatching(/^No test runner was found; known are vitest, jest, /),
  });
  expect(await detect(await bare({ 'package.json': '{"devDependencies":{"ava":"1"}}' }))).toMatchObject({
    reason: expect.stringMatching(/^The project uses ava; known are vitest, jest, /),
    remedy: expect.stringContaining('TEST_RUNNER'),
  });
  expect(await detect(await bare({ 'package.json': declared }))).toMatchObject({
    kind: 'not-found',
    reason: 'vitest is asked for but not installed.',
    remedy: 'Run: npm install',
  });
  expect(await detect(await bare({ 'package.json': declared, 'pnpm-lock.yaml': '' }))).toMatchObject({
    remedy: 'Run: pnpm install',
  });
  expect(await detect(await bare({ 'package.json': declared, '.pnp.cjs': '' }))).toMatchObject({
    reason: expect.stringContaining("Plug'n'Play"),
  });
  expect(await detect(await bare({ 'package.json': 'not JSON' }))).toMatchObject({ kind: 'not-found' });
});

test('the override takes a vitest that nobody declares', async () => {
  const root = await writeProject(await scratch('detect'), { 'package.json': '{}' });
  expect(await detect(root)).toMatchObject({ kind: 'not-found' });
  expect(await detect(root, { wanted: ['vitest'] })).toMatchObject({ kind: 'found' });
  const empty = await bare({ 'package.json': '{}' });
  expect(await detect(empty, { wanted: ['vitest'] })).toMatchObject({ remedy: 'Run: npm install --save-dev vitest' });
});

test.each(['0.34.6', '6.0.0', 'strange'])('version %s is refused with what was expected', async (version) => {
  expect(await detect(await bare(fakeVitest(version)))).toMatchObject({
    kind: 'not-found',
    reason: `vitest ${version} is installed; expected version 1 to 5.`,
  });
});

test.each(['1.0.0', '2.1.9', '3.0.0-beta.1', '4.0.0'])('version %s is taken', async (version) => {
  expect(await detect(await bare(fakeVitest(version)))).toMatchObject({ kind: 'found', runner: { version } });
});

test('browser mode is refused, but not when it is a comment or off', async () => {
  const config = (text: string) => bare({ ...fakeVitest('5.0.0'), 'vitest.config.ts': text });
  const on = 'export default { test: { browser: { provider: playwright(), enabled: true } } };';
  expect(await detect(await config(on))).toMatchObject({
    kind: 'not-found',
    reason: "vitest.config.ts turns on vitest's browser mode, which is not supported.",
  });
  expect(await detect(await config(`  // ${on}\n/* ${on} */`))).toMatchObject({ kind: 'found' });
  expect(await detect(await config(on.replace('true', 'false')))).toMatchObject({ kind: 'found' });
});

test('the Node of the launch environment runs it, unless it is too old for this vitest', async () => {
  const root = await bare(fakeVitest('5.0.0', '^22.12.0 || ^24.0.0 || >=26.0.0'));
  const bin = join(root, 'bin');
  const nodeOf = async (script: string | undefined) => {
    await rm(bin, { recursive: true, force: true });
    await mkdir(bin);
    if (script !== undefined) {
      await writeFile(join(bin, 'node'), `#!/bin/sh\n${script}\n`);
      await chmod(join(bin, 'node'), 0o755);
    }
    const detection = await detect(root, { env: { PATH: bin } });
    return detection.kind === 'found' ? detection.runner.description.replace(/^.* run by /, '') : detection.reason;
  };
  expect(await nodeOf('echo v22.12.1')).toBe('node');
  expect(await nodeOf('echo v20.19.0')).toBe(process.execPath);
  expect(await nodeOf('exit 1')).toBe(process.execPath);
  expect(await nodeOf(undefined)).toBe(process.execPath);
});

test('a vitest that no Node here can run is refused', async () => {
  expect(await detect(await bare(fakeVitest('5.0.0', '>=99')))).toMatchObject({
    kind: 'not-found',
    reason: expect.stringContaining('needs Node >=99'),
  });
});

test('packages with different versions and no configuration in the root are refused', async () => {
  const vitest = (version: string) => JSON.stringify({ name: 'vitest', version });
  const root = await bare({
    ...workspaceOfPackages,
    'packages/one/node_modules/vitest/package.json': vitest('4.0.0'),
    'packages/two/node_modules/vitest/package.json': vitest('5.0.0'),
  });
  expect(await detect(root)).toMatchObject({
    kind: 'not-found',
    reason: 'The packages use different versions of vitest: 4.0.0, and 5.0.0 in packages/two.',
  });
});
