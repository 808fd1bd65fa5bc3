import { isoTime } from '../clock.ts';
import type { MissingLink } from '../domain/baseline.ts';
import type { TestReport, TestRun } from '../domain/tests.ts';
import { failpoint } from '../failpoint.ts';
import { barredFiles } from '../triage/barred.ts';
import { Baseline } from '../triage/baseline.ts';
import { missingLinks } from '../triage/lane-links.ts';
import type { Snapshot } from '../workspace/types.ts';
import type { Parts } from './parts.ts';

/**
 * One full run on a snapshot: what is green now is what can regress later. Without a report, the old one stays.
 *
 * @param at HEAD when the snapshot was taken; the current one by default
 */
export async function makeBaseline(
  parts: Parts,
  snapshot: Snapshot,
  signal: AbortSignal,
  at?: { readonly head: string | undefined },
): Promise<TestRun> {
  const { events, workspace, clock, config, open } = parts;
  events.emit({ type: 'baseline.started' });
  const { head } = at ?? { head: await workspace.head() };
  const lane = workspace.lane('triage');
  await lane.move(snapshot);
  const run = await whileTold(parts, () => parts.runTests(lane, { kind: 'all' }, signal));
  if (run.kind === 'broken') events.emit({ type: 'baseline.unavailable', reason: run.detail });
  if (run.kind === 'no-tests') events.emit({ type: 'baseline.unavailable', reason: 'The runner found no tests.' });
  if (run.kind !== 'report') return run;
  const missing = await findMissing(parts, run.report);
  const barred = config.projectReadOnly === 'auto' ? barredFiles(run.report) : [];
  const baseline = Baseline.fromReport(run.report, snapshot.tree, isoTime(clock.now()), {
    head,
    laneLinks: config.laneLinks,
    watchPaths: config.watchPaths,
    readOnly: config.projectReadOnly,
    barred,
    missingLinks: missing,
    earlier: parts.baseline.current,
    held: open.held(),
  });
  await parts.baseline.replace(baseline);
  await failpoint('baseline.made');
  const { tests, green, red } = baseline.counts;
  events.emit({ type: 'baseline.made', tests, green, red, durationMs: run.report.durationMs });
  if (missing.length > 0) tellMissing(parts, missing);
  if (barred.length > 0) events.emit({ type: 'baseline.barred', files: barred.slice(0, 20), total: barred.length });
  return run;
}

/** Others see by the state what takes so long. A state that cannot be written is no reason not to run the tests. */
async function whileTold<T>({ state, clock }: Parts, act: () => Promise<T>): Promise<T> {
  const tell = (since: string | undefined): Promise<void> =>
    state
      .update(({ processes: { orchestrator } }) => {
        if (since === undefined) delete orchestrator.baseline_since;
        else orchestrator.baseline_since = since;
      })
      .catch(() => undefined);
  await tell(isoTime(clock.now()));
  try {
    return await act();
  } finally {
    await tell(undefined);
  }
}

async function findMissing({ workspace }: Parts, report: TestReport): Promise<readonly MissingLink[]> {
  if (!report.tests.some(({ status }) => status === 'failed')) return [];
  const absent = [...(await workspace.ignored()), ...workspace.skipped().map(({ path }) => path)];
  return missingLinks(report, absent, workspace.root);
}

function tellMissing({ events, config }: Parts, missing: readonly MissingLink[]): void {
  const paths = missing.map(({ path }) => path);
  const files = new Set(missing.flatMap((link) => link.files)).size;
  // A setting is replaced as a whole: what it holds already stays in it.
  const setting = [...new Set([...config.laneLinks, ...paths])].join(',');
  events.emit({ type: 'baseline.unlinked', files, paths, setting });
}
