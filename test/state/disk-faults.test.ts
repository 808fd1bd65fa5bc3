import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freshState } from '../../src/state/schema.ts';
import { scratch } from '../rig/scratch.ts';
import { fixture, runJson } from './children.ts';

/** Runs a fixture with a small file system of its own at the folder; nobody else sees the mount, and it ends with the process. */
function runOnSmallDisk<T>(name: string, folder: string): Promise<T> {
  const script = 'mount -t tmpfs -o size=256k none "$1" && exec "$2" "$3" "$1"';
  return runJson<T>('unshare', ['-rm', 'sh', '-c', script, 'sh', folder, process.execPath, fixture(name)]);
}

test('F13: on a full disk the old file stays whole, updates reject, and it recovers by itself', async () => {
  expect(await runOnSmallDisk('full-disk.ts', await scratch('disk'))).toEqual({
    failures: Array(3).fill('StateUnavailableError ENOSPC'),
    intact: true,
    faultWhileFull: 'ENOSPC',
    fault: null,
    events: ['missing', 'unavailable', 'recovered'],
    processed: 1,
    history: 20,
  });
});

test('F12: a folder that becomes read-only rejects updates until it is writable; at a start it is refused with exit 2', async () => {
  expect(await runOnSmallDisk('read-only.ts', await scratch('disk'))).toEqual({
    running: 'StateUnavailableError EROFS',
    intact: true,
    start: 'MendwatchError 2 true',
    recovered: 2,
  });
});

/** With one thread for the file system, the n-th fsync is the same in every run. */
function runWithBadSync<T>(nth: number, file: string): Promise<T> {
  const args = ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=fsync', '-e', `inject=fsync:error=EIO:when=${nth}`];
  return runJson<T>('strace', [...args, process.execPath, fixture('one-update.ts'), file], { UV_THREADPOOL_SIZE: '1' });
}

test('F14: a disk error on the sync of the file is not reported as written, and nothing is replaced', async () => {
  const file = join(await scratch('disk'), 'state.json');
  writeFileSync(file, JSON.stringify(freshState(0)));
  expect(await runWithBadSync(1, file)).toEqual({
    first: 'StateUnavailableError EIO',
    afterFirst: { disk: 0, memory: 0, fault: 'EIO' },
    second: 1,
    disk: 1,
  });
});

test('F14: a disk error on the sync of the folder is not reported as written; the next update starts from what is there', async () => {
  const file = join(await scratch('disk'), 'state.json');
  writeFileSync(file, JSON.stringify(freshState(0)));
  expect(await runWithBadSync(2, file)).toEqual({
    first: 'StateUnavailableError EIO',
    afterFirst: { disk: 1, memory: 0, fault: 'EIO' },
    second: 2,
    disk: 2,
  });
  expect(JSON.parse(readFileSync(file, 'utf8')).revision).toBe(2);
});
