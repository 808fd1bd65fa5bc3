import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { agentMarker } from '../../src/agent/agent-marker.ts';
import { type Scenario, startRehearsal } from '../../src/claude/rehearsal/server.ts';
import { findPackageRoot } from '../../src/config/package-root.ts';
import { type ProcessEnd, type ProcessResult, reapMarked, run, start } from '../../src/process/process.ts';
import type { StateDocument } from '../../src/state/schema.ts';
import { compiled } from '../rig/compiled.ts';
import { placesIn } from '../rig/places.ts';
import { writeProject } from '../rig/sample-project.ts';
import { scratch } from '../rig/scratch.ts';

const automation = (name: string): string => join(findPackageRoot(), 'automation', name);
const waitMs = 60_000;

/** A project with the agent as a process of its own, as a person or a service unit starts it. */
export interface RealAgent {
  readonly folder: string;
  readonly project: string;
  readonly stateFile: string;
  readonly env: Record<string, string>;
  save(path: string, text: string): Promise<void>;
  /** Starts `automation/start.ts`, or another entry; `through` another command, which takes the place of its own words. */
  launch(entry?: string, through?: readonly string[]): Launched;
  /** `mendwatch …` */
  cli(...args: string[]): Promise<ProcessResult>;
  state(): Promise<StateDocument>;
  /** No process, lock, socket or temporary file of it is there any more. */
  expectNothingLeft(): Promise<void>;
}

export interface Launched {
  readonly pid: number;
  readonly ended: Promise<ProcessEnd>;
  /** So many processes outlived it. */
  readonly orphans: Promise<number>;
  /** What it has said on standard error by its end. */
  readonly errors: Promise<string>;
  /** All that it has printed so far. */
  readonly output: string;
  /** Resolves when it has printed this. */
  said(text: string): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Nobody reads what it prints any more. */
  hangUp(): void;
}

export async function realAgent(
  files: Readonly<Record<string, string>>,
  options: { scenario?: Scenario; settings?: Readonly<Record<string, string>> } = {},
): Promise<RealAgent> {
  const folder = await scratch('real');
  const [project, home] = [join(folder, 'project'), join(folder, 'home')];
  await mkdir(project);
  await mkdir(home);
  await writeProject(project, files);
  const rehearsal = options.scenario === undefined ? undefined : await startRehearsal(options.scenario);
  if (rehearsal !== undefined) onTestFinished(() => rehearsal.close());
  const stateFile = join(folder, 'state', 'app_state.json');
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    TMPDIR: process.env.TMPDIR ?? '/tmp',
    ...(rehearsal?.environment(home) ?? { HOME: home, AUTO_FIX_ENABLED: 'false' }),
    PROJECT_ROOT: project,
    ...placesIn(folder),
    ...compiled,
    FILE_WATCH_DEBOUNCE_SECONDS: '0.1',
    RETRY_DELAY_SECONDS: '0.1',
    ...options.settings,
  };
  return {
    folder,
    project,
    stateFile,
    env,
    save: (path, text) => writeFile(join(project, path), text),
    launch: (entry = automation('start.ts'), through = []) =>
      launch([...through, process.execPath, entry, '--plain'], folder, env),
    cli: (...args) =>
      run({
        command: process.execPath,
        args: [automation('mendwatch.ts'), ...args],
        cwd: folder,
        env,
        timeoutMs: waitMs,
      }),
    state: async () => JSON.parse(await readFile(stateFile, 'utf8')) as StateDocument,
    expectNothingLeft: async () => {
      expect((await reapMarked(agentMarker({ stateFile }))).reached, 'processes').toBe(0);
      const beside = await readdir(join(folder, 'state'));
      expect(beside.filter((name) => /\.(lock|sock|\d+)$|^s-/.test(name))).toEqual([]);
      expect((await readdir(project)).filter((name) => name.startsWith('.mendwatch'))).toEqual([]);
      const reports = join(folder, 'cache');
      const found = existsSync(reports) ? await readdir(reports, { recursive: true }) : [];
      expect(found.filter((name) => /\/reports\/./.test(name))).toEqual([]);
    },
  };
}

function launch([command = '', ...args]: readonly string[], cwd: string, env: Record<string, string>): Launched {
  const child = start({
    command,
    args,
    cwd,
    env,
    stdout: { kind: 'stream' },
    timeoutMs: 120_000,
  });
  const { pid, stdout } = child;
  if (pid === undefined || stdout === undefined) throw new Error('It could not be started');
  let output = '';
  const listeners = new Set<() => void>();
  stdout.on('data', (chunk) => {
    output += String(chunk);
    for (const listener of listeners) listener();
  });
  onTestFinished(async () => {
    await child.cancel('the test is over');
  });
  return {
    pid,
    ended: child.result.then(({ end }) => end),
    errors: child.result.then(({ stderr }) => stderr),
    orphans: child.result.then(({ reaped }) => reaped),
    get output() {
      return output;
    },
    said: (text) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`It did not say ${text}, but:\n${output}`)), waitMs);
        const look = (): void => {
          if (!output.includes(text)) return;
          clearTimeout(late);
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
      }),
    signal: (name) => void process.kill(pid, name),
    hangUp: () => stdout.destroy(),
  };
}
