import { isoTime } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { Parts } from './parts.ts';

/** What the health check asks beyond the pipeline; each answers at once. */
export interface Checks {
  readonly file_watcher: () => boolean;
}

/** Heartbeat and health check, in the state file for monitors. A state that cannot be written is itself the finding. */
export async function keepVitalSigns(parts: Parts, checks: Checks, signal: AbortSignal): Promise<void> {
  await Promise.all([
    every(parts, parts.config.heartbeatMs, signal, () => beat(parts)),
    every(parts, parts.config.healthCheckMs, signal, () => checkHealth(parts, checks)),
  ]);
}

async function every(parts: Parts, ms: number, signal: AbortSignal, act: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await parts.clock.sleep(ms, signal);
    } catch {
      return;
    }
    try {
      await act();
    } catch (error) {
      parts.events.emit({ type: 'state.unavailable', message: messageOf(error) });
    }
  }
}

async function beat({ state, clock }: Parts): Promise<void> {
  await state.update((draft) => {
    draft.processes.orchestrator.last_heartbeat = isoTime(clock.now());
  });
}

async function checkHealth({ state, clock, events, baseline, waits }: Parts, checks: Checks): Promise<void> {
  const seen = {
    state_manager: true,
    file_watcher: checks.file_watcher(),
    test_runner: baseline.current !== undefined,
    claude_instances: waits.size === 0,
  };
  const healthy = Object.values(seen).every(Boolean);
  try {
    await state.update((draft) => {
      draft.health = { checked_at: isoTime(clock.now()), healthy, checks: seen };
    });
    events.emit({ type: 'health.checked', healthy, checks: seen });
  } catch (error) {
    events.emit({ type: 'health.checked', healthy: false, checks: { ...seen, state_manager: false } });
    throw error;
  }
}
