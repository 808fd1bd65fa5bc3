import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { scratch } from '../rig/scratch.ts';

const run = promisify(execFile);
const script = join(import.meta.dirname, 'fixtures', 'readonly-git.ts');

test('LAND-1: thirty tasks of all outcomes in a project whose .git cannot be written; it is the same, byte by byte', async () => {
  const folder = await scratch('readonly');
  await run('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).catch((error: unknown) => {
    throw new Error('This test needs Linux with util-linux and user namespaces (unshare -rm)', { cause: error });
  });
  const { stdout } = await run('unshare', ['-rm', process.execPath, script, folder], {
    timeout: 580_000,
    maxBuffer: 1 << 24,
  });
  expect(JSON.parse(stdout)).toEqual({
    refusal: 'EROFS',
    counts: { clean: 16, fixed: 5, parked: 2, failed: 2, flaky: 1, duplicate: 2, reported: 2 },
    changed: [],
    faults: [],
  });
}, 600_000);
