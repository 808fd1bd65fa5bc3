import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { conversation, script } from '../../src/claude/rehearsal/server.ts';
import { isGone } from '../process/until.ts';
import { call, overStdio } from './rig.ts';
import { stage } from './stage.ts';

test('EXEC-2, EXEC-11: tasks and lists are executed by fresh Claudes, with progress, and are resumed', async () => {
  const { rehearsal, there } = await stage(
    script(
      conversation('first', [{ calls: [{ tool: 'Write', input: { file_path: 'one.txt', content: 'one' } }] }]),
      conversation('second', [{ say: 'Two.' }]),
      conversation('alone', [{ say: 'Done alone.' }]),
    ),
  );
  const client = await overStdio(there);
  const said: string[] = [];
  const options = { onprogress: ({ message = '' }) => void said.push(message), timeout: 60_000 };
  const alone = await call(client, 'execute_task', { task: 'alone', tools: ['Read'] }, options);
  expect(alone).toMatchObject({
    isError: false,
    value: { kind: 'task', ok: true, result: { outcome: 'completed', text: 'Done alone.' } },
  });
  expect(said.some((message) => message.includes('Done alone.'))).toBe(true);
  const tasks = [
    { id: 'a', task: 'first' },
    { id: 'b', task: 'second', after: ['a'] },
  ];
  const list = await call(client, 'execute_list', { name: 'pair', tasks }, options);
  expect(list.value).toMatchObject({ kind: 'list', ok: true, result: { outcome: 'completed' } });
  expect(list.value.result.tasks.map(({ id, outcome }: { id: string; outcome: string }) => [id, outcome])).toEqual([
    ['a', 'completed'],
    ['b', 'completed'],
  ]);
  expect(await readFile(join(there.folder, 'one.txt'), 'utf8')).toBe('one');
  const asked = rehearsal.requests.length;
  const again = await call(client, 'execute_list', { name: 'pair', tasks, resume: true }, options);
  expect(again.value).toMatchObject({ ok: true });
  expect(rehearsal.requests).toHaveLength(asked);
});

test('EXEC-3: a task under way is paused, resumed and cancelled with its Claude', async () => {
  const hung = Promise.withResolvers<void>();
  const { there } = await stage((request) => {
    if (request.isMain) hung.resolve();
    return request.isMain ? { hang: true } : { say: 'rehearsal' };
  });
  const client = await overStdio(there);
  const { value } = await call(client, 'execute_task', { task: 'wait for ever', wait: false });
  const one = { execution_id: value.execution_id };
  await hung.promise;
  const paused = await call(client, 'pause_execution', one);
  expect(paused.value.reached).toBeGreaterThan(1);
  const resumed = await call(client, 'resume_execution', one);
  expect(resumed.value.reached).toBe(paused.value.reached);
  expect((await call(client, 'cancel_execution', one)).value.survivors).toEqual([]);
  await expect.poll(async () => (await call(client, 'executions', one)).value).toMatchObject({ canceled: true });
  const { contents } = await client.readResource({ uri: `mendwatch://executions/${one.execution_id}` });
  expect(isGone(JSON.parse((contents[0] as { text: string }).text).pid)).toBe(true);
});
