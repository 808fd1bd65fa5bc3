import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findPackageRoot } from '../../src/config/package-root.ts';
import { run } from '../../src/process/process.ts';
import { compiled } from '../rig/compiled.ts';
import { scratch } from '../rig/scratch.ts';

test.each([['--help'], ['execute --help']])('a reader that has gone is no fault: %s', async (words) => {
  const entry = join(findPackageRoot(), 'automation', 'mendwatch.ts');
  const { end, stderr } = await run({
    command: '/bin/bash',
    args: ['-o', 'pipefail', '-c', `"${process.execPath}" "${entry}" ${words} | true`],
    cwd: await scratch('readers'),
    env: { PATH: process.env.PATH ?? '', ...compiled },
  });
  expect(stderr.toString()).toBe('');
  expect(end).toEqual({ kind: 'exited', code: 0 });
});
