import { z } from 'zod';
import { isoTime } from '../clock.ts';
import { type Plan, strategySchema } from '../domain/strategy.ts';
import type { Task } from '../domain/task.ts';
import type { RedTest, TestId } from '../domain/tests.ts';
import { failpoint } from '../failpoint.ts';
import type { Fix } from '../fix/fixer.ts';
import { type Verdict, verify } from '../verify/verify.ts';
import type { Patch, Snapshot } from '../workspace/types.ts';
import { type AttemptEnd, type AttemptLog, withoutAnswer } from './attempt.ts';
import type { CleanLane } from './clean-lane.ts';
import { earlierAttempts, patchName, verdictFile, verdictText } from './earlier.ts';
import { faultOf } from './gates.ts';
import { keepFix } from './kept-fix.ts';
import { notesOf } from './notes.ts';
import type { Parts } from './parts.ts';
import type { RegressionRecord } from './runs.ts';
import { remember, rememberTestRun } from './settle.ts';
import { pay } from './spend.ts';

/** The planner's turn, in a lane that shows it the person's tree, never the original. */
export async function makePlan(
  parts: Parts,
  task: Task,
  base: Snapshot,
  log: AttemptLog,
  signal: AbortSignal,
): Promise<{ readonly kind: 'planned'; readonly plan: Plan } | AttemptEnd> {
  const { open, planner, prompts, runs, workspace } = parts;
  const record = open.record(task.id);
  const kept = await keptPlan(parts, task, base, log);
  if (kept !== undefined) return tellPlan(parts, task, kept, log, 0);
  const [earlier, notes] = await Promise.all([
    earlierAttempts(runs, task),
    notesOf(workspace, base.tree, record.files),
  ]);
  const prompt = await parts.clean(prompts.strategy(record, notes, earlier));
  const paid = await pay(parts, {
    taskId: task.id,
    kind: 'plan',
    run: (maxUsd) => planner.plan({ prompt, tests: record.tests, files: record.files }, maxUsd, signal),
    answerOf: ({ answer }) => answer,
  });
  if (paid.kind !== 'paid') return paid;
  await failpoint('plan.answered');
  const { answer } = paid.result;
  log.costUsd += paid.costUsd;
  const plan = { ...paid.result.plan, costUsd: paid.costUsd };
  if (signal.aborted) return { kind: 'stopped' };
  // The fixer would meet the same fault, and the plan be bought again.
  if (faultOf(answer.outcome) !== undefined) return withoutAnswer(answer.outcome);
  await runs.write(task.id, planFile(log), JSON.stringify({ prompt, plan, tree: base.tree }, null, 2));
  return tellPlan(parts, task, plan, log, answer.durationMs);
}

const planFile = ({ number }: AttemptLog): string => `attempt-${number}/plan.json`;

const keptPlanSchema = z.object({
  tree: z.string(),
  plan: z.object({ strategy: strategySchema, source: z.literal('claude') }),
});

/** The plan that this attempt has bought already, before it had to wait; a plan is for one tree. */
async function keptPlan({ runs }: Parts, task: Task, base: Snapshot, log: AttemptLog): Promise<Plan | undefined> {
  const text = await runs.read(task.id, planFile(log));
  if (text === undefined) return undefined;
  try {
    const { tree, plan } = keptPlanSchema.parse(JSON.parse(text));
    return tree === base.tree ? { ...plan, costUsd: 0 } : undefined;
  } catch {
    // A basic plan, or half a file of an agent that was killed: it is made anew.
    return undefined;
  }
}

async function tellPlan(
  { state, events, clock }: Parts,
  { id }: Task,
  plan: Plan,
  log: AttemptLog,
  durationMs: number,
): Promise<{ readonly kind: 'planned'; readonly plan: Plan }> {
  const { summary } = plan.strategy;
  log.strategy = summary;
  const now = isoTime(clock.now());
  await state.update((draft) => {
    remember(draft, now, 'strategy', id, { source: plan.source, summary: summary.slice(0, 500) });
  });
  events.emit({
    type: 'plan.ready',
    taskId: id,
    summary,
    source: plan.source,
    ...(plan.reason === undefined ? {} : { reason: plan.reason }),
    costUsd: plan.costUsd,
    durationMs,
  });
  return { kind: 'planned', plan };
}

/** The fixer's turn, in a fresh context; it is told what earlier attempts tried and why they were rejected. */
export async function makeFix(
  parts: Parts,
  task: Task,
  plan: Plan,
  base: Snapshot,
  log: AttemptLog,
  signal: AbortSignal,
): Promise<{ readonly kind: 'made'; readonly fix: Fix } | AttemptEnd> {
  const { open, fixer, prompts, runs, workspace } = parts;
  const record = open.record(task.id);
  const [earlier, notes] = await Promise.all([
    earlierAttempts(runs, task),
    notesOf(workspace, base.tree, record.files),
  ]);
  const prompt = await parts.clean(prompts.fix(record, notes, earlier, plan.strategy));
  // What fails here has asked nothing, and is not to be paid.
  await fixer.prepare(base);
  const paid = await pay(parts, {
    taskId: task.id,
    kind: 'fix',
    run: (maxUsd) => fixer.fix(prompt, base, maxUsd, signal),
    answerOf: ({ fix }) => fix.answer,
  });
  if (paid.kind !== 'paid') return paid;
  await failpoint('fix.answered');
  const { fix, transcript } = paid.result;
  log.costUsd += paid.costUsd;
  await runs.write(task.id, `attempt-${log.number}/fix-prompt.md`, prompt);
  await runs.write(task.id, `attempt-${log.number}/transcript.jsonl`, transcript);
  if (fix.kind === 'patch') {
    log.patch = await runs.write(task.id, patchName(log.number), fix.patch.text);
    await keepFix(parts, task, fix.patch, log);
  }
  await failpoint('fix.written');
  return { kind: 'made', fix };
}

/**
 * The harness's verdict on a patch; remembered in the state whatever it is.
 *
 * @param excused tests that are red on the tree of the patch, and that a later landing has mended
 */
export async function judgePatch(
  parts: Parts,
  task: Task,
  record: RegressionRecord,
  patch: Patch,
  lane: CleanLane,
  excused: ReadonlySet<TestId>,
  signal: AbortSignal,
): Promise<Verdict> {
  const { runner, runTests, baseline, open, config, events, state, clock, runs } = parts;
  const attempt = task.attempts.length + 1;
  const verdict = await verify({
    patch,
    lane: lane.lane,
    guard: { extra: config.protectedPaths, isProtected: (path) => runner.isProtected(path) },
    testsWithin: runner.testsWithin,
    regression: record.tests,
    before: record.before,
    known: (id) => baseline.known(id),
    greenIdsOf: (file) => baseline.current?.greenIdsOf(file) ?? [],
    heldByOthers: new Set([...open.held(task.id), ...excused]),
    hasFlipped: (id) => baseline.hasFlipped(id),
    scope: verifyScope(parts),
    changedFiles: record.files,
    runTests,
    bringUp: (to) => lane.bringUp(to),
    signal,
  });
  await failpoint('verdict.given');
  if (verdict.kind !== 'accepted' && verdict.kind !== 'rejected') return verdict;
  const accepted = verdict.kind === 'accepted';
  if (accepted) await noteFlaky(parts, verdict.flaky);
  const reasons = accepted ? [] : verdict.reasons;
  if (!accepted) await runs.write(task.id, verdictFile(attempt), verdictText(verdict.red ?? [], verdict.outputTail));
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
