import { existsSync } from 'node:fs';
import { canBeMadeAgain, holdOff, type Plan, planClean, refuseUnderWay, type Wishes } from '../agent/clean/clean.ts';
import { executorAnswers } from '../agent/clean/executor-in-use.ts';
import type { StaleCache } from '../agent/clean/other-projects.ts';
import { bytesOf } from '../agent/clean/prune-runs.ts';
import { type Removal, removeAll } from '../agent/clean/remove.ts';
import { type Beside, findBeside, removeBeside, type Uninstalled } from '../agent/clean/uninstall.ts';
import { refuseForeign } from '../agent/own-project.ts';
import { loadConfig } from '../config/load.ts';
import { findPackageRoot } from '../config/package-root.ts';
import { launchEnvironment } from '../config/process-environment.ts';
import type { Config } from '../config/types.ts';
import { oneOf } from '../config/values.ts';
import { AlreadyRunningError, ExitCode, MendwatchError } from '../errors.ts';
import { failedLines, heapLines, heapsOf, heapWords, needWords, strangeLines } from './clean-lines.ts';
import { type CleanWords, wishesOf } from './clean-words.ts';
import { print, printJson } from './look.ts';
import { openPrompt } from './prompt.ts';
import { count } from './quantities.ts';
import { onSignals } from './signals.ts';
import { sizeWords } from './size-words.ts';
import { wrong } from './wrong.ts';

interface Cleaning {
  readonly config: Config;
  readonly words: CleanWords;
  readonly wishes: Wishes;
  readonly signal: AbortSignal;
}

/** `clean`: says what Mendwatch keeps of this project, and removes what was asked for. */
export async function runClean(words: CleanWords): Promise<number> {
  const wishes = wishesOf(words);
  const fallback = wishes.scope === 'stale' ? { fallbackProject: process.cwd() } : {};
  const config = loadConfig({
    env: launchEnvironment(),
    cwd: process.cwd(),
    packageRoot: findPackageRoot(),
    ...fallback,
  });
  if (wishes.scope !== 'stale') await refuseForeign(config, { mayBeGone: wishes.scope === 'everything' });
  const interrupted = new AbortController();
  const forgetSignals = onSignals(() => interrupted.abort('interrupted'));
  const cleaning = { config, words, wishes, signal: interrupted.signal };
  try {
    if (words.dryRun === true) return await tellPlan(cleaning);
    const held = await holdOff(config, wishes.scope);
    try {
      return await clean(cleaning, held.isRunning);
    } finally {
      await held.release();
    }
  } catch (error) {
    if (!interrupted.signal.aborted || error instanceof MendwatchError) throw error;
    throw new MendwatchError('Stopped.', { exitCode: ExitCode.interrupted });
  } finally {
    forgetSignals();
  }
}

async function tellPlan(cleaning: Cleaning): Promise<number> {
  const { config, wishes, words, signal } = cleaning;
  const plan = await planClean(config, wishes, { now: Date.now(), isRunning: false }, signal);
  const beside = await besideOf(cleaning);
  if (words.json === true) return printJson(recordOf(cleaning, plan, beside));
  return print([...foundLines(cleaning, plan), ...goingLines(plan, beside, 'Would be removed')].join('\n'));
}

async function clean(cleaning: Cleaning, isRunning: boolean): Promise<number> {
  const { config, wishes, words, signal } = cleaning;
  const isJson = words.json === true;
  const whole = await planClean(config, wishes, { now: Date.now(), isRunning }, signal);
  refuseUnderWay(whole, wishes);
  const plan = await unlessServed(cleaning, whole);
  const beside = await besideOf(cleaning);
  if (!isJson) print(foundLines(cleaning, plan).join('\n'));
  await ask(cleaning, plan, beside);
  const removal = await removeAll(plan.going, signal);
  const more =
    beside === undefined || signal.aborted ? undefined : await removeBeside(uninstallingOf(cleaning), beside);
  const isLeft =
    removal.failed.length > 0 || (more?.failed.length ?? 0) > 0 || plan.strange.some((each) => each.isFault);
  if (isJson) printJson({ ...recordOf(cleaning, plan, beside), ...resultOf(removal, more) });
  else print(resultLines(cleaning, plan, removal, more, beside).join('\n'));
  if (signal.aborted) return ExitCode.interrupted;
  return isLeft ? ExitCode.failed : ExitCode.done;
}

/** What an executor writes to stays while one answers. */
async function unlessServed({ config, wishes: { scope, force } }: Cleaning, plan: Plan): Promise<Plan> {
  const isIts = ({ kind, path }: Plan['going'][number]): boolean =>
    kind === 'executions' || kind === 'token' || path.startsWith(config.executor.logFile);
  if (force || !plan.going.some(isIts) || !(await executorAnswers(config))) return plan;
  const { host, port, folder } = config.executor;
  const where = `${host}:${port}`;
  if (scope === 'everything') {
    throw new AlreadyRunningError(
      `Nothing was removed: an executor answers at ${where}.`,
      'Stop it first. If it is that of another project, say --force.',
    );
  }
  const strange = [...plan.strange, { path: folder, why: `an executor answers at ${where}` }];
  return { ...plan, going: plan.going.filter((thing) => !isIts(thing)), strange };
}

