import { join } from 'node:path';
import { allTasks, findOne, latestPatch, stateOnFile } from '../agent/known-tasks.ts';
import { loadConfig } from '../config/load.ts';
import { findPackageRoot } from '../config/package-root.ts';
import { launchEnvironment } from '../config/process-environment.ts';
import type { Config } from '../config/types.ts';
import type { Landing, Task } from '../domain/task.ts';
import { ExitCode, messageOf } from '../errors.ts';
import { createScrubber } from '../secrets/scrubber.ts';
import { mapStrings } from '../secrets/strings.ts';
import type { StateDocument } from '../state/schema.ts';
import { clock } from './limit-lines.ts';
import { printable } from './line.ts';
import { count } from './quantities.ts';
import { readWaterfall, waterfallLines } from './timing.ts';
import { safeJson, snakeCase } from './wire-names.ts';
import { wrappedText } from './wrap.ts';

interface Options {
  readonly json?: boolean;
}

/**
 * The state as it stands in the file, without the secrets that a path in it may hold; nothing is locked or changed.
 */
export async function loadState(): Promise<{ config: Config; state: StateDocument }> {
  const config = loadConfig({ env: launchEnvironment(), cwd: process.cwd(), packageRoot: findPackageRoot() });
  const { scrub } = createScrubber(config.secrets);
  return { config, state: mapStrings(await stateOnFile(config), scrub) };
}

/** Sentences and lists: on a terminal broken between words. */
export function print(text: string): number {
  return printAsIs(wrappedText(printable(text), process.stdout));
}

/** What is drawn, or copied as it is: a patch. */
function printAsIs(text: string): number {
  process.stdout.write(`${printable(text)}\n`);
  return ExitCode.done;
}

/** What a program gets: nothing in it can reach a terminal but text, and nothing is left out. */
export function printJson(value: unknown): number {
  process.stdout.write(`${safeJson(value, 2)}\n`);
  return ExitCode.done;
}

export async function runTasks({ json }: Options): Promise<number> {
  const { state } = await loadState();
  const tasks = allTasks(state);
  if (json) return printJson(tasks);
  if (tasks.length === 0) return print('No tasks yet.');
  return print(
    tasks
      .map((task) => `${task.id}  ${localTime(task.created_at)}  ${fateOf(task, state).padEnd(10)}  ${task.file_path}`)
      .join('\n'),
  );
}

export async function runShow(id: string, { json, timing }: Options & { timing?: boolean }): Promise<number> {
  const { config, state } = await loadState();
  const task = findOne(state, id);
  const waterfall = timing === true ? await readWaterfall(config.runsFolder, task.id) : undefined;
  if (json) return printJson(timing === true ? { ...task, timing: snakeCase(waterfall ?? null) } : task);
  const times = timing === true ? waterfallLines(waterfall) : [];
  const patch = await patchLines(config, task);
  print(describe(task, state).join('\n'));
  const drawn = [...times, ...patch];
  if (drawn.length > 0) printAsIs(drawn.join('\n'));
  return print(`Files of this task: ${join(config.runsFolder, task.id)}`);
}

async function patchLines(config: Config, task: Task): Promise<readonly string[]> {
  try {
    const patch = await latestPatch(config, task);
    return patch === undefined ? [] : ['Latest patch:', patch];
  } catch (error) {
    return [`The latest patch cannot be read: ${messageOf(error)}`];
  }
}

function landingLines(state: Pick<StateDocument, 'landings'>, task: Task): readonly string[] {
  const fate = fateOf(task, state);
  if (fate === 'applied') return ['Its fix was applied: it is in the working tree.'];
  return fate === 'undone' ? ['Its fix was undone: it is not in the working tree.'] : [];
}

export function describe(task: Task, state: Pick<StateDocument, 'landings'>): readonly string[] {
  const attempts = task.attempts.flatMap(({ number, verdict, strategy, reasons, cost_usd, duration }) => [
    `  ${number}. ${verdict}, ${duration.toFixed(1)} s, $${cost_usd.toFixed(4)}: ${strategy}`,
    ...reasons.map((reason) => `     ${reason}`),
  ]);
  return [
    `${task.id} ${task.file_path}: ${endOf(task)}`,
    `Created ${localTime(task.created_at)}${task.finished_at === undefined ? '' : `, finished ${localTime(task.finished_at)}`}`,
    ...(task.cost_usd === undefined ? [] : [`Cost: $${task.cost_usd.toFixed(4)}, all attempts together`]),
    ...(task.failure_reason === undefined ? [] : [`Reason: ${task.failure_reason}`]),
    ...landingLines(state, task),
    ...(task.regression === undefined
      ? []
      : [
          `${count(task.regression.count, 'red test')}:`,
          ...task.regression.tests.map((test) => `  ${testWords(test)}`),
        ]),
    ...(attempts.length === 0 ? [] : ['Attempts:', ...attempts]),
  ];
}

/** `<project>|<file>|<titles>|<occurrence>` as a person says it; a file that cannot load has no occurrence. */
export function testWords(id: string): string {
  const [project = '', file = '', ...rest] = id.split('|');
  const nth = rest.length > 1 && /^\d+$/.test(rest.at(-1) ?? '') ? rest.pop() : undefined;
  const where = [
    file,
    ...(project === '' ? [] : [project]),
    ...(nth === undefined || nth === '1' ? [] : [`number ${nth}`]),
  ];
  return rest.length === 0 ? id : `${rest.join('|')} (${where.join(', ')})`;
}

/** A fix may have been taken back or put in since: the task keeps its outcome. */
export function fateOf(task: Task, { landings }: Pick<StateDocument, 'landings'>): string {
  const { id, outcome, finished_at = '' } = task;
  if (outcome !== 'fixed' && outcome !== 'parked') return endOf(task);
  // A second `apply` that found all of it there is rolled back; what came before a retry is the earlier fix.
  const isOurs = ({ task_id, status, landed_at }: Landing): boolean =>
    task_id === id && status !== 'rolled-back' && (outcome === 'fixed' || landed_at >= finished_at);
  const last = landings.findLast(isOurs)?.status;
  if (last === 'landed' && outcome === 'parked') return 'applied';
  return last === 'undone' ? 'undone' : outcome;
}

function localTime(timestamp: string): string {
  return clock(Date.parse(timestamp));
}

export function endOf({ status, outcome, phase }: Task): string {
  return outcome ?? (status === 'in_progress' ? (phase ?? 'in progress') : status);
}
