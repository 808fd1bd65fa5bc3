import { allTasks, queueSizes } from '../agent/known-tasks.ts';
import { leftOutLines } from '../agent/left-out.ts';
import type { Watched } from '../agent/watched.ts';
import type { Config } from '../config/types.ts';
import type { Task } from '../domain/task.ts';
import type { StateDocument } from '../state/schema.ts';
import { limitLines, moneyRecord, outboxLines, outboxSizes } from './limit-lines.ts';
import { capitalised, inOneLine } from './line.ts';
import { fateOf } from './look.ts';
import { clockOfDay, inWords, type Work, workIn, workWords } from './now.ts';
import { baselineSinceMs, healthLines, isGone, standingLine } from './standing.ts';
import type { Trouble } from './trouble-lines.ts';
import { watchedLines } from './watched.ts';

const maxRecent = 5;
const maxWaiting = 3;

/** All that `status` knows at one moment. */
export interface Sight {
  readonly config: Config;
  readonly state: StateDocument;
  readonly tests: Watched | undefined;
  readonly troubles: readonly Trouble[];
  /** Epoch ms. */
  readonly now: number;
}

export function statusLines(sight: Sight): readonly string[] {
  const { config, state, tests, troubles, now } = sight;
  // What the state itself cannot say; the others have lines of their own.
  const unsaid = troubles.filter(({ kind }) => !isGone(state) && (kind === 'heartbeat' || kind === 'state'));
  return [
    standingLine(state, config.projectRoot, now),
    ...watchedOfIt(config, tests),
    ...leftOutLines(state.processes.orchestrator.left_out ?? []).map((line) => inOneLine(capitalised(line))),
    ...unsaid.map(({ text }) => text),
    ...baselineLine(sight),
    ...workIn(state).map((work) => `Now: ${workLine(work, config, now)}`),
    ...waitingLine(state),
    ...recentLines(state, now),
    `Tasks: ${Object.entries(queueSizes(state))
      .map(([queue, size]) => `${size} ${queue.replace('_', ' ')}`)
      .join(', ')}`,
    ...healthLines(state),
    ...(tests === undefined && baselineSinceMs(state) !== undefined ? [] : watchedLines(tests, config.laneLinks)),
    ...limitLines(state, config, now),
    ...outboxLines(state),
    `Cost so far: $${state.statistics.cost_usd.toFixed(2)}`,
  ];
}

function watchedOfIt({ watchPaths }: Config, tests: Watched | undefined): readonly string[] {
  if (watchPaths.includes('.')) return [];
  const runners = tests === undefined ? '' : `; its tests are run by ${tests.runner.split('+').join(', ')}`;
  return [inOneLine(`Watched of it: ${watchPaths.join(', ')}${runners}`)];
}

export function statusRecord({ config, state, tests, troubles, now }: Sight) {
  return {
    project: config.projectRoot,
    processes: state.processes,
    gone: isGone(state),
    now: workIn(state).map(({ phase, files, taskId, attempt, costUsd, sinceMs }) => ({
      phase,
      files,
      task_id: taskId ?? null,
      attempt: attempt ?? null,
      cost_usd: costUsd,
      since: sinceMs === undefined ? null : new Date(sinceMs).toISOString(),
    })),
    recent: recent(state).map(({ id, file_path, status, outcome, finished_at, cost_usd = 0 }) => ({
      id,
      file_path,
      outcome: outcome ?? status,
      finished_at: finished_at ?? null,
      cost_usd,
    })),
    troubles: isGone(state) ? [] : troubles,
    health: state.health,
    statistics: state.statistics,
    queues: queueSizes(state),
    gates: state.gates,
    circuit_breakers: state.circuit_breakers,
    outbox: outboxSizes(state),
    money: moneyRecord(state, config, now),
    tests: tests ?? null,
  };
}

/** The run of all tests, which is no task. */
function baselineLine({ state, tests, now }: Sight): readonly string[] {
  const sinceMs = baselineSinceMs(state);
  if (sinceMs === undefined) return [];
  const why = tests === undefined ? 'for the first time' : 'anew, to know what is green';
  return [`Now: running all tests ${why}, for ${inWords(now - sinceMs)}`];
}

function workLine(work: Work, { maxRetries }: Config, now: number): string {
  const { taskId, sinceMs } = work;
  const since = sinceMs === undefined ? '' : `, for ${inWords(now - sinceMs)} (since ${clockOfDay(sinceMs)})`;
  return `${workWords(work, maxRetries)}${since}${taskId === undefined ? '' : `, ${taskId}`}`;
}

/** What is claimed next is not known before; the oldest are named. */
function waitingLine({ queues: { pending } }: StateDocument): readonly string[] {
  if (pending.length === 0) return [];
  const files = [...new Set(pending.map(({ file_path }) => file_path))];
  const more = files.length - maxWaiting;
  const named = `${files.slice(0, maxWaiting).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  return [`Waiting: ${inOneLine(named)}`];
}

/** The latest that was landed, parked or given up; a look that found nothing is no news. */
function recent(state: StateDocument): readonly Task[] {
  return allTasks(state)
    .filter(({ status, outcome }) => status === 'failed' || outcome === 'fixed' || outcome === 'parked')
    .sort((a, b) => (a.finished_at ?? '').localeCompare(b.finished_at ?? ''))
    .slice(-maxRecent);
}

function recentLines(state: StateDocument, now: number): readonly string[] {
  const lines = recent(state).map((task) => {
    const { id, file_path, finished_at, cost_usd = 0 } = task;
    const age = finished_at === undefined ? '' : `${inWords(now - Date.parse(finished_at))} ago`;
    return inOneLine(
      `  ${age.padEnd(14)} ${fateOf(task, state).padEnd(7)} ${file_path}, ${id}, $${cost_usd.toFixed(4)}`,
    );
  });
  return lines.length === 0 ? [] : ['Lately:', ...lines];
}
