import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { isoTime } from '../../src/clock.ts';
import type { Channel } from '../../src/escalate/channel.ts';
import { emailChannel } from '../../src/escalate/email.ts';
import { githubChannel } from '../../src/escalate/github.ts';
import { slackChannel } from '../../src/escalate/slack.ts';
import type { Wire } from '../../src/escalate/wire.ts';
import { type AgentEvent, createEvents } from '../../src/events.ts';
import { noteGivenUp, noteMended } from '../../src/pipeline/escalations.ts';
import { Outbox } from '../../src/pipeline/outbox.ts';
import type { StateDocument } from '../../src/state/schema.ts';
import { openMemoryStore, type StateStore } from '../../src/state/store.ts';
import { FakeClock } from '../rig/fake-clock.ts';
import { GitHubServer } from '../rig/github-server.ts';
import { scratch } from '../rig/scratch.ts';
import { WebhookServer } from '../rig/webhook-server.ts';
import { inputOf, reportOf } from './samples.ts';

/** What happens to the agent from outside: told before and after each thing that leaves it or is written. */
export type Step = 'write' | 'written' | 'request' | 'answered';

export interface Services {
  readonly github: GitHubServer;
  readonly slack: WebhookServer;
  readonly email: WebhookServer;
  close(): Promise<void>;
}

export async function startServices(): Promise<Services> {
  const github = await new GitHubServer().start();
  const slack = await new WebhookServer().start();
  const email = await new WebhookServer().start();
  return {
    github,
    slack,
    email,
    close: async () => {
      await Promise.all([github.close(), slack.close(), email.close()]);
    },
  };
}

export interface World {
  readonly services: Services;
  readonly clock: FakeClock;
  readonly store: StateStore;
  readonly runsFolder: string;
  readonly told: AgentEvent[];
  /** Requests on their way. */
  inFlight: number;
  /** Called at each step of the agent that lives; throws to kill it there. */
  onStep: (step: Step) => void;
}

export async function worldOf(services: Services, runsFolder?: string): Promise<World> {
  const clock = new FakeClock();
  return {
    services,
    clock,
    store: openMemoryStore({ clock }),
    runsFolder: runsFolder ?? (await scratch('outbox')),
    told: [],
    inFlight: 0,
    onStep: () => undefined,
  };
}

export interface Life {
  readonly outbox: Outbox;
  /** Settles when its loops have ended. */
  readonly done: Promise<void>;
  readonly stop: AbortController;
}

/** An agent's outbox on the world's state; with the world's clock and real requests. */
export function live(world: World, names: readonly string[] = ['github', 'slack', 'email']): Life {
  const { clock, services } = world;
  const stop = new AbortController();
  const wire: Wire = { clock, fetch: (input, init) => countedFetch(world, stop, input, init) };
  const { github, slack, email } = services;
  const all: readonly Channel[] = [
    githubChannel({
      token: github.token,
      repository: github.repository,
      apiUrl: github.url,
      origin: async () => undefined,
      wire,
      throttled: false,
    }),
    slackChannel(slack.url, wire),
    emailChannel({ url: email.url, secret: 'a-key' }, wire),
  ];
  const events = createEvents(
    () => clock.now(),
    (text) => text,
  );
  events.on((event) => world.told.push(event));
  const outbox = new Outbox({
    channels: all.filter(({ name }) => names.includes(name)),
    state: mortal(world, stop),
    clock,
    events,
    random: () => 0.5,
    scrub: (text) => text.replaceAll('learned-late', '[secret]'),
    runsFolder: world.runsFolder,
  });
  return { outbox, stop, done: outbox.run(stop.signal) };
}

/** Killed: nothing of it goes on, whatever it was waiting for. */
function step(world: World, stop: AbortController, name: Step): void {
  if (stop.signal.aborted) throw new Error('dead');
  try {
    world.onStep(name);
  } catch (error) {
    stop.abort(error);
    throw error;
  }
}

function mortal(world: World, stop: AbortController): StateStore {
  const { store } = world;
  return {
    get current() {
      return store.current;
    },
    fault: undefined,
    close: () => store.close(),
    update: async (change, options) => {
      step(world, stop, 'write');
      const result = await store.update(change, options);
      step(world, stop, 'written');
      return result;
    },
  };
}

async function countedFetch(
  world: World,
  stop: AbortController,
  ...[input, init]: Parameters<typeof fetch>
): Promise<Response> {
  step(world, stop, 'request');
  world.inFlight++;
  try {
    const response = await fetch(input, init);
    const body = await response.arrayBuffer();
    step(world, stop, 'answered');
    return new Response(body, response);
  } finally {
    world.inFlight--;
  }
}

/** Lets time pass whenever nothing else happens, until the condition holds. */
export async function playUntil(world: World, condition: () => boolean, maxFakeMs = 48 * 3_600_000): Promise<void> {
  const { clock } = world;
  const end = clock.monotonic() + maxFakeMs;
  for (let quiet = 0; !condition(); ) {
    await turn();
    const { github, slack, email } = world.services;
    const moving = world.inFlight - github.keptWaiting - slack.keptWaiting - email.keptWaiting;
    quiet = moving > 0 ? 0 : quiet + 1;
    const nextInMs = clock.nextInMs;
    if (quiet < 4 || nextInMs === undefined) continue;
    if (clock.monotonic() > end)
      throw new Error(`It did not happen: ${JSON.stringify(world.store.current.outbox, null, 1)}`);
    await clock.advance(nextInMs);
    quiet = 0;
  }
}

/** Nothing waits any more. */
export const isEmpty = ({ store }: World): boolean => store.current.outbox.every(({ status }) => status === 'parked');

type Names = Parameters<typeof noteGivenUp>[1];
const everywhere: Names = ['github', 'slack', 'email'];

/** A regression is given up, as the pipeline does it. Gives the keys of its messages. */
export async function giveUp(
  world: World,
  fingerprint: string,
  names: Names = everywhere,
  reason = 'gave up',
): Promise<readonly string[]> {
  const { task } = inputOf();
  const now = isoTime(world.clock.now());
  const report = `${task.id}/report.json`;
  await mkdir(join(world.runsFolder, task.id), { recursive: true });
  await writeFile(join(world.runsFolder, report), JSON.stringify(await reportOf({ fingerprint, now, reason })));
  const told = { taskId: task.id, fingerprint, title: 'of 10000 cents is 1000', reason };
  return noteNew(world, (draft) =>
    noteGivenUp(draft, names, { ...told, page: `${task.id}/report.md`, report, nowMs: world.clock.now() }),
  );
}

export function mend(world: World, fingerprint: string, names: Names = everywhere): Promise<readonly string[]> {
  return noteNew(world, (draft) => noteMended(draft, names, fingerprint, world.clock.now()));
}

async function noteNew({ store }: World, change: (draft: StateDocument) => void): Promise<readonly string[]> {
  const before = new Set(store.current.outbox.map(({ key }) => key));
  await store.update(change);
  return store.current.outbox.filter(({ key }) => !before.has(key)).map(({ key }) => key);
}
