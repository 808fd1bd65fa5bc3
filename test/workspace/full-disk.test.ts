import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { executable, rig } from './rig.ts';

const run = promisify(execFile);

test('F13: a full disk of the cache is told in our words, with the place and what to do, at every size of it', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 8 }, (_, at) => [`data/${at}.bin`, randomBytes(100_000)] as const),
  );
  const { folder } = await rig({ 'a.txt': 'a', ...files });
  const script = join(import.meta.dirname, 'fixtures', 'full-disk.ts');
  const mounted = 'mount -t tmpfs -o size="$4" none "$1" && exec "$2" "$3" "$1" "$5"';
  // So small that not even a repository fits, too small for the files, and too small for them a second time.
  for (const size of ['20k', '500k', '1000k']) {
    const cache = join(folder, 'small');
    await run('mkdir', ['-p', cache]);
    const args = ['-rm', 'sh', '-c', mounted, 'sh', cache, process.execPath, script, size, folder];
    const { stdout } = await run('unshare', args);
    expect([size, JSON.parse(stdout)]).toEqual([
      size,
      {
        name: 'GitError',
        message: expect.stringMatching(
          /^The copy of the project in (?:\/\S+\/small\/p|the folder of CACHE_DIR) could not be brought up to date: the disk is full\. Free some space there, or set CACHE_DIR to a folder on another disk\.$/,
        ),
        isOfMachine: true,
      },
    ]);
  }
});

test('F13: a disk that is full while a snapshot is taken, and not afterwards, hides nothing from the next one', async () => {
  const names = Array.from({ length: 80 }, (_, at) => `${at}.txt`);
  const project = await rig(Object.fromEntries(names.map((name) => [name, 'one'])));
  const full = join(project.folder, 'full');
  const fails = `[ -e '${full}' ] && case "$*" in *write-tree*) echo 'fatal: No space left on device' >&2; exit 128;; esac`;
  executable(join(project.folder, 'bin/git'), `#!/bin/sh\n${fails}\nPATH='${project.env.PATH}' exec git "$@"\n`);
  const PATH = `${join(project.folder, 'bin')}:${project.env.PATH}`;
  const workspace = await project.open({ env: { ...project.env, PATH } });
  await workspace.snapshot();
  // More than is kept beside git's index.
  project.remove(...names.slice(0, 40));
  project.write(Object.fromEntries(names.slice(40).map((name) => [name, 'two'])));
  writeFileSync(full, '');
  await expect(workspace.snapshot()).rejects.toThrow('the disk is full');
  rmSync(full);
  const { tree } = await workspace.snapshot();
  expect(await workspace.list(tree)).toEqual(names.slice(40));
  expect(String(await workspace.file(tree, '50.txt'))).toBe('two');
});
