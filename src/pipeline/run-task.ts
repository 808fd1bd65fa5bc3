import { posix } from 'node:path';
import { isoTime } from '../clock.ts';
import type { Task, TaskPhase } from '../domain/task.ts';
import type { TestId } from '../domain/tests.ts';
import type { AgentFact } from '../events.ts';
import { failpoint } from '../failpoint.ts';
import { takesBack } from '../land/takes-back.ts';
import { requireTask, setPhase } from '../queue/transitions.ts';
import type { Verdict } from '../verify/verify.ts';
import { isWatched } from '../watch/scope.ts';
import type { Patch, Snapshot } from '../workspace/types.ts';
import { askHooks, tellHooks } from './ask-hooks.ts';
import { type AttemptEnd, type AttemptLog, notAccepted, withoutAnswer } from './attempt.ts';
import { catchUp } from './catch-up.ts';
import { CleanLane } from './clean-lane.ts';
import type { Colleague } from './crew.ts';
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
  worker: Colleague,
  task: Task,
  log: AttemptLog,
  signal: AbortSignal,
  onPhase: (phase: TaskPhase) => void,
): Promise<AttemptEnd> {
  const { workspace } = parts;
  const held = await askHooks(parts, 'pre-fix', task, {}, signal);
  if (held !== undefined) return { kind: 'unavailable', what: 'hook', detail: held, isHeld: true };
  // Before the tree is looked at: what lands between the two is taken for unseen.
  const landed = worker.crew.landed.count;
  const base = await workspace.snapshot();
  const lane = new CleanLane(workspace.lane('verify', worker.number));
  const enter = (phase: TaskPhase): Promise<void> => {
    onPhase(phase);
    return enterPhase(parts, task, phase, log.number);
  };
  try {
    const end = await attempt({ parts, worker, task, log, base, landed, lane, signal, enter });
    await tellHooks(parts, task, end, log.costUsd);
    return end;
  } finally {
    await lane.settled();
  }
}

interface Trial {
  readonly parts: Parts;
  readonly worker: Colleague;
  readonly task: Task;
  readonly log: AttemptLog;
  readonly base: Snapshot;
  /** So much had been landed when the tree was looked at. */
  readonly landed: number;
  readonly lane: CleanLane;
  readonly signal: AbortSignal;
  readonly enter: (phase: TaskPhase) => Promise<void>;
}

async function attempt(trial: Trial): Promise<AttemptEnd> {
  const { parts, task, log, base, lane, signal } = trial;
  const kept = await keptFix(parts, task, base, log);
  // It may have been let in only to be judged.
  if (kept === undefined && waitsForModel(parts, task)) return { kind: 'stopped' };
  if (kept !== undefined) lane.prepare(base);
  const made = kept === undefined ? await planAndFix(trial) : ({ kind: 'made', fix: kept } as const);
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
  const files = fix.patch.changes.map(({ path }) => path);
  if (takesBack(parts.open.record(task.id).diff, fix.patch.text)) log.takesBack = true;
  parts.events.emit({
    type: 'fix.ready',
    taskId: task.id,
    files,
    ...(log.takesBack ? { takesBack: true } : {}),
    costUsd: fix.answer.usage.costUsd,
    durationMs: fix.answer.durationMs,
  });

  // It is paid: it waits for the others, unless they wait for it.
  const { worker } = trial;
  const areFree = await worker.aside(worker.crew.claims.widenInTime(task.id, files, signal));
  if (signal.aborted) return { kind: 'stopped' };
  return areFree ? proveAndLand(trial, fix.patch) : { kind: 'overtaken', files };
}

async function proveAndLand(
  { parts, worker, task, log, landed: atStart, lane, signal, enter }: Trial,
  made: Patch,
): Promise<AttemptEnd> {
  const { open, config } = parts;
  const judge = (patch: Patch, excused: ReadonlySet<TestId>): Promise<Verdict> =>
    judgePatch(parts, task, open.record(task.id), patch, lane, excused, signal);
  await enter('verify');
  if (!(await worker.takeTurn('proving', signal))) return { kind: 'stopped' };
  const caughtUp = await catchUp(parts, worker.crew, { patch: made, landed: atStart });
  if ('lostTo' in caughtUp) return { kind: 'overtaken', files: caughtUp.lostTo };
  const { patch, landed } = caughtUp;
  const verdict = await judge(patch, worker.crew.landed.since(landed).tests);
  const refused = notAccepted(verdict);
  if (refused !== undefined) return refused;

  await enter('land');
  const parkReason = whyNotToLand(verdict, patch, log, config);
  if (parkReason !== undefined) return parkPatch(parts, task, patch, parkReason);
  const proposal = { files: patch.changes.map(({ path }) => path), patch: patch.text };
  const refusal = await askHooks(parts, 'pre-land', task, proposal, signal);
  if (refusal !== undefined) return parkPatch(parts, task, patch, refusal);
  if (!(await worker.takeTurn('landing', signal))) return { kind: 'stopped' };
  const beside = worker.crew.landed.since(landed);
  return landOrPark({ parts, task, patch, judge: (again) => judge(again, new Set()), beside, signal });
}

