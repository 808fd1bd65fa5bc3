import { isoTime } from '../clock.ts';
import type { Task, TaskPhase } from '../domain/task.ts';
import { failpoint } from '../failpoint.ts';
import { requireTask, setPhase } from '../queue/transitions.ts';
import type { Verdict } from '../verify/verify.ts';
import type { Patch, Snapshot } from '../workspace/types.ts';
import { askHooks, tellHooks } from './ask-hooks.ts';
import { type AttemptEnd, type AttemptLog, notAccepted, withoutAnswer } from './attempt.ts';
import { CleanLane } from './clean-lane.ts';
import { keptFix } from './kept-fix.ts';
import { landOrPark, parkPatch } from './land-or-park.ts';
import { waitsForModel } from './may-begin.ts';
import type { Parts } from './parts.ts';
import { judgePatch, makeFix, makePlan } from './steps.ts';

/**
 * One attempt at a regression, from the plan to the landing. Everything that can go wrong is an `AttemptEnd`; what is
 * thrown is a bug, and ends the task.
 */
export async function runAttempt(
  parts: Parts,
  task: Task,
  log: AttemptLog,
  signal: AbortSignal,
  onPhase: (phase: TaskPhase) => void,
): Promise<AttemptEnd> {
  const { workspace } = parts;
  const held = await askHooks(parts, 'pre-fix', task, {}, signal);
  if (held !== undefined) return { kind: 'unavailable', what: 'hook', detail: held, isHeld: true };
  const base = await workspace.snapshot();
  const lane = new CleanLane(workspace.lane('verify'));
  try {
    const end = await attempt(parts, task, log, base, lane, signal, onPhase);
    await tellHooks(parts, task, end, log.costUsd);
    return end;
  } finally {
    await lane.settled();
  }
}

async function attempt(
  parts: Parts,
  task: Task,
  log: AttemptLog,
  base: Snapshot,
  lane: CleanLane,
  signal: AbortSignal,
  onPhase: (phase: TaskPhase) => void,
): Promise<AttemptEnd> {
  const { open, events, config } = parts;
  const enter = (phase: TaskPhase): Promise<void> => {
    onPhase(phase);
    return enterPhase(parts, task, phase, log.number);
  };

  const kept = await keptFix(parts, task, base, log);
  // It may have been let in only to be judged.
  if (kept === undefined && waitsForModel(parts, task)) return { kind: 'stopped' };
  if (kept !== undefined) lane.prepare(base);
  const made =
    kept === undefined
      ? await planAndFix({ parts, task, log, base, lane, signal, enter })
      : ({ kind: 'made', fix: kept } as const);
  if (signal.aborted) return { kind: 'stopped' };
  if (made.kind !== 'made') return made;
  const { fix } = made;
  if (fix.kind === 'no-answer') return withoutAnswer(fix.answer.outcome);
  if (fix.kind === 'empty')
    return { kind: 'rejected', reasons: [`Claude changed nothing: ${fix.summary || 'it gave no reason'}`] };
  if (fix.kind === 'question') {
    if (fix.patch !== undefined) await parkPatch(parts, task, fix.patch, `it changes tests: ${fix.question}`);
    return { kind: 'question', question: fix.question };
  }
  events.emit({
    type: 'fix.ready',
    taskId: task.id,
    files: fix.patch.changes.map(({ path }) => path),
    costUsd: fix.answer.usage.costUsd,
    durationMs: fix.answer.durationMs,
  });

  await enter('verify');
  const judge = (patch: Patch): Promise<Verdict> => judgePatch(parts, task, open.record(task.id), patch, lane, signal);
  const verdict = await judge(fix.patch);
  const refused = notAccepted(verdict);
  if (refused !== undefined) return refused;

  await enter('land');
  const parkReason = whyNotToLand(verdict, config.land);
  if (parkReason !== undefined) return parkPatch(parts, task, fix.patch, parkReason);
  const proposal = { files: fix.patch.changes.map(({ path }) => path), patch: fix.patch.text };
  const refusal = await askHooks(parts, 'pre-land', task, proposal, signal);
  if (refusal !== undefined) return parkPatch(parts, task, fix.patch, refusal);
  return landOrPark({ parts, task, patch: fix.patch, judge, signal });
}

/** What is paid of an attempt. */
async function planAndFix({
  parts,
  task,
  log,
  base,
  lane,
  signal,
  enter,
}: {
  readonly parts: Parts;
  readonly task: Task;
  readonly log: AttemptLog;
  readonly base: Snapshot;
  readonly lane: CleanLane;
  readonly signal: AbortSignal;
  readonly enter: (phase: TaskPhase) => Promise<void>;
}): ReturnType<typeof makeFix> {
  const { fixer, workspace } = parts;
  await together([enter('plan'), workspace.lane('plan').move(base)]);
  // The other lanes are made ready while the planner thinks.
  lane.prepare(base);
  void fixer.prepare(base).catch(() => undefined);
  parts.prepareTests(workspace.lane('verify'));
  const planned = await makePlan(parts, task, base, log, signal);
  if (signal.aborted) return { kind: 'stopped' };
  if (planned.kind !== 'planned') return planned;
  await enter('fix');
  return makeFix(parts, task, planned.plan, base, log, signal);
}

/** All to their end, whatever becomes of one: what went on behind the back of an attempt would meet the next one. */
async function together(works: readonly Promise<void>[]): Promise<void> {
  const ended = await Promise.allSettled(works);
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
}

function whyNotToLand(verdict: Verdict, mode: 'apply' | 'park'): string | undefined {
  if (verdict.kind === 'accepted' && verdict.suspicious.length > 0) {
    return `it may behave otherwise when no test looks. ${verdict.suspicious.join('; ')}`;
  }
  if (verdict.kind === 'accepted' && verdict.silencing.length > 0) {
    return `a check may only look away. ${verdict.silencing.join('; ')}`;
  }
  return mode === 'park' ? 'LAND is set to park' : undefined;
}

async function enterPhase(parts: Parts, { id, forgiven = 0 }: Task, phase: TaskPhase, number: number): Promise<void> {
  await parts.state.update((state) => {
    setPhase(requireTask(state, id), phase, isoTime(parts.clock.now()));
  });
  parts.events.emit({ type: 'task.phase', taskId: id, phase, attempt: number - forgiven, of: parts.config.maxRetries });
  if (phase !== 'triage' && phase !== 'escalate') await failpoint(`phase.${phase}`);
}
