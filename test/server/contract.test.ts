import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { serveHere } from './rig.ts';

test('the messages of one execution, in order, with explicit nulls', async () => {
  const { connect } = await serveHere();
  const caller = await connect();
  const answer = await caller.ask('execute', { command: 'echo one; echo two >&2; exit 3', timeout: 60 });
  await caller.notice('process.completed');
  const { pid } = answer.result;
  const id = answer.result.execution_id;
  expect(caller.frames.map(({ method, result }) => method ?? result.status)).toEqual([
    'connected',
    'started',
    'process.started',
    'process.output',
    'process.output',
    'process.completed',
  ]);
  expect(caller.frames[0]?.params).toMatchObject({ version: '1.2.3', capabilities: ['execute', 'control', 'stream'] });
  expect(answer.result).toEqual({
    status: 'started',
    pid,
    pgid: pid,
    execution_id: expect.stringMatching(/^exec_[0-9a-f]{16}$/),
    timeout: 60,
    timeout_basis: 'call',
    timeout_samples: 0,
  });
  expect(caller.frames[2]?.params).toEqual({
    status: 'started',
    pid,
    pgid: pid,
    execution_id: id,
    request_id: 1,
    seq: 1,
  });
  const output = { truncated: false, chunk_index: null, total_chunks: null, execution_id: id, offset: 0 };
  const outputs = caller.frames.slice(3, 5).map(({ params: { seq, ...rest } }) => rest);
  expect(outputs).toContainEqual({ ...output, type: 'stdout', data: 'one\n' });
  expect(outputs).toContainEqual({ ...output, type: 'stderr', data: 'two\n' });
  expect(caller.frames[5]?.params).toMatchObject({
    status: 'failed',
    pid,
    pgid: pid,
    exit_code: 3,
    execution_time: expect.any(Number),
    canceled: false,
    timed_out: false,
    output_limited: false,
    error: null,
    execution_id: id,
    stdout: { bytes: 4, crc32: 'f817a89f' },
    survivors: [],
    seq: 4,
  });
});

test('EXEC-1: three tasks of 2, 1 and 0 seconds run one after another', async () => {
  const { connect } = await serveHere();
  const caller = await connect();
  const startedMs = performance.now();
  const ends: string[] = [];
  for (const seconds of [2, 1, 0]) ends.push((await caller.run(`sleep ${seconds}; echo ${seconds}`)).stdout);
  expect(ends).toEqual(['2\n', '1\n', '0\n']);
  expect(performance.now() - startedMs).toBeGreaterThan(3_000);
});

test('EXEC-1, EXEC-5: a session runs one command at a time, and sessions run side by side', async () => {
  const { connect } = await serveHere();
  const [one, two] = await Promise.all([connect(), connect()]);
  await one.ask('execute', { command: 'sleep 10' });
  const busy = await one.ask('execute', { command: 'echo no' });
  expect(busy.error).toEqual({ code: -32602, message: 'A process is already running', data: null });
  expect((await two.run('echo meanwhile')).stdout).toBe('meanwhile\n');
  await one.ask('control', { type: 'CANCEL' });
});

test('ends: not found, a signal, a time limit, silence, too much output', async () => {
  const { connect } = await serveHere({ maxOutputBytes: 1_000 });
  const caller = await connect();
  const end = async (command: string, params?: object) => (await caller.run(command, params)).completed;
  expect(await end('no-such-program')).toMatchObject({ status: 'failed', exit_code: 127, error: null });
  expect(await end('kill -9 $$')).toMatchObject({ status: 'failed', exit_code: -9, error: { code: -32000 } });
  expect(await end('sleep 10', { timeout: 0.1 })).toMatchObject({
    status: 'failed',
    exit_code: 124,
    timed_out: true,
    error: { code: -32004, message: expect.stringContaining('0.1 s'), data: null },
  });
  expect(await end('echo a; sleep 10', { idle_timeout: 0.1 })).toMatchObject({ timed_out: true, exit_code: 124 });
  expect(await end('yes')).toMatchObject({
    status: 'failed',
    output_limited: true,
    error: { message: expect.stringContaining('MAX_OUTPUT_BYTES') },
  });
  expect(await end('true')).toMatchObject({ status: 'completed', exit_code: 0 });
});

