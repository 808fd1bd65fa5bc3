import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { execute, executeList } from '../../src/agent/execute.ts';
import { scratch } from '../rig/scratch.ts';
import { standIn, type TaskStage, taskStage } from './tasks-rig.ts';

test('EXEC-1 EXEC-2: a list of 50 with the real CLI: the order is kept, and no task sees a message of another', async () => {
  const { env, rehearsal } = await taskStage(({ isMain, prompt }) => ({
    say: isMain ? `ANSWER-${/^QUESTION-(\d+)-/.exec(prompt)?.[1]}-` : '.',
  }));
  const tasks = Array.from({ length: 50 }, (_, index) => `QUESTION-${index + 1}- say your number`);
  const order: string[] = [];
  const result = await executeList(tasks, {
    env,
    tools: ['Read'],
    onEvent: (event) => {
      if (event.type === 'started' || event.type === 'ended') order.push(`${event.type} ${event.taskId}`);
    },
  });
  expect(result.outcome).toBe('completed');
  const numbers = tasks.map((_, index) => index + 1);
  expect(result.tasks.map(({ result: each }) => each?.text)).toEqual(numbers.map((number) => `ANSWER-${number}-`));
  expect(order).toEqual(numbers.flatMap((number) => [`started ${number}`, `ended ${number}`]));
  expect(new Set(result.tasks.map(({ result: each }) => each?.sessionId)).size).toBe(50);

  const asked = rehearsal.requests.filter(({ isMain }) => isMain);
  expect(asked.map(({ prompt }) => Number(/^QUESTION-(\d+)-/.exec(prompt)?.[1]))).toEqual(numbers);
  for (const { body, questions } of asked) {
    expect(questions).toBe(1);
    expect([...body.matchAll(/(?:QUESTION|ANSWER)-\d+-/g)]).toHaveLength(1);
  }
}, 300_000);

test('EXEC-1: a list that was killed goes on where it was, without what was left running', async () => {
  const command = await standIn(`word === 'two' && !has('free') ? null : 'did ' + word`);
  const stage = await taskStage(() => ({ say: 'never' }), { CLAUDE_COMMAND: command });
  const asked = (): Promise<string> => readFile(join(command, '..', 'asked'), 'utf8').catch(() => '');
  await writeFile(join(stage.project, 'tasks.json'), '["one", "two", "three"]');
  // Not by our own way, which would clean up behind it.
  const { entry, project, env } = stage;
  const first = spawn(process.execPath, [entry, 'execute', '--list', 'tasks.json'], {
    cwd: project,
    env,
    stdio: 'ignore',
  });
  await expect.poll(asked, { timeout: 20_000 }).toBe('one\ntwo\n');
  const second = await stage.cli('execute', '--list', 'tasks.json').result;
  expect([second.end, second.stderr]).toEqual([{ kind: 'exited', code: 3 }, expect.stringContaining('run already')]);

  const exited = once(first, 'exit');
  first.kill('SIGKILL');
  await exited;
  await writeFile(join(command, '..', 'free'), '');
  const { stdout, stderr } = await stage.cli('execute', '--list', 'tasks.json', '--resume', '--json').result;
  expect(JSON.parse(stdout), stderr).toMatchObject({
    outcome: 'completed',
    tasks: [
      { is_resumed: true, result: { text: 'did one' } },
      { is_resumed: false, result: { text: 'did two' } },
      { is_resumed: false },
    ],
  });
  expect(await asked()).toBe('one\ntwo\ntwo\nthree\n');
  expect(await running(command)).toEqual([]);
});

test('EXEC-6: what a task left that was killed is ended before the next one begins, whichever it is', async () => {
  const command = await standIn(`word === 'one' ? null : 'did ' + word`);
  const stage = await taskStage(() => ({ say: 'never' }), { CLAUDE_COMMAND: command });
  const { entry, project, env } = stage;
  const first = spawn(process.execPath, [entry, 'execute', 'one'], { cwd: project, env, stdio: 'ignore' });
  await expect
    .poll(() => readFile(join(command, '..', 'asked'), 'utf8').catch(() => ''), { timeout: 20_000 })
    .toBe('one\n');
  const exited = once(first, 'exit');
  first.kill('SIGKILL');
  await exited;
  expect((await stage.cli('execute', 'two').result).end).toEqual({ kind: 'exited', code: 0 });
  expect(await running(command)).toEqual([]);
});

async function running(word: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')));
  return lines.filter((line) => line.includes(word));
}

test('EXEC-2: a shell works in the folder alone, reads what was handed on, and sees nothing of the executor', async () => {
  const outside = join(await scratch('outside'), 'file');
  const stage: TaskStage = await taskStage((request) => {
    const last = request.results.at(-1);
    if (!request.isMain || request.prompt.startsWith('first')) return { say: 'the answer' };
    if (last !== undefined) return { say: last.text };
    const file = /- (\/.*\.md)/.exec(request.prompt)?.[1];
    const command = `cat ${file}; ls ${join(stage.executions, '..')}; echo in > inside; echo out > ${outside}`;
    return { calls: [{ tool: 'Bash', input: { command, description: 'tries' } }] };
  });
  await mkdir(join(stage.executions, '..'), { recursive: true });
  await writeFile(join(stage.executions, '..', 'token'), 'secret');
  const { tasks } = await executeList(['first', 'second'], { env: stage.env, tools: ['Read', 'Bash'] });
  const [, second] = tasks;
  expect(second?.result?.text).toMatch(/the answer[\s\S]*lists/);
  expect(second?.result?.text).not.toContain('token');
  await expect(readFile(outside)).rejects.toThrow('ENOENT');
  expect(second?.result?.files.created).toEqual(['inside']);
});

test('EXEC-8: a task that reaches its limit is ended with all its processes', async () => {
  const { env } = await taskStage(() => ({ hang: true }));
  const result = await execute('hang', { env, tools: ['Read'], timeoutMs: 1_500 });
  expect(result).toMatchObject({ outcome: 'timed-out', reason: 'it ran for its limit of 1.5 s', text: '' });
});

test('EXEC-8: the time in which a task was paused does not count', async () => {
  const release = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const stage = await taskStage(async () => {
    asked.resolve();
    await release.promise;
    return { say: 'done' };
  });
  const running = stage.cli('execute', 'wait', '--tools', 'Read', '--timeout', '4', '--json');
  await asked.promise;
  await running.pause();
  await delay(5_000);
  release.resolve();
  await running.resume();
  const { stdout, stderr } = await running.result;
  expect(JSON.parse(stdout), stderr).toMatchObject({ outcome: 'completed', text: 'done' });
});
