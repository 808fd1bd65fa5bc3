import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isGone } from '../process/until.ts';
import { serveApart } from './apart.ts';
import { connect } from './rig.ts';

test('EXEC-6: the first start makes a token that only its user can read; Ctrl-C tells clients and waits for commands', async () => {
  const { folder, server, listening, said } = await serveApart({ SHUTDOWN_GRACE_SECONDS: '20' });
  const port = await listening;
  const file = join(folder, 'state/executor/token');
  const token = (await readFile(file, 'utf8')).trim();
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(token).toMatch(/^[\w-]{43}$/);
  expect(said()).toContain(file);
  expect(said()).not.toContain(token);
  await expect(connect(port, { headers: {} })).rejects.toThrow('401');
  const caller = await connect(port, { headers: { authorization: `Bearer ${token}` } });
  await caller.ask('execute', { command: `echo "[$EXECUTOR_TOKEN]"; sleep 0.4; echo ${token}` });
  await caller.notice('process.output');
  process.kill(server.pid ?? 0, 'SIGTERM');
  expect((await caller.notice('server.stopping')).params).toMatchObject({ grace_seconds: 20 });
  expect((await caller.ask('execute', { command: 'true' })).error).toMatchObject({ code: -32000 });
  const { params } = await caller.notice('process.completed');
  expect([params.status, caller.output()]).toEqual(['completed', `[]\n${token}\n`]);
  expect((await caller.closed).code).toBe(1001);
  expect((await server.result).end).toEqual({ kind: 'exited', code: 0 });
  const transcript = await readFile(join(folder, `state/executor/executions/${params.execution_id}.json`), 'utf8');
  expect(transcript).toContain('[secret]');
  expect(transcript).not.toContain(token);
  expect(await readFile(join(folder, 'logs/executor.log'), 'utf8')).not.toContain(token);
});

test('a second signal ends what runs', async () => {
  const { server, listening } = await serveApart({ EXECUTOR_TOKEN: 'given-by-the-environment' });
  const caller = await connect(await listening, { headers: { authorization: 'Bearer given-by-the-environment' } });
  const { result } = await caller.ask('execute', { command: 'sleep 100' });
  process.kill(server.pid ?? 0, 'SIGTERM');
  await caller.notice('server.stopping');
  process.kill(server.pid ?? 0, 'SIGTERM');
  expect((await caller.notice('process.completed')).params.canceled).toBe(true);
  expect((await server.result).end).toEqual({ kind: 'exited', code: 130 });
  expect(isGone(result.pid)).toBe(true);
});

test('EXEC-6: what is risky is said loudly', async () => {
  const { listening, said } = await serveApart({ EXECUTOR_AUTH: 'none', ALLOWED_COMMANDS: 'echo,bash' });
  await connect(await listening, { headers: {} });
  expect(said()).toContain('WARNING: EXECUTOR_AUTH=none');
  expect(said()).toContain('WARNING: bash runs other programs');
});
