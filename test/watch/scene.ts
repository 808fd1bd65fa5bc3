import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.ts';
import { Watcher, type WatcherOptions } from '../../src/watch/watcher.ts';
import type { Skipped, Workspace } from '../../src/workspace/types.ts';
import { type Files, type Rig, rig } from '../workspace/rig.ts';

export interface Scene extends Rig {
  readonly workspace: Workspace;
  readonly watcher: Watcher;
  readonly batches: string[][];
  readonly faults: string[];
  readonly skipped: Skipped[];
  /** The next batch that has not been taken yet, sorted. */
  next(): Promise<string[]>;
  /** Everything that is told up to and with a change made now. */
  untilNow(): Promise<string[]>;
}

interface SceneOptions extends Partial<WatcherOptions> {
  readonly git?: boolean;
  readonly around?: (workspace: Workspace) => Workspace;
  readonly agentFolders?: (rig: Rig) => readonly string[];
  readonly since?: (workspace: Workspace) => Promise<string>;
}

const project: Files = {
  'src/a.ts': 'a',
  'src/b.ts': 'b',
  'src/deep/c.ts': 'c',
  'README.md': 'read me',
  '.gitignore': 'dist/\n*.log\n',
};

export async function start({ around, agentFolders, since, git = false, ...more }: SceneOptions = {}): Promise<Scene> {
  const made = await rig(project, { git });
  const workspace = await made.open({ agentFolders: [...(agentFolders?.(made) ?? [])] });
  const batches: string[][] = [];
  const faults: string[] = [];
  const skipped: Skipped[] = [];
  const watcher = new Watcher({
    workspace: around?.(workspace) ?? workspace,
    watchPaths: ['.'],
    debounce: { quietMs: 60, maxWaitMs: 5_000, maxPaths: 1_000 },
    clock: systemClock,
    reconcileMs: 600_000,
    pollMs: 600_000,
    onBatch: async ({ files }) => void batches.push([...files].sort()),
    onFault: (message) => faults.push(message),
    onSkipped: (more) => skipped.push(...more),
    ...more,
  });
  onTestFinished(() => watcher.close());
  const sinceTree = await since?.(workspace);
  await watcher.start(sinceTree);
  let taken = 0;
  const next = async (): Promise<string[]> => {
    await until(() => batches.length > taken);
    return batches[taken++] ?? [];
  };
  let marks = 0;
  const untilNow = async (): Promise<string[]> => {
    const mark = `src/mark-${marks++}.ts`;
    made.write({ [mark]: 'now' });
    const told: string[] = [];
    while (!told.includes(mark)) told.push(...(await next()));
    return told.filter((path) => path !== mark).sort();
  };
  return { ...made, workspace, watcher, batches, faults, skipped, next, untilNow };
}

export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('It did not happen within 20 s');
    await delay(5);
  }
}

/** Its waits are a tenth as long, so that what happens every second happens ten times as often. */
export function hastyClock(more: Partial<Clock> = {}): Clock {
  return { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 10, signal), ...more };
}

/** A workspace in which something happens around snapshots. */
export function withSnapshot(workspace: Workspace, snapshot: Workspace['snapshot']): Workspace {
  return new Proxy(workspace, {
    get(target, name) {
      if (name === 'snapshot') return snapshot;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
