import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { agentMarker } from '../../src/agent/agent-marker.ts';
import { reachAgent } from '../../src/agent/reach-agent.ts';
import { type Scenario, startRehearsal } from '../../src/claude/rehearsal/server.ts';
import { findPackageRoot } from '../../src/config/package-root.ts';
import type { AgentEvent } from '../../src/events.ts';
import { placesIn } from '../../test/rig/places.ts';
import { vitestFolder } from '../../test/rig/sample-project.ts';
import { launchAgent } from '../agent-process.ts';
import type { Defer } from '../suite.ts';
import { marked } from './processes.ts';

export const shop = join(findPackageRoot(), 'automation', 'demo', 'shop');

/** The whole agent as people start it, on a copy of the sample shop, and all that it tells. */
export interface LiveAgent {
  readonly project: string;
  readonly pid: number;
  readonly marker: string;
  readonly events: readonly AgentEvent[];
  save(path: string, text: string): Promise<void>;
  /** The first event since `from` that fits; undefined where none came in time. */
  until(fits: (event: AgentEvent) => boolean, from: number): Promise<AgentEvent | undefined>;
  /** Tells it to end, and gives how many processes it has left behind. */
  stop(): Promise<number>;
}

const patienceMs = 300_000;
/** What was told to end needs a moment. */
const lastMomentMs = 2_000;

export async function startLive(
  folder: string,
  scenario: Scenario,
  settings: Readonly<Record<string, string>>,
  defer: Defer,
): Promise<LiveAgent> {
  const project = join(folder, 'project');
  await cp(shop, project, { recursive: true });
  await mkdir(join(project, 'node_modules'), { recursive: true });
  await symlink(vitestFolder(5), join(project, 'node_modules', 'vitest'), 'dir');
  const rehearsal = await startRehearsal(scenario);
  defer(() => rehearsal.close());
  const home = join(folder, 'home');
  await mkdir(home);
  const { HOME: _, ...model } = rehearsal.environment(home);
  const agent = await launchAgent(folder, project, defer, { ...model, ...settings });
  await agent.said(/tests? green/);
  const stateFile = placesIn(folder).STATE_FILE;
  const remote = await reachAgent({ stateFile });
  if (remote === undefined) throw new Error('The agent takes no commands');
  const over = new AbortController();
  defer(async () => over.abort());
  const events: AgentEvent[] = [];
  const listeners = new Set<() => void>();
  const heard = (async () => {
    for await (const event of remote.events(over.signal)) {
      events.push(event);
      for (const listener of listeners) listener();
    }
  })();
  const marker = agentMarker({ stateFile });
  return {
    ...{ project, pid: agent.pid, marker, events },
    save: (path, text) => writeFile(join(project, path), text),
    until: (fits, from) => firstOf(events, listeners, fits, from),
    stop: async () => {
      await remote.stop({ force: false, timeoutMs: patienceMs });
      await heard.catch(() => undefined);
      const endsAt = performance.now() + lastMomentMs;
      while ((await marked(marker)).length > 0 && performance.now() < endsAt) await delay(50);
      return (await marked(marker)).length;
    },
  };
}

/** A file of the shop as it is when nobody has broken it. */
export function original(path: string): Promise<string> {
  return readFile(join(shop, path), 'utf8');
}

function firstOf(
  events: readonly AgentEvent[],
  listeners: Set<() => void>,
  fits: (event: AgentEvent) => boolean,
  from: number,
): Promise<AgentEvent | undefined> {
  return new Promise((resolve) => {
    const finish = (event: AgentEvent | undefined): void => {
      clearTimeout(timer);
      listeners.delete(look);
      resolve(event);
    };
    const timer = setTimeout(() => finish(undefined), patienceMs);
    let next = from;
    const look = (): void => {
      const found = events.slice(next).find(fits);
      next = events.length;
      if (found !== undefined) finish(found);
    };
    listeners.add(look);
    look();
  });
}
