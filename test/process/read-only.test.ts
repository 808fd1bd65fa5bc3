import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { probeReadOnly } from '../../src/process/probe-read-only.ts';
import { run } from '../../src/process/process.ts';
import { READ_ONLY, readOnlyList } from '../../src/process/read-only.ts';
import { scratch } from '../rig/scratch.ts';

const env = { PATH: process.env.PATH ?? '' };

/** Namespaces of processes are not to be had on every machine; where they are not, the reason says so. */
async function place(): Promise<{ folder: string; kept: string; reason: string | undefined }> {
  const folder = await scratch('read only');
  const kept = join(folder, 'kept');
  await mkdir(kept);
  await writeFile(join(kept, 'file'), 'as it was');
  return { folder, kept, reason: await probeReadOnly(kept, env) };
}

test('what a process and those it starts write into a folder that is read-only to them fails, and elsewhere succeeds', async () => {
  const { folder, kept, reason } = await place();
  const line = `sh -c 'echo changed >kept/file'; echo $? >code; echo "$${READ_ONLY}" >told`;
  const guarded = reason === undefined ? { ...env, [READ_ONLY]: kept } : env;
  const { end } = await run({ command: 'sh', args: ['-c', line], cwd: folder, env: guarded });
  expect(end).toEqual({ kind: 'exited', code: 0 });
  expect(await readFile(join(folder, 'told'), 'utf8')).toBe('\n');
  expect(await readFile(join(kept, 'file'), 'utf8')).toBe(reason === undefined ? 'as it was' : 'changed\n');
  await writeFile(join(kept, 'file'), 'by us');
});

test('a program of the project that is named like one of the system takes no part in it', async () => {
  const { folder, kept, reason } = await place();
  const own = join(folder, 'bin');
  await mkdir(own);
  for (const name of ['mount', 'unshare']) {
    await writeFile(join(own, name), '#!/bin/sh\nexit 0\n');
    await chmod(join(own, name), 0o755);
  }
  const path = `${own}:${env.PATH}`;
  const { end, stdout } = await run({
    command: 'sh',
    args: ['-c', 'echo changed >kept/file; echo "$PATH"'],
    cwd: folder,
    env: { PATH: path, ...(reason === undefined ? { [READ_ONLY]: kept } : {}) },
  });
  expect([end, stdout]).toEqual([{ kind: 'exited', code: 0 }, `${path}\n`]);
  expect(await readFile(join(kept, 'file'), 'utf8')).toBe(reason === undefined ? 'as it was' : 'changed\n');
});

test('a folder that does not exist, and a program that does not, are told of as ever', async () => {
  const { folder, kept } = await place();
  const spec = { args: [], cwd: folder, env: { ...env, [READ_ONLY]: `${kept}\n${folder}/nowhere` } };
  expect((await run({ ...spec, command: 'no-such-program' })).end).toMatchObject({
    kind: 'could-not-start',
    code: 'ENOENT',
  });
  expect((await run({ ...spec, command: 'true', cwd: join(folder, 'gone') })).end).toMatchObject({
    code: 'CWD_MISSING',
  });
  expect((await run({ ...spec, command: 'true', env: { ...env, [READ_ONLY]: join(folder, 'nowhere') } })).end).toEqual({
    kind: 'exited',
    code: 0,
  });
});

test('it is still the process that is ended, with its descendants', async () => {
  const { folder, kept } = await place();
  const { end, survivors } = await run({
    command: 'sh',
    args: ['-c', 'sleep 100 & sleep 100'],
    cwd: folder,
    env: { ...env, [READ_ONLY]: kept },
    timeoutMs: 200,
  });
  expect(end).toMatchObject({ kind: 'timed-out' });
  expect(survivors).toEqual([]);
});

test('a folder is kept as well whose name holds ends of lines and backslashes', async () => {
  const folder = join(await scratch('read only'), 'one\ntwo \\n three');
  await mkdir(folder);
  const reason = await probeReadOnly(folder, env);
  const list = readOnlyList([folder, '/nowhere']);
  const { stdout } = await run({
    command: 'sh',
    args: ['-c', '[ -w "$1" ] || echo kept', 'sh', folder],
    cwd: '/',
    env: { ...env, [READ_ONLY]: list },
  });
  // Where this cannot be done at all, it is for another reason.
  const elsewhere = await probeReadOnly(await scratch('read only'), env);
  expect([reason, stdout]).toEqual(elsewhere === undefined ? [undefined, 'kept\n'] : [elsewhere, '']);
});
