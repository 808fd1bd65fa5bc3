import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters as withoutColours } from 'node:util';
import { run, start } from '../src/process/process.ts';
import { detectRunner } from '../src/runners/detect.ts';
import { packageFolder, writeJavascript } from '../test/rig/javascript-project.ts';
import { openStage } from '../test/rig/stage.ts';
import {
  type Defer,
  type Figure,
  figureOf,
  leastRounds,
  paired,
  quickRounds,
  ratios,
  type Suite,
  scratch,
  withReleases,
} from './suite.ts';
import { allRan, changed, changedPart, filesOf, type Kind, kinds, relatedTests } from './triage-project.ts';

const usualTestFiles = 200;
const quickTestFiles = 20;
const usualDebounceMs = 2_000;
const quickDebounceMs = 1_000;

export const triageBench: Suite = {
  name: 'triage',
  title: `one changed file that breaks nothing, in a project with ${usualTestFiles} files of tests`,
  quickly: `${quickTestFiles} files of tests, ${quickRounds} saves in place of ${leastRounds}, none to warm up`,
  promises: kinds.flatMap(({ name }) => [
    ...[`${name}: related tests, cold`, `${name}: its watch mode`, `${name}: triage, warm`, `${name}: save → clean`],
  ]),
  run: async (isQuick) => {
    const figures: Figure[] = [];
    for (const kind of kinds) figures.push(...(await withReleases((defer) => measure(kind, isQuick, defer))));
    return figures;
  },
};

async function measure(kind: Kind, isQuick: boolean, defer: Defer): Promise<readonly Figure[]> {
  const folder = await scratch(defer);
  const files = filesOf(kind, isQuick ? quickTestFiles : usualTestFiles);
  const debounceMs = isQuick ? quickDebounceMs : usualDebounceMs;
  const placed = async (name: string): Promise<string> => {
    await mkdir(join(folder, name));
    return writeJavascript(join(folder, name, 'project'), files, { [kind.name]: packageFolder(kind.name) });
  };
  const acts = {
    cold: await openCold(kind, await placed('cold')),
    watch: await openWatch(kind, await placed('watch'), defer),
    warm: await openWarm(kind, await placed('warm'), debounceMs, defer),
    agent: await openAgent(kind, join(folder, 'agent'), files, debounceMs, defer),
  };
  const samples = await (isQuick ? paired(acts, quickRounds, 0) : paired(acts, leastRounds));
  const { cold, watch, warm, agent } = samples;
  const { name } = kind;
  return [
    figureOf(`${name}: related tests, cold`, cold, 'ms'),
    figureOf(`${name}: its watch mode`, watch, 'ms'),
    figureOf(`${name}: triage, warm`, warm, 'ms'),
    figureOf('  triage / cold', ratios(warm, cold), 'ratio', { target: '≤ 0.35' }),
    figureOf('  triage / watch mode', ratios(warm, watch), 'ratio', { target: '≤ 1.5' }),
    figureOf(`${name}: save → clean`, agent, 'ms', { note: 'the whole agent, debounce left out' }),
    figureOf('  save → clean / cold', ratios(agent, cold), 'ratio', { target: '≤ 1.2' }),
    figureOf('  save → clean / watch mode', ratios(agent, watch), 'ratio', { target: '≤ 1.5' }),
  ];
}

async function save(kind: Kind, root: string, version: number): Promise<number> {
  await writeFile(join(root, changed), kind.source(changedPart, version + 1));
  return performance.now();
}

const environment = (root: string) => ({ PATH: process.env.PATH ?? '', HOME: join(root, '..') });

/** The runner's own command, as a person would type it. */
async function openCold(kind: Kind, root: string): Promise<(version: number) => Promise<number>> {
  const args = [join(packageFolder(kind.name), kind.program), ...kind.related, changed];
  return async (version) => {
    const startedAt = await save(kind, root, version);
    const { stdout, stderr } = await run({ command: process.execPath, args, cwd: root, env: environment(root) });
    const tookMs = performance.now() - startedAt;
    if (!allRan.test(withoutColours(`${stdout}${stderr}`)))
      throw new Error(`Not all tests ran green: ${stdout}${stderr}`);
    return tookMs;
  };
}

