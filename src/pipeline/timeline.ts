import { handOver, type Mark, waiting } from '../domain/timing.ts';
import type { AgentEvent, AgentEvents } from '../events.ts';
import type { Runs } from './runs.ts';

/** A task that is tried very often keeps its first steps and its latest. */
const maxMarks = 400;
const maxTasks = 1_000;

/** Keeps beside a task's other files when what happened to it, from the save to the landing. */
export function keepTimeline(events: AgentEvents, runs: Runs, onFault: (error: unknown) => void): () => void {
  const saved: Mark[] = [];
  let round: Mark[] = [];
  const tasks = new Map<string, Mark[]>();
  return events.on((event) => {
    const added = marksOf(event);
    if (added.length === 0) return;
    if (event.type === 'watch.batch' || event.type === 'task.created') {
      // The time of the oldest save counts.
      if (!added.some(({ name }) => saved.some((mark) => mark.name === name))) saved.push(...added);
      return;
    }
    if (!('taskId' in event)) {
      if (event.type === 'triage.started') round = saved.splice(0);
      round.push(...added);
      return;
    }
    const { taskId } = event;
    if (event.type === 'regression.found') tasks.set(taskId, [...round]);
    const marks = tasks.get(taskId);
    if (marks === undefined) return;
    marks.push(...added);
    if (marks.length > maxMarks) marks.splice(maxMarks / 2, marks.length - maxMarks);
    if (tasks.size > maxTasks) tasks.delete(tasks.keys().next().value ?? taskId);
    if (!isEnd(event)) return;
    runs.write(taskId, 'timing.json', JSON.stringify({ version: 1, marks })).catch(onFault);
    if (event.type === 'task.finished' || event.type === 'task.failed') tasks.delete(taskId);
  });
}

/** The steps that an event ends; none where it ends none. */
export function marksOf(event: AgentEvent): readonly Mark[] {
  const { at } = event;
  switch (event.type) {
    case 'watch.batch':
      return [...since('seen', event.seenAt), { name: 'debounce', at }];
    case 'task.created':
      return [{ name: 'queue', at }];
    case 'triage.started':
      return [...since(waiting, startOf(event.snapshotMs, at)), { name: 'snapshot', at }];
    case 'triage.red':
      return [{ name: 'triage', at }];
    case 'triage.finished':
      return [{ name: event.red > 0 || event.flaky > 0 ? 'repeat' : 'triage', at, testsMs: event.durationMs }];
    case 'regression.found':
      return [{ name: 'settle', at }];
    case 'task.phase':
      if (event.phase !== 'plan') return [{ name: handOver, at }];
      return [{ name: event.attempt > 1 ? 'back-off' : waiting, at }];
    case 'lane.ready':
      return [{ name: `${event.lane} lane`, at, besideMs: event.durationMs }];
    default:
      return marksOfWork(event);
  }
}

function marksOfWork(event: AgentEvent): readonly Mark[] {
  const { at } = event;
  switch (event.type) {
    case 'plan.ready':
      return [{ name: 'plan', at, modelMs: event.source === 'claude' ? event.durationMs : 0 }];
    case 'fix.ready':
      return [{ name: 'fix', at, modelMs: event.durationMs }];
    case 'model.unavailable':
      return [{ name: 'no answer', at }];
    case 'verdict':
      return [{ name: 'verify', at, testsMs: event.durationMs }];
    case 'attempt.rejected':
      return [{ name: 'rejected', at }];
    case 'land.landed':
      return [...since('landing wait', startOf(event.durationMs, at)), { name: 'landing', at }];
    case 'land.parked':
      return [{ name: 'parking', at }];
    case 'task.finished':
    case 'task.failed':
      return [{ name: 'settle', at }];
    default:
      return [];
  }
}

function since(name: string, at: number | undefined): readonly Mark[] {
  return at === undefined ? [] : [{ name, at }];
}

function startOf(durationMs: number | undefined, at: number): number | undefined {
  return durationMs === undefined ? undefined : at - durationMs;
}

function isEnd({ type }: AgentEvent): boolean {
  return type === 'attempt.rejected' || type === 'task.finished' || type === 'task.failed';
}