function uninstallingOf({ config, words, signal }: Cleaning) {
  return { config, launch: launchEnvironment(), withSettings: words.settings === true, signal };
}

async function besideOf(cleaning: Cleaning): Promise<Beside | undefined> {
  return cleaning.wishes.scope === 'everything' ? findBeside(uninstallingOf(cleaning)) : undefined;
}

/** Only what cannot be made again is asked for. @throws MendwatchError where the answer is no, or nobody is there to ask */
async function ask({ words }: Cleaning, plan: Plan, beside: Beside | undefined): Promise<void> {
  const lasting = plan.going.filter((thing) => !canBeMadeAgain(thing));
  if (
    words.yes === true ||
    (lasting.length === 0 && beside?.service === undefined && beside?.settingsFile === undefined)
  )
    return;
  const needed = needWords(lasting);
  const lost = needed.length === 0 ? '' : ` With it goes what is in use: ${needed.join(', ')}.`;
  if (words.json === true || !process.stdin.isTTY || !process.stdout.isTTY) {
    throw wrong(
      `Nothing was removed, since some of it cannot be made again.${lost}`,
      'Look with --dry-run; then say --yes.',
    );
  }
  const prompt = openPrompt(process.stdin, process.stdout);
  try {
    print([...goingLines(plan, beside, 'To be removed'), ...(lost === '' ? [] : [lost.trim()])].join('\n'));
    const answer = await prompt.ask(
      'Some of it cannot be made again. Remove it? yes or no',
      'no',
      oneOf(['yes', 'y', 'no', 'n']),
    );
    if (!answer.toLowerCase().startsWith('y')) throw new MendwatchError('Nothing was removed.');
  } finally {
    prompt.close();
  }
}

function foundLines({ config, wishes: { scope } }: Cleaning, { things, strange }: Plan): readonly string[] {
  if (scope === 'stale') return [];
  const { projectRoot } = config;
  const found =
    things.length === 0 ? [`There is nothing of ${projectRoot}.`] : [`${projectRoot}:`, ...heapLines(things)];
  return [...found, ...strangeLines(strange)];
}

function goingLines({ going }: Plan, beside: Beside | undefined, title: string): readonly string[] {
  const more = [beside?.service?.file, beside?.settingsFile].filter((path) => path !== undefined);
  if (going.length === 0 && more.length === 0) return ['Nothing to remove.'];
  const stale = going.flatMap((thing) => ('why' in thing ? [`  ${staleWords(thing)}`] : []));
  const what = stale.length > 0 ? [count(stale.length, 'cache')] : [...heapWords(going), ...more];
  return [`${title}: ${what.join(', ')} (${sizeWords(bytesOf(going))}).`, ...stale];
}

function staleWords({ path, bytes, project, why }: StaleCache): string {
  return `${path}  ${sizeWords(bytes)}  ${project === undefined ? '' : `${project}: `}${why}`;
}

function staleRecord({ path, bytes, project, why }: StaleCache) {
  return { path, bytes, project: project ?? null, why };
}

function resultLines(
  { config, wishes: { scope } }: Cleaning,
  plan: Plan,
  { removed, failed, freedBytes }: Removal,
  more: Uninstalled | undefined,
  beside: Beside | undefined,
): readonly string[] {
  const done = goingLines({ ...plan, going: removed }, undefined, 'Removed');
  const hooks = beside?.hooks === undefined ? [] : [`Your own hooks are left: ${beside.hooks}.`];
  const isSettingsLeft = scope === 'everything' && existsSync(config.settingsFile);
  const settings = isSettingsLeft
    ? [`The settings are left: ${config.settingsFile}. With --settings they go, too.`]
    : [];
  return [
    ...(removed.length > 0 || failed.length === 0 ? done : []),
    ...(more?.removed ?? []).map((path) => `Removed: ${path}`),
    ...(failed.length > 0 ? [`Freed: ${sizeWords(freedBytes)}.`] : []),
    ...failedLines([...failed, ...(more?.failed ?? [])]),
    ...(more?.advice ?? []),
    ...hooks,
    ...settings,
  ];
}

function recordOf(
  { config, wishes: { scope }, words }: Cleaning,
  { things, going, strange }: Plan,
  beside: Beside | undefined,
) {
  return {
    project: scope === 'stale' ? null : config.projectRoot,
    scope,
    dry_run: words.dryRun === true,
    found: heapsOf(things),
    going: scope === 'stale' ? going.filter((thing) => 'why' in thing).map(staleRecord) : heapsOf(going),
    beside: [beside?.service?.file, beside?.settingsFile].filter((path) => path !== undefined),
    left_alone: [...strange, ...(beside?.hooks === undefined ? [] : [{ path: beside.hooks, why: 'your own hooks' }])],
  };
}

function resultOf({ removed, failed, freedBytes }: Removal, more: Uninstalled | undefined) {
  return {
    removed: heapsOf(removed),
    freed_bytes: freedBytes,
    failed: [...failed.map(({ path, why }) => ({ path, why })), ...(more?.failed ?? [])],
    also_removed: more?.removed ?? [],
    advice: more?.advice ?? [],
  };
}
