import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isAtLeast, locateClaude, minimumVersion } from '../../src/claude/locate.ts';
import { scratch } from '../rig/scratch.ts';
import { packageRoot } from './rig.ts';

/** A folder with a `claude` that answers --version with the text. */
async function claudeThatSays(text: string): Promise<string> {
  const folder = await scratch('path');
  const command = join(folder, 'claude');
  await writeFile(command, `#!/bin/sh\necho '${text}'\n`);
  await chmod(command, 0o755);
  return folder;
}

/** A package folder without a Claude Code beside it. */
async function bareRoot(): Promise<string> {
  const root = await scratch('package');
  await writeFile(join(root, 'package.json'), '{}');
  return root;
}

const system = '/usr/bin:/bin';

test('F32: the packaged one is found where there is none on the path', async () => {
  const located = await locateClaude({ path: system, packageRoot });
  expect(located).toMatchObject({ version: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
});

test('F32: the packaged one is found in a folder above, as Node finds it', async () => {
  const root = await bareRoot();
  const inner = join(root, 'node_modules', 'mendwatch');
  await mkdir(inner, { recursive: true });
  await writeFile(join(inner, 'package.json'), '{}');
  await symlink(join(packageRoot, 'node_modules', '@anthropic-ai'), join(root, 'node_modules', '@anthropic-ai'));
  expect(await locateClaude({ path: system, packageRoot: inner })).toMatchObject({ version: expect.any(String) });
});

test('F32: one on the path comes first if it is new enough', async () => {
  const folder = await claudeThatSays('99.0.1 (Claude Code)');
  const located = await locateClaude({ path: `${folder}:${system}`, packageRoot });
  expect(located).toEqual({ command: join(folder, 'claude'), version: '99.0.1' });
});

test('F32: one on the path that is too old gives way to the packaged one', async () => {
  const folder = await claudeThatSays('1.0.3 (Claude Code)');
  const located = await locateClaude({ path: `${folder}:${system}`, packageRoot });
  expect(located).toMatchObject({ command: expect.not.stringContaining(folder) });
});

test('F32: without a usable one the problem says what was found, and the remedy what to do', async () => {
  const folder = await claudeThatSays('1.0.3 (Claude Code)');
  const located = await locateClaude({ path: `${folder}:${system}`, packageRoot: await bareRoot() });
  expect(located).toEqual({
    problem: `${join(folder, 'claude')} is 1.0.3, and ${minimumVersion} is the oldest that works`,
    remedy: expect.stringContaining('npm install'),
  });
  expect(await locateClaude({ path: system, packageRoot: await bareRoot() })).toMatchObject({
    problem: 'Claude Code was not found',
  });
});

test('F32: the configured one is used and no other', async () => {
  const folder = await claudeThatSays('something else 1.2');
  const configured = join(folder, 'claude');
  expect(await locateClaude({ configured, path: system, packageRoot })).toMatchObject({
    problem: expect.stringContaining('something else'),
  });
  expect(await locateClaude({ configured: 'no-such-command', path: system, packageRoot })).toMatchObject({
    problem: expect.stringContaining('no-such-command'),
  });
  const good = await claudeThatSays('99.0.1 (Claude Code)');
  expect(await locateClaude({ configured: 'claude', path: good, packageRoot })).toMatchObject({ version: '99.0.1' });
});

test.each([
  ['2.1.330', '2.1.150', true],
  ['2.1.150', '2.1.150', true],
  ['2.1.99', '2.1.150', false],
  ['2.2.0', '2.1.150', true],
  ['3.0.0', '2.1.150', true],
  ['1.9.999', '2.1.150', false],
])('%s is at least %s: %s', (version, minimum, expected) => {
  expect(isAtLeast(version, minimum)).toBe(expected);
});
