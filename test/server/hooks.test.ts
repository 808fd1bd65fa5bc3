import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { verifyExecution } from '../../src/executor/verify.ts';
import { hooksFolder, hooksIn } from '../hooks/rig.ts';
import { serveHere } from './rig.ts';

test('EXEC-7: hooks refuse a command, add variables to it and note; the client is told of one that fails', async () => {
  const folder = await hooksFolder({
    'pre-execute.d/10-limits': `case "$(cat)" in *forbidden*) echo 'not this one' >&2; exit 2;; esac`,
    'pre-execute.d/20-env': `echo '{"env": {"FROM_HOOK": "yes"}, "note": "seen"}'`,
    'pre-execute.d/30-broken': 'exit 9',
    'post-execute.d/10-told': `cat > "$PWD/told"; echo '{"note": "over"}'`,
  });
  const client = await (await serveHere({ hooks: hooksIn(folder) })).connect();
  const refused = await client.ask('execute', { command: 'echo forbidden' });
  expect(refused.error).toEqual({
    code: -32002,
    message: 'The hook pre-execute.d/10-limits refused: not this one',
    data: null,
  });

  const { completed, stdout } = await client.run('echo "it says $FROM_HOOK"');
  expect(stdout).toBe('it says yes\n');
  expect(completed.notes).toEqual([
    { hook: 'pre-execute.d/20-env', note: 'seen' },
    { hook: 'post-execute.d/10-told', note: 'over' },
  ]);
  const methods = client.frames.map(({ method }) => method);
  expect(methods.indexOf('hook.warning')).toBeLessThan(methods.indexOf('process.started'));
  expect(methods.at(-1)).toBe('process.completed');
  expect((await client.notice('hook.warning')).params).toMatchObject({
    hook: 'pre-execute.d/30-broken',
    message: 'it exited with 9',
    execution_id: completed.execution_id,
  });
  const told = JSON.parse(await readFile(join(folder, 'told'), 'utf8'));
  expect(told).toMatchObject({ point: 'post-execute', kind: 'command', exit_code: 0, cause: 'exited' });
  expect(told.execution_id).toBe(completed.execution_id);

  const { result } = await client.ask('hook_status');
  expect(result).toMatchObject({ enabled: true, reason: null, folder });
  expect(result.hooks.map(({ name, runs, failures, refusals }: never) => [name, runs, failures, refusals])).toEqual([
    ['pre-execute.d/10-limits', 2, 0, 1],
    ['pre-execute.d/20-env', 1, 0, 0],
    ['pre-execute.d/30-broken', 1, 1, 0],
    ['post-execute.d/10-told', 1, 0, 0],
  ]);
  expect(result.hooks[0].last_ms).toBeGreaterThan(0);
});

test('EXEC-7: while hooks are asked, a second command is refused, and an executor that stops does not wait for them', async () => {
  const folder = await hooksFolder({ 'pre-execute.d/slow': `touch "$PWD/asked"; sleep 60` });
  const served = await serveHere({ hooks: hooksIn(folder) });
  const client = await served.connect();
  const first = client.ask('execute', { command: 'touch ran' }).catch(() => undefined);
  await expect.poll(() => readFile(join(folder, 'asked')).catch(() => undefined), { timeout: 20_000 }).toBeDefined();
  expect((await client.ask('execute', { command: 'true' })).error?.code).toBe(-32602);
  await served.close('enough', 0);
  await first;
  await expect(readFile(join(served.folder, 'ran'))).rejects.toThrow('ENOENT');
});

test('EXEC-12: log, record and result of a command agree by its id, and what was changed since is found', async () => {
  const { connect, folder, logged } = await serveHere();
  const { completed } = await (await connect()).run('echo proof; exit 3');
  const id: string = completed.execution_id;
  const logFile = join(folder, 'executor.log');
  await writeFile(logFile, logged.join(''));
  const places = { folder: join(folder, 'state', 'executions'), logFile };
  expect(await verifyExecution(id, places, completed)).toMatchObject({ agrees: true, checks: { length: 3 } });

  const lied = await verifyExecution(id, places, { ...completed, exit_code: 0 });
  expect(lied.checks.at(-1)?.difference).toBe('exitCode is 0, the record has 3');
  for (const lie of [{ status: 'completed' }, { canceled: true }, { timed_out: true }, { execution_time: 99 }]) {
    expect(await verifyExecution(id, places, { ...completed, ...lie }), JSON.stringify(lie)).toMatchObject({
      agrees: false,
    });
  }
  const { exit_code: _exitCode, ...short } = completed;
  const differenceIn = async (result: object) => (await verifyExecution(id, places, result)).checks.at(-1)?.difference;
  expect(await differenceIn(short)).toBe('it has no exit_code');
  expect(await differenceIn({ ...short, exitcode: 3 })).toBe('it has no exit_code');
  expect(await differenceIn({ ...completed, verdict: 'fine' })).toBe('it has verdict, which is in no result');
  expect(await differenceIn({ ...completed, error: { code: -32000, message: 'no', data: null } })).toContain(
    'reason is',
  );
  expect(await differenceIn({ execution_id: id })).toContain('it has no ');
  await writeFile(logFile, logged.join('').replace('"exitCode":3', '"exitCode":0'));
  expect((await verifyExecution(id, places)).checks[1]?.difference).toBe('exitCode is 0, the record has 3');
  await writeFile(logFile, logged.join(''));

  const record = join(places.folder, `${id}.json`);
  await writeFile(record, (await readFile(record, 'utf8')).replace('proof', 'proud'));
  const { agrees, checks } = await verifyExecution(id, places, completed);
  expect([agrees, checks[0]?.difference]).toEqual([false, undefined]);
  expect(checks[1]?.difference).toContain('its checksum of the record');
  expect(checks[2]?.difference).toContain('its checksum of the record');
  await expect(verifyExecution('exec_0123456789abcdef', places)).rejects.toThrow('Nothing is known');
  await expect(verifyExecution('../../etc/passwd', places)).rejects.toThrow('is no execution id');
});
