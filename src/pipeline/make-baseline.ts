import { isoTime } from '../clock.ts';
import type { TestRun } from '../domain/tests.ts';
import { Baseline } from '../triage/baseline.ts';
import type { Snapshot } from '../workspace/types.ts';
import type { Parts } from './parts.ts';

/** One full run on a snapshot: what is green now is what can regress later. Without a report, the old one stays. */
export async function makeBaseline(parts: Parts, snapshot: Snapshot, signal: AbortSignal): Promise<TestRun> {
  const { events, workspace, clock } = parts;
  events.emit({ type: 'baseline.started' });
  const lane = workspace.lane('triage');
  await lane.move(snapshot);
  const run = await parts.runTests(lane, { kind: 'all' }, signal);
  if (run.kind === 'broken') events.emit({ type: 'baseline.unavailable', reason: run.detail });
  if (run.kind === 'no-tests') events.emit({ type: 'baseline.unavailable', reason: 'The runner found no tests.' });
  if (run.kind !== 'report') return run;
  const baseline = Baseline.fromReport(run.report, snapshot.tree, isoTime(clock.now()));
  await parts.baseline.replace(baseline);
  const { tests, green, red } = baseline.counts;
  events.emit({ type: 'baseline.made', tests, green, red, durationMs: run.report.durationMs });
  return run;
}
