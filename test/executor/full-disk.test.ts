import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { executeList } from '../../src/agent/execute.ts';
import { start } from '../../src/process/process.ts';
import { standIn, taskStage } from './tasks-rig.ts';

const unused = () => ({ say: 'never' });

test('F44, EXEC-1: a list whose answers can no longer be kept stops with what was paid for, and goes on later', async () => {
  const claude = await standIn(`has('ready') ? 'did ' + word : undefined`);
  const { env } = await taskStage(unused, { CLAUDE_COMMAND: claude });
  const tasks = ['one', 'two', 'three'];
  const { folder, outcome } = await executeList(tasks, { env, name: 'kept' });
  expect(outcome).toBe('failed');
  await writeFile(join(claude, '..', 'ready'), '');
  // A device without room, as a full disk.
  const full = join(folder, 'results', '002-2.md');
  await symlink('/dev/full', full);
  const stopped = await executeList(tasks, { env, name: 'kept', resume: true, keepGoing: true });
  expect(stopped).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('ENOSPC') });
  expect(stopped.tasks.map((task) => [task.outcome, task.result?.text])).toEqual([
    ['completed', 'did one'],
    ['completed', 'did two'],
    ['not-run', undefined],
  ]);
  await rm(full);
  const resumed = await executeList(tasks, { env, name: 'kept', resume: true });
  expect(resumed.tasks.map(({ isResumed }) => isResumed)).toEqual([true, false, false]);
  expect(resumed.outcome).toBe('completed');
});

test('EXEC-10: a result that could not be written is no success', async () => {
  const { env, entry, project } = await taskStage(unused, { CLAUDE_COMMAND: await standIn(`'did ' + word`) });
  const args = ['-c', '"$0" "$1" execute one > /dev/full', process.execPath, entry];
  const running = start({ command: '/bin/sh', args, cwd: project, env });
  onTestFinished(async () => void (await running.cancel('the test is over')));
  const { end, stderr } = await running.result;
  expect(end).toEqual({ kind: 'exited', code: 1 });
  expect(stderr).toContain('The result could not be written: ENOSPC');
});
