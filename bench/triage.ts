import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run, start } from '../src/process/process.ts';
import { detectRunner } from '../src/runners/detect.ts';
import { packageFolder, writeJavascript } from '../test/rig/javascript-project.ts';
import { openStage } from '../test/rig/stage.ts';
import { type Defer, type Figure, figureOf, leastRounds, paired, ratios, type Suite, withReleases } from './suite.ts';

const testFiles = 200;
const changed = 'src/part-100.js';
const debounceMs = 2_000;

/** What a test runner calls things. */
interface Kind {
  readonly name: 'vitest' | 'jest';
  readonly program: string;
  readonly source: (number: number, version: number) => string;
  readonly test: (number: number) => string;
  readonly related: readonly string[];
  readonly watch: readonly string[];
  /** What its watch mode prints at the end of each run. */
  readonly hasRun: RegExp;
}

const kinds: readonly Kind[] = [
  {
    name: 'vitest',
    program: 'vitest.mjs',
    source: (number, version) => `export const value = ${number};\nexport const version = ${version};\n`,
    test: (number) => `import { expect, test } from 'vitest';
${neighbours(number)
  .map((each, at) => `import { value as value${at} } from '../src/part-${each}.js';`)
  .join('\n')}
${[0, 1, 2].map((at) => `test('part ${at}', () => expect(value${at} > -1).toBe(true));`).join('\n')}\n`,
    related: ['related', '--run'],
    watch: ['watch'],
    hasRun: /Waiting for file changes/,
  },
  {
    name: 'jest',
    program: 'bin/jest.js',
    source: (number, version) => `exports.value = ${number};\nexports.version = ${version};\n`,
    test: (number) =>
      neighbours(number)
        .map(
          (each, at) =>
            `test('part ${at}', () => { const { value } = require('../src/part-${each}'); expect(value > -1).toBe(true); });\n`,
        )
        .join(''),
    related: ['--findRelatedTests'],
    watch: ['--watch', '--watchman=false'],
    hasRun: /Ran all test suites/,
  },
];

export const triageBench: Suite = {
  name: 'triage',
  title: `one changed file that breaks nothing, in a project with ${testFiles} files of tests`,
  run: async (isQuick) => {
    const figures: Figure[] = [];
    for (const kind of kinds)
      figures.push(...(await withReleases((defer) => measure(kind, isQuick ? 1 : leastRounds, defer))));
    return figures;
  },
};

/** Each test file needs three modules, so that each module matters to three of them. */
function neighbours(number: number): readonly number[] {
  return [0, 1, 2].map((step) => (number + step) % testFiles);
}

function filesOf(kind: Kind): Record<string, string> {
  const module = kind.name === 'vitest' ? { type: 'module' } : {};
  const files = { 'package.json': JSON.stringify({ ...module, devDependencies: { [kind.name]: '*' } }) };
  const parts = Array.from({ length: testFiles }, (_, number) => [
    [`src/part-${number}.js`, kind.source(number, 0)],
    [`test/part-${number}.test.js`, kind.test(number)],
  ]);
  return { ...files, ...Object.fromEntries(parts.flat()) };
}

async function measure(kind: Kind, rounds: number, defer: Defer): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'mendwatch-bench-'));
  defer(() => rm(folder, { recursive: true, force: true }));
  const samples = await paired(
    {
      cold: await openCold(kind, await place(kind, folder, 'cold')),
      watch: await openWatch(kind, await place(kind, folder, 'watch'), defer),
      warm: await openWarm(kind, await place(kind, folder, 'warm'), defer),
      agent: await openAgent(kind, join(folder, 'agent'), defer),
    },
    rounds,
  );
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

async function place(kind: Kind, parent: string, name: string): Promise<string> {
  const folder = join(parent, name);
  await mkdir(folder);
  return writeJavascript(join(folder, 'project'), filesOf(kind), { [kind.name]: packageFolder(kind.name) });
}

async function save(kind: Kind, root: string, version: number): Promise<number> {
  await writeFile(join(root, changed), kind.source(100, version + 1));
  return performance.now();
}

const environment = (root: string) => ({ PATH: process.env.PATH ?? '', HOME: join(root, '..') });

/** The runner's own command, as a person would type it. */
async function openCold(kind: Kind, root: string): Promise<(version: number) => Promise<number>> {
  const args = [join(packageFolder(kind.name), kind.program), ...kind.related, changed];
  return async (version) => {
    const startedAt = await save(kind, root, version);
    const { end, stderr } = await run({ command: process.execPath, args, cwd: root, env: environment(root) });
    if (end.kind !== 'exited' || end.code !== 0) throw new Error(`The tests failed: ${stderr}`);
    return performance.now() - startedAt;
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
    return performance.now() - startedAt;
  };
}

/** Triage's own run, as the agent has it when something is saved again. */
async function openWarm(kind: Kind, root: string, defer: Defer): Promise<(version: number) => Promise<number>> {
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
    if (outcome.kind !== 'report' || outcome.report.exitCode !== 0) throw new Error(JSON.stringify(outcome));
    return performance.now() - startedAt;
  };
}

async function openAgent(kind: Kind, folder: string, defer: Defer): Promise<(version: number) => Promise<number>> {
  await mkdir(folder);
  const settings = { FILE_WATCH_DEBOUNCE_SECONDS: String(debounceMs / 1_000) };
  const prepare = async (project: string) => {
    if (kind.name !== 'vitest') await writeJavascript(project, {}, { [kind.name]: packageFolder(kind.name) });
  };
  const stage = await openStage(folder, { bare: true, cold: true, files: filesOf(kind), settings, prepare }, defer);
  await stage.start();
  for (let waited = 0; waited < 5; waited++) {
    if (await stage.until('baseline.made').then(Boolean, () => waited === 4)) break;
  }
  return async (version) => {
    const from = stage.events.length;
    const startedAt = await save(kind, stage.project, version);
    await stage.until('task.finished', ({ outcome }) => outcome === 'clean', from);
    return performance.now() - startedAt - debounceMs;
  };
}
