import { readFile, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { reachAgent } from '../../src/agent/reach-agent.ts';
import { systemClock } from '../../src/clock.ts';
import { openStateStore } from '../../src/state/store.ts';
import { setStage } from '../rig/set-stage.ts';

const [file, whole, broken] = ['src/discount.ts', 'subtotal >= 10_000', 'subtotal > 10_000'];
const settings = { AUTO_FIX_ENABLED: 'false', HEARTBEAT_SECONDS: '0.1', HEALTH_CHECK_SECONDS: '0.2' };

test('RUN-1 RUN-2: the heartbeat goes on, and health names what is not well until it is well again', async () => {
  const stage = await setStage({ settings });
  const first = (await stage.state()).processes.orchestrator.last_heartbeat;
  await stage.until('health.checked', ({ healthy }) => healthy);
  await expect
    .poll(async () => (await stage.state()).processes.orchestrator.last_heartbeat, { timeout: 10_000 })
    .not.toBe(first);
  const [here, away] = ['vitest', 'gone'].map((name) => join(stage.project, 'node_modules', name));
  await rename(here ?? '', away ?? '');
  const ill = await stage.until('health.checked', ({ healthy }) => !healthy);
  expect(ill).toMatchObject({ checks: { test_runner: false, file_watcher: true, state_manager: true } });
  expect(ill.reasons.test_runner).toMatch(/vitest/);
  await expect
    .poll(async () => (await stage.state()).health.reasons, { timeout: 10_000 })
    .toMatchObject({
      test_runner: expect.stringMatching(/vitest/),
    });
  const from = stage.events.length;
  await rename(away ?? '', here ?? '');
  await stage.until('health.checked', ({ healthy }) => healthy, from);
});

test('RUN-3: commands reach a running agent at once; a pause outlasts a restart, and nothing is left of either', async () => {
  const stage = await setStage({ settings });
  const agent = await reachAgent(stage.config);
  await agent?.pause();
  expect((await stage.state()).processes.orchestrator).toMatchObject({ status: 'paused' });
  await stage.edit(file, whole, broken);
  await stage.until('task.created');
  expect(await agent?.stop({ force: false, timeoutMs: 30_000 })).toEqual({ pid: process.pid });
  await stage.agent.done;
  const { orchestrator } = (await stage.state()).processes;
  expect(orchestrator).toMatchObject({ status: 'stopped', paused_at: expect.any(String) });
  expect(orchestrator.socket).toBeUndefined();
  expect(await reachAgent(stage.config)).toBeUndefined();

  const from = stage.events.length;
  await stage.start();
  expect((await stage.state()).processes.orchestrator.status).toBe('paused');
  const next = await reachAgent(stage.config);
  expect((await stat(join(dirname(stage.stateFile), 'app_state.sock'))).mode & 0o777).toBe(0o600);
  await next?.resume();
  await stage.until('task.finished', ({ outcome }) => outcome === 'reported', from);
  const { queues } = await stage.state();
  const reported = queues.completed.find(({ outcome }) => outcome === 'reported');
  const asked = stage.events.length;
  expect(await next?.retry(reported?.id ?? '')).toMatchObject({ status: 'pending' });
  await stage.until('task.finished', ({ taskId }) => taskId === reported?.id, asked);
});

test('F8: an agent whose state file another has taken over stops, writes nothing more, and says why', async () => {
  const stage = await setStage({ settings: { ...settings, HEARTBEAT_SECONDS: '3600', HEALTH_CHECK_SECONDS: '3600' } });
  const { stateFile: file_, lockFile } = stage.config;
  const other = await openStateStore({ file: file_, lockFile, clock: systemClock, guarded: true });
  const theirs = await readFile(file_, 'utf8');
  const ended = expect(stage.agent.done).rejects.toThrow(/Another agent has taken over the state file/);
  await stage.edit(file, whole, broken);
  await ended;
  expect(await readFile(file_, 'utf8')).toBe(theirs);
  expect(stage.events.some(({ type }) => type === 'fault')).toBe(true);
  await other.close();
});
