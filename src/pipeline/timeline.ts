import type { Mark } from '../domain/timing.ts';
import type { AgentEvent, AgentEvents } from '../events.ts';
import type { Runs } from './runs.ts';

/** A task that is tried very often keeps its first steps and its latest. */
const maxMarks = 400;
const maxTasks = 1_000;

/** Keeps beside a task's other files when what happened to it, from the save to the landing. */
export function keepTimeline(events: AgentEvents, runs: Runs, onFault: (error: unknown) => void): () => void {
  const waiting: Mark[] = [];
  let round: Mark[] = [];
  const tasks = new Map<string, Mark[]>();
  return events.on((event) => {
    const mark = markOf(event);
    if (mark === undefined) return;
    if (event.type === 'watch.batch' || event.type === 'task.created') {
      // The time of the oldest save counts.
      if (!waiting.some(({ name }) => name === mark.name)) waiting.push(mark);
      return;
    }
    if (!('taskId' in event)) {
      if (event.type === 'triage.started') round = waiting.splice(0);
      round.push(mark);
      return;
    }
    const { taskId } = event;
    if (event.type === 'regression.found') tasks.set(taskId, [...round]);
    const marks = tasks.get(taskId);
    if (marks === undefined) return;
    marks.push(mark);
    if (marks.length > maxMarks) marks.splice(maxMarks / 2, 1);
    if (tasks.size > maxTasks) tasks.delete(tasks.keys().next().value ?? taskId);
    if (!isEnd(event)) return;
    runs.write(taskId, 'timing.json', JSON.stringify({ version: 1, marks })).catch(onFault);
    if (event.type === 'task.finished' || event.type === 'task.failed') tasks.delete(taskId);
  });
}

/** The step that an event ends, or undefined where it ends none. */
export function markOf(event: AgentEvent): Mark | undefined {
  const { at } = event;
  switch (event.type) {
    case 'watch.batch':
      return { name: 'a quiet moment', at };
    case 'task.created':
      return { name: 'queue', at };
    case 'triage.started':
      return { name: 'snapshot', at };
    case 'triage.red':
      return { name: 'first run', at };
    case 'triage.finished':
      return { name: 'repeat of what is red', at, testsMs: event.durationMs };
    case 'regression.found':
      return { name: 'what is to be done', at };
    case 'task.phase':
      return { name: `begin to ${event.phase}`, at };
    case 'plan.ready':
      return { name: 'plan', at, modelMs: event.source === 'claude' ? event.durationMs : 0 };
    case 'fix.ready':
      return { name: 'fix', at, modelMs: event.durationMs };
    case 'verdict':
      return { name: 'verdict', at, testsMs: event.durationMs };
    case 'attempt.rejected':
      return { name: 'rejected', at };
    case 'land.landed':
      return { name: 'landed', at };
    case 'land.parked':
      return { name: 'parked', at };
    case 'task.finished':
    case 'task.failed':
      return { name: 'settled', at };
    default:
      return undefined;
  }
}

function isEnd({ type }: AgentEvent): boolean {
  return type === 'attempt.rejected' || type === 'task.finished' || type === 'task.failed';
}