async function openWatch(kind: Kind, root: string, defer: Defer): Promise<(version: number) => Promise<number>> {
  const env = environment(root);
  const git = (...args: string[]) => run({ command: 'git', args, cwd: root, env });
  await writeFile(join(root, '.gitignore'), 'node_modules\n');
  await git('init', '-q');
  await git('add', '-A');
  await git('-c', 'user.name=A Person', '-c', 'user.email=person@example.com', 'commit', '-q', '-m', 'All');
  // Its first run is then of this file alone.
  await save(kind, root, -2);
  const child = start({
    command: process.execPath,
    args: [join(packageFolder(kind.name), kind.program), ...kind.watch],
    cwd: root,
    env,
    stdin: 'open',
    stdout: { kind: 'stream' },
    stderr: { kind: 'stream' },
  });
  defer(async () => void (await child.cancel('measured')));
  let text = '';
  let wake = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      wake.resolve();
    });
  }
  void child.result.then(() => {
    wake.promise.catch(() => undefined);
    wake.reject(new Error(`The watch mode has ended: ${text}`));
  });
  const hasRun = async (): Promise<void> => {
    while (!kind.hasRun.test(text)) {
      await wake.promise;
      wake = Promise.withResolvers();
    }
  };
  await hasRun();
  return async (version) => {
    text = '';
    const startedAt = await save(kind, root, version);
    await hasRun();
    const tookMs = performance.now() - startedAt;
    if (!allRan.test(withoutColours(text))) throw new Error(`The watch mode did not run all tests green: ${text}`);
    return tookMs;
  };
}

/** Triage's own run, as the agent has it when something is saved again. */
async function openWarm(
  kind: Kind,
  root: string,
  debounceMs: number,
  defer: Defer,
): Promise<(version: number) => Promise<number>> {
  const env = environment(root);
  const found = await detectRunner({ root, env });
  if (found.kind !== 'found') throw new Error(found.reason);
  const { runner } = found;
  defer(() => runner.close());
  const [reportFolder, keptFolder] = [join(root, '..', 'report'), join(root, '..', 'kept')];
  await mkdir(reportFolder);
  const request = {
    root,
    env,
    reportFolder,
    keptFolder,
    niceness: 0,
    timeoutMs: 60_000,
    signal: new AbortController().signal,
  };
  // The first run of all tells where the settings are.
  await runner.run({ ...request, scope: { kind: 'files', files: ['test/part-0.test.js'] } });
  return async (version) => {
    // While the saves are collected, what is warm begins to open.
    runner.prepare({ ...request, mayBeWarm: true });
    await sleep(debounceMs);
    const startedAt = await save(kind, root, version);
    const outcome = await runner.run({ ...request, scope: { kind: 'related', files: [changed] }, mayBeWarm: true });
    const tookMs = performance.now() - startedAt;
    const hasRun = outcome.kind === 'report' && outcome.report.tests.length === relatedTests;
    if (!hasRun || outcome.report.exitCode !== 0) throw new Error(JSON.stringify(outcome));
    return tookMs;
  };
}

async function openAgent(
  kind: Kind,
  folder: string,
  files: Readonly<Record<string, string>>,
  debounceMs: number,
  defer: Defer,
): Promise<(version: number) => Promise<number>> {
  await mkdir(folder);
  const settings = { FILE_WATCH_DEBOUNCE_SECONDS: String(debounceMs / 1_000) };
  const prepare = async (project: string) => {
    if (kind.name !== 'vitest') await writeJavascript(project, {}, { [kind.name]: packageFolder(kind.name) });
  };
  const stage = await openStage(folder, { bare: true, cold: true, files, settings, prepare }, defer);
  await stage.start();
  for (let waited = 0; waited < 5; waited++) {
    if (await stage.until('baseline.made').then(Boolean, () => waited === 4)) break;
  }
  return async (version) => {
    const from = stage.events.length;
    const startedAt = await save(kind, stage.project, version);
    await stage.until('task.finished', ({ outcome }) => outcome === 'clean', from);
    const tookMs = performance.now() - startedAt - debounceMs;
    const { ran } = await stage.until('triage.finished', () => true, from);
    if (ran !== relatedTests) throw new Error(`The agent ran ${ran} of ${relatedTests} tests`);
    return tookMs;
  };
}
