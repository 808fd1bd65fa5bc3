import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Transcripts } from '../../src/executor/transcripts.ts';
import { scratch } from '../rig/scratch.ts';

test('a record that another process removes while the oldest are looked for hinders nobody', async () => {
  const folder = join(await scratch('transcripts'), 'executions');
  await mkdir(folder);
  const old = Array.from({ length: 1_000 }, (_, index) => `exec_${String(index).padStart(16, '0')}.json`);
  await Promise.all(old.map((name) => writeFile(join(folder, name), '{}')));
  // As one that is gone when it is looked at.
  await symlink(join(folder, 'nothing'), join(folder, 'exec_ffffffffffffffff.json'));
  const transcripts = new Transcripts(folder, async (text) => text);
  const record = { executionId: 'exec_eeeeeeeeeeeeeeee', startedAt: '2026-01-01T00:00:00.000Z' };
  expect(await transcripts.write(record)).toMatch(/^[0-9a-f]{64}$/);
  expect(transcripts.problem).toBeUndefined();
  const kept = await readdir(folder);
  expect(kept).toHaveLength(1_000);
  expect(kept).toContain('exec_eeeeeeeeeeeeeeee.json');
  expect(kept).not.toContain('exec_ffffffffffffffff.json');
});

test('a folder that was removed meanwhile is made again, and a record that could not be written leaves no half', async () => {
  const folder = join(await scratch('transcripts'), 'executions');
  const transcripts = new Transcripts(folder, async (text) => text);
  const record = (digit: string) => ({
    executionId: `exec_${digit.repeat(16)}`,
    startedAt: '2026-01-01T00:00:00.000Z',
  });
  expect(await transcripts.write(record('1'))).toBeDefined();
  await rm(folder, { recursive: true });
  expect(await transcripts.write(record('2'))).toMatch(/^[0-9a-f]{64}$/);
  expect(transcripts.problem).toBeUndefined();
  // A device without room, as a full disk.
  await symlink('/dev/full', join(folder, 'exec_3333333333333333.json'));
  expect(await transcripts.write(record('3'))).toBeUndefined();
  expect(transcripts.problem).toContain('ENOSPC');
  expect(await readdir(folder)).toEqual(['exec_2222222222222222.json']);
});