test('what nobody understands of a call is named and does not stop it', async () => {
  const caller = await (await serveHere()).connect();
  const { result } = await caller.ask('execute', { command: 'true', timout: 3, ['x'.repeat(500)]: 1 });
  expect(result).toMatchObject({ status: 'started', timeout_basis: 'default' });
  expect(result.ignored).toEqual(['timout', `${'x'.repeat(100)}`]);
  await caller.notice('process.completed');
  expect((await caller.ask('execute', { command: 'true' })).result.ignored).toBeUndefined();
});

test('a command that cannot start has its end, too', async () => {
  const { connect } = await serveHere();
  const caller = await connect();
  const answer = await caller.ask('execute', { command: `echo ${'x'.repeat(200_000)}` });
  expect(answer.error).toMatchObject({ code: -32000, message: expect.stringContaining('too long') });
  const failed = await caller.notice('process.failed');
  expect(failed.params).toMatchObject({
    error: expect.stringContaining('too long'),
    cause: 'could-not-start',
    code: -32000,
  });
  expect((await caller.run('echo on')).stdout).toBe('on\n');
});

test('a client of the original, which reads to the end and answers nothing, has its end after a cancel', async () => {
  const { connect } = await serveHere();
  const caller = await connect();
  await caller.ask('execute', { command: 'sleep 100 & sleep 100' });
  const answer = await caller.ask('control', { type: 'CANCEL' });
  expect(answer.result).toEqual({ status: 'canceled', reached: expect.any(Number), survivors: [] });
  const completed = await caller.notice('process.completed');
  expect(completed.params).toMatchObject({ status: 'failed', canceled: true, exit_code: -15 });
  const methods = caller.frames.map(({ method, result }) => method ?? result.status);
  expect(methods.slice(-3)).toEqual(['canceled', 'process.canceled', 'process.completed']);
  const after = await caller.ask('control', { type: 'CANCEL' });
  expect(after.error).toMatchObject({ code: -32003, data: null });
});

test('limits that Claude prints are told', async () => {
  const { connect } = await serveHere();
  const caller = await connect();
  await caller.run(`printf 'Claude usage limit reached|1735689600\\n'; echo usage limit reached # claude`);
  await caller.run(`echo "exceeded the 32000 output token maximum"; : claude`);
  await caller.run(`echo usage limit reached`);
  const told = caller.frames.filter(({ method }) => method?.startsWith('error.'));
  expect(told.map(({ method, params }) => [method, params.message])).toEqual([
    ['error.rate_limit_exceeded', 'Claude usage limit reached|1735689600'],
    ['error.token_limit_exceeded', 'exceeded the 32000 output token maximum'],
  ]);
});

test('EXEC-8: the answer names what its time limit was taken from', async () => {
  const { connect } = await serveHere({ streamTimeoutMs: 5_000 });
  const caller = await connect();
  const bases = [];
  for (let turn = 0; turn < 4; turn++) {
    const { result } = await caller.ask('execute', { command: 'true' });
    await caller.notice(
      'process.completed',
      caller.frames.indexOf(await caller.until(({ params }) => params?.execution_id === result.execution_id)),
    );
    bases.push([result.timeout, result.timeout_basis, result.timeout_samples]);
  }
  expect(bases[0]).toEqual([5, 'default', 0]);
  expect(bases[3]).toEqual([5, 'same command', 3]);
});

test('EXEC-12: one id is in the result, the log and the transcript, and they agree', async () => {
  const { connect, folder, logged } = await serveHere();
  const caller = await connect();
  const { completed } = await caller.run('echo proof; echo doubt >&2; exit 4');
  const id: string = completed.execution_id;
  const transcripts = join(folder, 'state', 'executions');
  expect(await readdir(transcripts)).toEqual([`${id}.json`]);
  const transcript = JSON.parse(await readFile(join(transcripts, `${id}.json`), 'utf8'));
  expect(transcript).toMatchObject({
    executionId: id,
    sessionId: caller.sessionId,
    requestId: 1,
    command: 'echo proof; echo doubt >&2; exit 4',
    exitCode: 4,
    pid: completed.pid,
    stdout: completed.stdout,
    stderr: completed.stderr,
    output: { stdout: { text: 'proof\n', droppedBytes: 0 }, stderr: { text: 'doubt\n', droppedBytes: 0 } },
  });
  const lines = logged.map((line) => JSON.parse(line)).filter((line) => line.execution === id);
  expect(lines.map(({ msg, request, session }) => [msg, request, session])).toEqual([
    ['execution started', 1, caller.sessionId],
    ['execution ended', 1, caller.sessionId],
  ]);
  expect(lines[1]).toMatchObject({ exitCode: 4, stdout: completed.stdout });
});
