import { execFileSync } from 'node:child_process';
import { lstatSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { leftOutLines } from '../../src/agent/left-out.ts';
import { link, put } from '../rig/layouts.ts';
import { digest, type Rig, rig } from './rig.ts';

const core = "module.exports = 'of the project';\n";
const plugin = {
  'package.json':
    '{"name":"plugin","version":"1.0.0","peerDependencies":{"@ws/core":"*"},"dependencies":{"plain":"*"}}',
  'index.js': "module.exports = [require('@ws/core'), require('plain')];\n",
  'cli.js': "#!/usr/bin/env node\nconsole.log(require('./index.js').join());\n",
};
/** It needs the plugin, and so, without knowing, a package of the project. */
const preset = {
  'package.json': '{"name":"preset","version":"1.0.0","dependencies":{"plugin":"*"}}',
  'index.js': "module.exports = require('plugin');\n",
};
const plain = { 'package.json': '{"name":"plain","version":"1.0.0"}', 'index.js': "module.exports = 'plain';\n" };
const below = (folder: string, files: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));

async function hoisted({ root }: Rig): Promise<void> {
  for (const [name, files] of Object.entries({ plugin, preset, plain }))
    await put(root, below(`node_modules/${name}`, files));
  await link(root, 'node_modules/@ws/core', 'packages/core');
  await link(root, 'node_modules/.bin/plugin', 'node_modules/plugin/cli.js');
}

async function stored({ root }: Rig): Promise<void> {
  const store = (name: string, of = name) => `node_modules/.pnpm/${of}@1.0.0/node_modules/${name}`;
  for (const [name, files] of Object.entries({ plugin, preset, plain })) await put(root, below(store(name), files));
  await link(root, store('@ws/core', 'plugin'), 'packages/core');
  await link(root, store('plain', 'plugin'), store('plain'));
  await link(root, store('plugin', 'preset'), store('plugin'));
  for (const name of ['preset', 'plain', 'plugin']) await link(root, `packages/app/node_modules/${name}`, store(name));
  await link(root, 'packages/app/node_modules/@ws/core', 'packages/core');
  await link(root, 'packages/app/node_modules/.bin/plugin', store('plugin/cli.js', 'plugin'));
}

describe.each([
  ['npm and Yarn', hoisted, 'node_modules'],
  ['pnpm', stored, 'packages/app/node_modules'],
] as const)('%s', (_, install, modules) => {
  test('an installed package that needs one of the project has that of the lane, also by another package', async () => {
    const project = await rig({
      '.gitignore': 'node_modules/\n',
      'package.json': '{"workspaces":["packages/*"]}',
      'packages/core/package.json': '{"name":"@ws/core","main":"index.js"}',
      'packages/core/index.js': core,
      'packages/app/package.json': '{"name":"app","dependencies":{"@ws/core":"*","preset":"*"}}',
      'packages/app/index.js':
        "const [preset, plugin] = [require('preset'), require('plugin')];\nconsole.log(preset.join(), preset === plugin);\n",
    });
    await install(project);
    const before = digest(project.root);
    const workspace = await project.open();
    const lane = workspace.lane('fix');
    const snapshot = await workspace.snapshot();
    await lane.renew(snapshot);
    const node = (path: string) => execFileSync(process.execPath, [path], { cwd: lane.root, encoding: 'utf8' });
    const save = (text: string) =>
      writeFileSync(join(lane.root, 'packages/core/index.js'), `module.exports = '${text}';\n`);
    save('of the lane');
    expect(node('packages/app/index.js')).toBe('of the lane,plain true\n');
    expect(node(`${modules}/.bin/plugin`)).toBe('of the lane,plain\n');
    // Everything else is linked as ever.
    expect(lstatSync(join(lane.root, modules, 'plain')).isSymbolicLink()).toBe(true);
    await lane.renew(snapshot);
    save('of the lane again');
    await lane.move(snapshot);
    expect(node('packages/app/index.js')).toBe('of the project,plain true\n');
    expect(digest(project.root)).toBe(before);
  });
});

test('one that is too large to be copied stays a link, and that is said once, with the reason', async () => {
  const project = await rig({
    '.gitignore': 'node_modules/\n',
    'package.json': '{"workspaces":["packages/*"]}',
    'packages/core/package.json': '{"name":"@ws/core","main":"index.js"}',
    'packages/core/index.js': core,
  });
  await hoisted(project);
  // A hole as large as that takes no room.
  writeFileSync(join(project.root, 'node_modules/plugin/model.bin'), '');
  truncateSync(join(project.root, 'node_modules/plugin/model.bin'), 65 * 1024 * 1024);
  const workspace = await project.open();
  const snapshot = await workspace.snapshot();
  expect(workspace.skipped()).toEqual([]);
  await workspace.lane('fix').move(snapshot);
  await workspace.lane('verify').renew(snapshot);
  expect(lstatSync(join(workspace.lane('fix').root, 'node_modules/plugin')).isSymbolicLink()).toBe(true);
  expect(workspace.skipped()).toEqual([{ path: 'node_modules/plugin', reason: 'large package' }]);
  expect(leftOutLines(workspace.skipped())).toEqual([
    expect.stringMatching(/^left out: node_modules\/plugin \(large package: over 64 MB or 3,000 files, not copied; /),
  ]);
});