/** What is paid of an attempt. */
async function planAndFix(trial: Trial): ReturnType<typeof makeFix> {
  const { parts, worker, task, log, base, signal, enter } = trial;
  const { claims, planning } = worker.crew;
  const end = await worker.aside(planning.take(signal));
  if (end === undefined) return { kind: 'stopped' };
  const planned = await plan(trial).finally(end);
  if (signal.aborted) return { kind: 'stopped' };
  if (planned.kind !== 'planned') return planned;
  // Tests and the like are named by plans to be read: no fix may touch them.
  const files = planned.plan.strategy.files.map(posix.normalize).filter((path) => !parts.runner.isProtected(path));
  if (!claims.widen(task.id, files)) return { kind: 'overtaken', files };
  await enter('fix');
  return makeFix(parts, task, planned.plan, base, log, signal);
}

async function plan({ parts, worker, task, log, base, lane, signal, enter }: Trial): ReturnType<typeof makePlan> {
  const { fixer, workspace } = parts;
  // While it waited for the planner, a gate may have been shut.
  if (worker.crew.size > 1 && waitsForModel(parts, task)) return { kind: 'stopped' };
  const timed = (name: LaneName, work: Promise<void>): Promise<void> => tellReady(parts, task, name, work);
  await together([enter('plan'), timed('plan', workspace.lane('plan').move(base))]);
  // The other lanes are made ready while the planner thinks.
  lane.prepare(base);
  void timed('verify', lane.settled());
  void timed('fix', fixer.prepare(base)).catch(() => undefined);
  parts.prepareTests(workspace.lane('verify', worker.number));
  return makePlan(parts, task, base, log, signal);
}

type LaneName = Extract<AgentFact, { type: 'lane.ready' }>['lane'];

async function tellReady({ events, clock }: Parts, { id }: Task, lane: LaneName, work: Promise<void>): Promise<void> {
  const startedAt = clock.monotonic();
  await work;
  events.emit({ type: 'lane.ready', taskId: id, lane, durationMs: clock.monotonic() - startedAt });
}

/** All to their end, whatever becomes of one: what went on behind the back of an attempt would meet the next one. */
async function together(works: readonly Promise<void>[]): Promise<void> {
  const ended = await Promise.allSettled(works);
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
}

function whyNotToLand(
  verdict: Verdict,
  patch: Patch,
  { takesBack: isRevert }: AttemptLog,
  { land, landReverts, watchPaths }: Parts['config'],
): string | undefined {
  if (verdict.kind === 'accepted' && verdict.suspicious.length > 0) {
    return `it may behave otherwise when no test looks. ${verdict.suspicious.join('; ')}`;
  }
  if (verdict.kind === 'accepted' && verdict.silencing.length > 0) {
    return `a check may only look away. ${verdict.silencing.join('; ')}`;
  }
  const outside = patch.changes.map(({ path }) => path).filter((path) => !isWatched(path, watchPaths));
  if (outside.length > 0) return `it changes what WATCH_PATHS leaves out: ${outside.slice(0, 5).join(', ')}`;
  if (isRevert && landReverts === 'park') return 'it takes back most of your change, and LAND_REVERTS is set to park';
  return land === 'park' ? 'LAND is set to park' : undefined;
}

async function enterPhase(parts: Parts, { id, forgiven = 0 }: Task, phase: TaskPhase, number: number): Promise<void> {
  await parts.state.update((state) => {
    setPhase(requireTask(state, id), phase, isoTime(parts.clock.now()));
  });
  parts.events.emit({ type: 'task.phase', taskId: id, phase, attempt: number - forgiven, of: parts.config.maxRetries });
  if (phase !== 'triage' && phase !== 'escalate') await failpoint(`phase.${phase}`);
}
