import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type AgentControl, startAgent } from '../../src/agent/agent.ts';
import { type Rehearsal, type Scenario, startRehearsal } from '../../src/claude/rehearsal/server.ts';
import { loadConfig } from '../../src/config/load.ts';
import { findPackageRoot } from '../../src/config/package-root.ts';
import type { Config } from '../../src/config/types.ts';
import type { AgentEvent } from '../../src/events.ts';
import type { StateDocument } from '../../src/state/schema.ts';
import { placesIn } from './places.ts';
import { vitestFolder } from './sample-project.ts';

const run = promisify(execFile);

export interface StageOptions {
  readonly scenario?: Scenario;
  /** Files of the project on top of the sample shop; undefined removes one. */
  readonly files?: Readonly<Record<string, string | undefined>>;
  /** Start without the sample shop. */
  readonly bare?: boolean;
  readonly git?: boolean;
  readonly settings?: Readonly<Record<string, string>>;
  /** More of the environment that the agent is launched with. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called with the project's folder before git is set up and the agent is started. */
  readonly prepare?: (project: string) => Promise<void>;
  /** Do not wait for the baseline, do not start. */
  readonly cold?: boolean;
}

/** A project, a scripted model and the real agent on it, all in one scratch folder. */
export interface Stage {
  readonly folder: string;
  readonly project: string;
  readonly stateFile: string;
  readonly config: Config;
  readonly rehearsal: Rehearsal;
  readonly events: readonly AgentEvent[];
  readonly agent: AgentControl;
  save(path: string, text: string): Promise<void>;
  read(path: string): Promise<string>;
  edit(path: string, before: string, after: string): Promise<void>;
  /** The state as it stands in the file. */
  state(): Promise<StateDocument>;
  /** The first event since `from` (default: since the stage was set) that fits. */
  until<Type extends AgentEvent['type']>(
    type: Type | readonly Type[],
    fits?: (event: Extract<AgentEvent, { type: Type }>) => boolean,
    from?: number,
  ): Promise<Extract<AgentEvent, { type: Type }>>;
  git(...args: string[]): Promise<string>;
  start(): Promise<AgentControl>;
}

const nobody: Scenario = (request) => ({
  status: 400,
  error: { message: `nobody expected: ${request.prompt.slice(0, 100)}` },
});

/** Sets the stage in a folder. `defer` gets what must be ended, in the order in which it was begun. */
export async function openStage(
  folder: string,
  options: StageOptions,
  defer: (release: () => Promise<void>) => void,
): Promise<Stage> {
  const project = join(folder, 'project');
  await mkdir(project);
  if (!options.bare) await cp(join(findPackageRoot(), 'automation', 'demo', 'shop'), project, { recursive: true });
  for (const [path, text] of Object.entries(options.files ?? {})) {
    if (text === undefined) await rm(join(project, path));
    else await put(join(project, path), text);
  }
  await mkdir(join(project, 'node_modules'), { recursive: true });
  await symlink(vitestFolder(5), join(project, 'node_modules', 'vitest'), 'dir');
  await options.prepare?.(project);
  const git = async (...args: string[]): Promise<string> =>
    (await run('git', args, { cwd: project, env: gitEnvironment(folder) })).stdout;
  if (options.git !== false) {
    await put(join(project, '.gitignore'), 'node_modules/\n');
    await git('init', '-q', '-b', 'main');
    await git('add', '-A');
    // In a large project git would begin to tidy up behind our back, and go on while the folder is removed.
    await git('-c', 'gc.auto=0', '-c', 'maintenance.auto=false', 'commit', '-q', '-m', 'The shop');
  }
  const rehearsal = await startRehearsal(options.scenario ?? nobody);
  defer(() => rehearsal.close());
  const home = join(folder, 'home');
  await mkdir(home);
  const env = {
    ...{ PATH: process.env.PATH ?? '', TMPDIR: process.env.TMPDIR ?? '/tmp', ...rehearsal.environment(home) },
    ...options.env,
  };
  const config = loadConfig({
    env,
    cwd: folder,
    packageRoot: findPackageRoot(),
    overrides: {
      PROJECT_ROOT: project,
      ...placesIn(folder),
      FILE_WATCH_DEBOUNCE_SECONDS: '0.1',
      RETRY_DELAY_SECONDS: '0.1',
      ...options.settings,
    },
  });
  const events: AgentEvent[] = [];
  const listeners = new Set<() => void>();
  let agent: AgentControl | undefined;
  const stage: Stage = {
    folder,
    project,
    stateFile: config.stateFile,
    config,
    rehearsal,
    events,
    get agent() {
      if (agent === undefined) throw new Error('The agent has not been started');
      return agent;
    },
    save: (path, text) => put(join(project, path), text),
    read: (path) => readFile(join(project, path), 'utf8'),
    edit: async (path, before, after) => {
      const text = await readFile(join(project, path), 'utf8');
      if (!text.includes(before)) throw new Error(`${path} does not hold ${before}`);
      await writeFile(
        join(project, path),
        text.replace(before, () => after),
      );
    },
    state: async () => JSON.parse(await readFile(config.stateFile, 'utf8')) as StateDocument,
    until: (type, fits = () => true, from = 0) => waitFor(events, listeners, type, fits, from),
    git,
    start: async () => {
      agent = await startAgent({
        config: { ...config, claudeVariables: {} },
        env,
        onEvents: (told) =>
          told.on((event) => {
            events.push(event);
            for (const listener of listeners) listener();
          }),
      });
      const started = agent;
      defer(() => started.stop('the test is over'));
      return started;
    },
  };
  if (!options.cold) {
    await stage.start();
    await stage.until(['baseline.made', 'baseline.unavailable']);
  }
  return stage;
}

async function put(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

function gitEnvironment(home: string): Record<string, string> {
  const person = { NAME: 'A Person', EMAIL: 'person@example.com' };
  return {
    PATH: process.env.PATH ?? '',
    HOME: home,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: person.NAME,
    GIT_AUTHOR_EMAIL: person.EMAIL,
    GIT_COMMITTER_NAME: person.NAME,
    GIT_COMMITTER_EMAIL: person.EMAIL,
  };
}

function waitFor<Type extends AgentEvent['type']>(
  events: readonly AgentEvent[],
  listeners: Set<() => void>,
  type: Type | readonly Type[],
  fits: (event: Extract<AgentEvent, { type: Type }>) => boolean,
  from: number,
): Promise<Extract<AgentEvent, { type: Type }>> {
  const types: readonly string[] = typeof type === 'string' ? [type] : type;
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const found = events
        .slice(from)
        .find((event) => types.includes(event.type) && fits(event as Extract<AgentEvent, { type: Type }>));
      if (found === undefined) return;
      clearTimeout(timer);
      listeners.delete(look);
      resolve(found as Extract<AgentEvent, { type: Type }>);
    };
    const timer = setTimeout(() => {
      listeners.delete(look);
      reject(new Error(`No ${types.join(' or ')} within 60 s. Events: ${JSON.stringify(events.slice(-12), null, 1)}`));
    }, 60_000);
    listeners.add(look);
    look();
  });
}
