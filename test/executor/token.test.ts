import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keepToken } from '../../src/executor/token.ts';
import { run } from '../../src/process/process.ts';
import { scratch } from '../rig/scratch.ts';

test('EXEC-6: of many first starts at once one makes the token, and all use it whole', async () => {
  const folder = join(await scratch('token'), 'executor');
  const tokens = await Promise.all(Array.from({ length: 8 }, () => keepToken(folder)));
  expect(new Set(tokens).size).toBe(1);
  expect(await keepToken(folder)).toBe(tokens[0]);
  expect(await readdir(folder)).toEqual(['token']);
});

test('F44, EXEC-6: a first start that has no room leaves no half of a token, and the next one makes it', async () => {
  const folder = join(await scratch('token'), 'executor');
  await mkdir(folder);
  const source = `
    const { keepToken } = await import(process.argv[1]);
    await keepToken(process.argv[2]).catch(({ message, remedy }) => console.log(message, remedy));`;
  const module = join(import.meta.dirname, '../../src/executor/token.ts');
  // No file may grow: what a full disk says, but for the code.
  const limited = 'ulimit -f 0; exec "$0" --input-type=module -e "$@"';
  const args = ['-c', limited, process.execPath, source, module, folder];
  const { stdout } = await run({ command: '/bin/sh', args, cwd: folder, env: { PATH: process.env.PATH ?? '' } });
  expect(stdout).toMatch(/The token cannot be written to .*EFBIG.* Make room there/);
  expect(await readdir(folder)).toEqual([]);
  expect(await keepToken(folder)).toMatch(/^[\w-]{43}$/);
});
