import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { holdOff, type Plan, planClean, refuseUnderWay, type Scope } from '../../../src/agent/clean/clean.ts';
import { executorAnswers } from '../../../src/agent/clean/executor-in-use.ts';
import { holdGuard } from '../../../src/agent/single-instance.ts';
import type { Landing } from '../../../src/domain/task.ts';
import { AlreadyRunningError } from '../../../src/errors.ts';
import { freshState } from '../../../src/state/schema.ts';
import { place } from './rig.ts';

const [landed, free] = ['task_00000001', 'task_00000002'];

async function lived(status: Landing['status']) {
  const on = await place();
  const { config, write } = on;
  const state = freshState(Date.now());
  const at = '2026-01-01T00:00:00.000Z';
  state.landings.push({ task_id: landed, landed_at: at, files: [], folder: `${landed}/landing`, status });
  await write(config.stateFile, JSON.stringify(state));
  for (const path of [join(config.cacheFolder, 'lanes', 'a'), config.logFile, join(config.executor.folder, 'token')]) {
    await write(path);
  }
  for (const id of [landed, free]) await write(join(config.runsFolder, id, 'report.md'));
  await write(join(config.executor.folder, 'executions', 'a.json'));
  const plan = (scope: Scope, force = false, isRunning = false): Promise<Plan> =>
    planClean(config, { scope, force }, { now: Date.now(), isRunning });
  return { ...on, plan };
}

const kinds = ({ going }: Plan): readonly string[] => going.map(({ kind }) => kind).sort();

describe('what goes', () => {
  test('by what was asked for; what undo needs only with force or with everything', async () => {
    const { plan } = await lived('landed');
    expect(kinds(await plan('cache'))).toEqual(['lanes']);
    expect((await plan('runs')).going.map(({ path }) => path)).toEqual([expect.stringContaining(free)]);
    expect(kinds(await plan('all'))).toEqual(['executions', 'lanes', 'logs', 'runs']);
    const forced = ['executions', 'lanes', 'logs', 'needed runs', 'runs', 'state'];
    expect(kinds(await plan('all', true))).toEqual(forced);
    expect(kinds(await plan('everything'))).toEqual([...forced, 'token']);
  });

  test('beside a running agent no run that may only just have been begun', async () => {
    const { plan } = await lived('landed');
    expect((await plan('runs', false, true)).going).toEqual([]);
  });

  test('not the originals of files that are half moved', async () => {
    const { plan } = await lived('applying');
    const everything = await plan('everything');
    const wishes = { scope: 'everything', force: false } as const;
    expect(() => refuseUnderWay(everything, wishes)).toThrow(/was cut short, and the files .*task_00000001/);
    expect(() => refuseUnderWay(everything, { ...wishes, force: true })).not.toThrow();
    expect(() => refuseUnderWay({ things: [], going: [], strange: [] }, wishes)).not.toThrow();
  });
});

test('while an agent runs only old runs may go; while it cleans, no agent starts', async () => {
  const { config } = await place();
  const release = await holdGuard(config);
  await expect(holdOff(config, 'all')).rejects.toThrow(AlreadyRunningError);
  expect((await holdOff(config, 'runs')).isRunning).toBe(true);
  await release();
  const held = await holdOff(config, 'cache');
  await expect(holdGuard(config)).rejects.toThrow(AlreadyRunningError);
  await held.release();
});

test('an executor is known by its health; another server is none', async () => {
  let body: unknown = { status: 'healthy', active_sessions: 0, running_executions: 0 };
  const server = createServer((_request, response) => void response.end(JSON.stringify(body)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { config } = await place({ EXECUTOR_PORT: String((server.address() as AddressInfo).port) });
  expect(await executorAnswers(config)).toBe(true);
  body = { hello: 'world' };
  expect(await executorAnswers(config)).toBe(false);
});
