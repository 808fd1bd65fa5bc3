import { isoTime } from '../clock.ts';
import type { Plan } from '../domain/strategy.ts';
import type { Task } from '../domain/task.ts';
import type { RedTest } from '../domain/tests.ts';
import type { Fix } from '../fix/fixer.ts';
import { type Verdict, verify } from '../verify/verify.ts';
import type { Patch, Snapshot } from '../workspace/types.ts';
import type { AttemptLog } from './attempt.ts';
import type { CleanLane } from './clean-lane.ts';
import type { Parts } from './parts.ts';
import type { RegressionRecord } from './runs.ts';
import { remember, rememberTestRun } from './settle.ts';

/** The planner's turn: the plan lane shows it the person's tree, never the original. */
export async function makePlan(
  parts: Parts,
  task: Task,
  base: Snapshot,
  log: AttemptLog,
  signal: AbortSignal,
): Promise<Plan> {
  const { open, planner, prompts, events, state, workspace, clock } = parts;
  const record = open.record(task.id);
  await workspace.lane('plan').move(base);
  const prompt = prompts.strategy(record, await notesOf(parts, base), task.attempts);
  const { plan, answer } = await planner.plan({ prompt, tests: record.tests, files: record.files }, signal);
  log.strategy = plan.strategy.summary;
  log.costUsd += plan.costUsd;
  await parts.runs.write(task.id, `attempt-${log.number}/plan.json`, JSON.stringify({ prompt, plan }, null, 2));
  const now = isoTime(clock.now());
  await state.update((draft) => {
    draft.statistics.cost_usd += plan.costUsd;
    remember(draft, now, 'strategy', task.id, { source: plan.source, summary: plan.strategy.summary.slice(0, 500) });
  });
  if (signal.aborted) return plan;
  events.emit({
    type: 'plan.ready',
    taskId: task.id,
    summary: plan.strategy.summary,
    source: plan.source,
    ...(plan.reason === undefined ? {} : { reason: plan.reason }),
    costUsd: plan.costUsd,
    durationMs: answer.durationMs,
  });
  return plan;
}

/** The fixer's turn, in a fresh context; it is told what earlier attempts tried and why they were rejected. */
export async function makeFix(
  parts: Parts,
  task: Task,
  plan: Plan,
  base: Snapshot,
  log: AttemptLog,
  signal: AbortSignal,
): Promise<Fix> {
  const { open, fixer, prompts, runs, state } = parts;
  const prompt = prompts.fix(open.record(task.id), await notesOf(parts, base), task.attempts, plan.strategy);
  const { fix, transcript } = await fixer.fix(prompt, base, signal);
  const { costUsd } = fix.answer.usage;
  log.costUsd += costUsd;
  await runs.write(task.id, `attempt-${log.number}/fix-prompt.md`, prompt);
  await runs.write(task.id, `attempt-${log.number}/transcript.jsonl`, transcript);
  if (fix.kind === 'patch') log.patch = await runs.write(task.id, `attempt-${log.number}/fix.patch`, fix.patch.text);
  await state.update((draft) => {
    draft.statistics.cost_usd += costUsd;
  });
  return fix;
}

/** The harness's verdict on a patch; remembered in the state whatever it is. */
export async function judgePatch(
  parts: Parts,
  task: Task,
  record: RegressionRecord,
  patch: Patch,
  lane: CleanLane,
  signal: AbortSignal,
): Promise<Verdict> {
  const { workspace, runner, runTests, baseline, open, config, events, state, clock } = parts;
  const verdict = await verify({
    patch,
    lane: workspace.lane('verify'),
    guard: { extra: config.protectedPaths, isProtected: (path) => runner.isProtected(path) },
    regression: record.tests,
    before: record.before,
    known: (id) => baseline.known(id),
    greenIdsOf: (file) => baseline.current?.greenIdsOf(file) ?? [],
    heldByOthers: open.held(task.id),
    hasFlipped: (id) => baseline.hasFlipped(id),
    scope: verifyScope(parts),
    changedFiles: record.files,
    runTests,
    bringUp: (to) => lane.bringUp(to),
    signal,
  });
  if (verdict.kind !== 'accepted' && verdict.kind !== 'rejected') return verdict;
  const accepted = verdict.kind === 'accepted';
  if (accepted) await noteFlaky(parts, verdict.flaky);
  const reasons = accepted ? [] : verdict.reasons;
  const ran = accepted ? verdict.report.tests.length : verdict.ran;
  const now = isoTime(clock.now());
  await state.update((draft) => {
    const files = accepted ? verdict.report.files : record.before.files;
    if (ran > 0)
      rememberTestRun(draft, task.id, now, { ran, files, durationMs: verdict.durationMs, passed: accepted }, 'verdict');
    remember(draft, now, 'verdict', task.id, {
      accepted,
      reasons: reasons.map((reason) => reason.slice(0, 300)).slice(0, 5),
    });
  });
  events.emit({ type: 'verdict', taskId: task.id, accepted, reasons, ran, durationMs: verdict.durationMs });
  return verdict;
}

async function noteFlaky({ baseline, events }: Parts, flaky: readonly RedTest[]): Promise<void> {
  if (flaky.length === 0) return;
  baseline.current?.markFlaky(flaky);
  await baseline.save();
  for (const { file, title } of flaky) events.emit({ type: 'test.flaky', file, title, during: 'verdict' });
}

function verifyScope({ config, baseline }: Parts): 'related' | 'full' {
  if (config.verifyScope !== 'auto') return config.verifyScope;
  return (baseline.current?.document.full_run_ms ?? Number.POSITIVE_INFINITY) <= config.verifyFullMs
    ? 'full'
    : 'related';
}

/** The project's CLAUDE.md: said to the models as data, since the CLI does not load it in a lane. */
async function notesOf({ workspace }: Parts, { tree }: Snapshot): Promise<string | undefined> {
  return (await workspace.file(tree, 'CLAUDE.md'))?.toString('utf8');
}
