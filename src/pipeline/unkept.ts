import { triage } from '../triage/triage.ts';
import type { Parts } from './parts.ts';
import { tellResult } from './settle-round.ts';

/**
 * While the state cannot be written: a change is looked at and told, nothing is kept of it and nothing paid. The watcher
 * brings it again, and when the state takes it, it is looked at once more as a task.
 */
export async function showUnkept(parts: Parts, files: readonly string[], signal: AbortSignal): Promise<void> {
  const { workspace, baseline, runner, runTests, config, events } = parts;
  if (baseline.current === undefined) return;
  const snapshot = await workspace.snapshot();
  events.emit({ type: 'triage.started', files });
  const result = await triage({
    lane: workspace.lane('triage'),
    snapshot,
    files,
    changed: files,
    runner,
    runTests,
    baseline: baseline.current,
    scope: config.fixScope,
    onRed: () => undefined,
    signal,
  });
  if (result.kind === 'broken') events.emit({ type: 'triage.broken', reason: result.reason, detail: result.detail });
  if (result.kind !== 'triaged') return;
  for (const { tests } of result.regressions) {
    events.emit({ type: 'triage.red', tests: tests.slice(0, 5).map(({ title }) => title), count: tests.length });
  }
  tellResult(parts, result);
}
