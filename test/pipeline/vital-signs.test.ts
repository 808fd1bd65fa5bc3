import { expect, onTestFinished, test } from 'vitest';
import { keepVitalSigns } from '../../src/pipeline/vital-signs.ts';
import { bench } from './rig.ts';

test('RUN-2: health is looked at when the agent begins, then every HEALTH_CHECK_SECONDS', async () => {
  const on = await bench([], { heartbeatMs: 10_000, healthCheckMs: 300_000 });
  const end = new AbortController();
  let finding: string | undefined;
  const well = (): undefined => undefined;
  const checks = { file_watcher: () => finding, test_runner: well, claude_instances: well };
  const kept = keepVitalSigns(on.parts, { checks, isAlive: async () => true }, end.signal);
  onTestFinished(async () => {
    end.abort();
    await kept;
  });
  await on.until(() => on.state().health.healthy === true);
  expect(on.clock.monotonic()).toBe(0);
  finding = 'it sees nothing';
  await on.clock.advance(299_000);
  expect(on.state().health.healthy).toBe(true);
  await on.clock.advance(1_000);
  await on.until(() => on.state().health.healthy === false);
  expect(on.state().health.reasons).toEqual({ file_watcher: 'it sees nothing' });
  expect(on.state().processes.orchestrator.last_heartbeat).toBe('2026-01-02T03:09:05.000Z');
});
