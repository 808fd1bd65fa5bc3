import fc from 'fast-check';
import { expect } from 'vitest';
import type { ChannelName } from '../../src/domain/escalation.ts';
import { limited } from '../rig/github-server.ts';
import type { Behaviour } from '../rig/webhook-server.ts';
import { giveUp, isEmpty, type Life, live, mend, playUntil, type Services, type World, worldOf } from './rig.ts';

const names: ChannelName[] = ['github', 'slack', 'email'];

interface Scenario {
  /** In this order; between two of them so many seconds pass. */
  readonly events: readonly {
    readonly fingerprint: string;
    readonly isMended: boolean;
    readonly thenSeconds: number;
  }[];
  readonly githubFaults: readonly Behaviour[];
  readonly slackFaults: readonly Behaviour[];
  readonly emailFaults: readonly Behaviour[];
  /** The agent dies at these of its steps, counted from its start; then a new one begins. */
  readonly lives: readonly number[];
  /** Creates that the server takes, answers with a fault, and does a while later. */
  readonly lateCreates: number;
  /** Whether the token may set labels. */
  readonly mayLabel: boolean;
}

const anyFault = fc.oneof(
  // Without faults between them, only the first requests would meet any.
  fc.constant<Behaviour>({ kind: 'work' }),
  fc.constantFrom<Behaviour>(
    { kind: 'cut-before' },
    { kind: 'cut-after' },
    { kind: 'cut-answer' },
    { kind: 'silent-before' },
    { kind: 'silent-after' },
    { kind: 'answer', status: 500, body: '' },
    { kind: 'answer', status: 503, headers: { 'retry-after': '20' }, body: 'busy' },
    { kind: 'answer', status: 429, headers: { 'retry-after': '45' }, body: { message: 'slow down' } },
  ),
);
const githubFault = fc.oneof(anyFault, fc.constantFrom(limited.secondary(61), limited.secondary()));
const hookFault = fc.oneof(anyFault, fc.constant<Behaviour>({ kind: 'answer', status: 400, body: 'invalid_payload' }));

const scenario: fc.Arbitrary<Scenario> = fc.record({
  events: fc.array(
    fc.record({
      fingerprint: fc.constantFrom('aaaa', 'aaaa', 'bbbb'),
      isMended: fc.constantFrom(false, false, true),
      thenSeconds: fc.constantFrom(0, 0, 7, 100, 400),
    }),
    { minLength: 2, maxLength: 5, size: 'max' },
  ),
  githubFaults: fc.array(githubFault, { maxLength: 14, size: 'max' }),
  slackFaults: fc.array(hookFault, { maxLength: 3 }),
  emailFaults: fc.array(hookFault, { maxLength: 3 }),
  lives: fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 4, size: 'max' }),
  lateCreates: fc.constantFrom(0, 0, 0, 1, 2),
  mayLabel: fc.constantFrom(true, true, false),
});

/** Plays so many sequences of faults and kills, and looks at what people have got in the end. */
export async function playKills(services: Services, runsFolder: string, numRuns: number): Promise<void> {
  let number = 0;
  const property = fc.asyncProperty(scenario, async (played) => {
    const world = await worldOf(services, runsFolder);
    services.github.repository = `me/shop-${number++}`;
    reset(services, played);
    const said = await play(world, played);
    judge(world, said);
  });
  await fc.assert(property, { numRuns });
}

function reset({ github, slack, email }: Services, played: Scenario): void {
  github.issues.length = 0;
  github.late.length = 0;
  github.lateCreates = played.lateCreates;
  github.mayLabel = played.mayLabel;
  for (const server of [github, slack, email]) server.next.length = 0;
  for (const server of [slack, email]) for (const list of [server.received, server.taken]) list.length = 0;
  github.next.push(...played.githubFaults);
  slack.next.push(...played.slackFaults);
  email.next.push(...played.emailFaults);
}

/** Fingerprint and keys of all that was to be told. */
type Said = Map<string, { readonly keys: string[]; isOpen: boolean }>;

async function play(world: World, { events, lives }: Scenario): Promise<Said> {
  const { clock } = world;
  const said: Said = new Map();
  const deaths = [...lives];
  const ended: Promise<void>[] = [];
  const begin = (): Life => {
    let left = deaths.shift() ?? Number.POSITIVE_INFINITY;
    world.onStep = () => {
      if (left-- <= 0) throw new Error('killed');
    };
    const life = live(world, names);
    ended.push(life.done);
    return life;
  };
  let life = begin();
  const passing = async (holds: () => boolean): Promise<void> => {
    const condition = (): boolean => {
      commitLate(world);
      return holds();
    };
    while (!condition()) {
      await playUntil(world, () => condition() || life.stop.signal.aborted);
      if (life.stop.signal.aborted) life = begin();
    }
  };
  for (const { fingerprint, isMended, thenSeconds } of events) {
    const told = said.get(fingerprint) ?? { keys: [], isOpen: false };
    said.set(fingerprint, told);
    told.keys.push(...(isMended ? await mend(world, fingerprint, names) : await giveUp(world, fingerprint, names)));
    told.isOpen = !isMended;
    life.outbox.wake();
    const until = clock.monotonic() + thenSeconds * 1_000;
    await passing(() => clock.monotonic() >= until);
  }
  await passing(() => isEmpty(world) && world.services.github.late.length === 0);
  life.stop.abort();
  await Promise.all(ended);
  return said;
}

/** What the server does late is done two minutes after it was asked for. */
function commitLate({ clock, services }: World): void {
  for (const late of services.github.late.splice(0)) {
    late.sinceMs ??= clock.monotonic();
    if (clock.monotonic() - late.sinceMs >= 120_000) late.commit();
    else services.github.late.push(late);
  }
}

function judge(world: World, said: Said): void {
  const { github, slack, email } = world.services;
  const { outbox, escalations } = world.store.current;
  for (const [fingerprint, { keys, isOpen }] of said) {
    expect(github.open(fingerprint), `open issues of ${fingerprint}`).toHaveLength(keys.length > 0 && isOpen ? 1 : 0);
    const comments = github.of(fingerprint).flatMap((issue) => issue.comments);
    for (const key of keys.filter((each) => each.startsWith('github-opened'))) {
      expect(
        comments.filter((text) => text.includes(`key=${key} `)),
        'told twice',
      ).toEqual([]);
    }
    for (const key of keys.filter((each) => each.startsWith('github-recurred'))) {
      const places = github.of(fingerprint).flatMap(({ body, comments }) => [body, ...comments]);
      expect(places.filter((text) => text.includes(`key=${key} `)).length, key).toBe(1);
    }
    expect(escalations.some((each) => each.fingerprint === fingerprint)).toBe(keys.length > 0);
    for (const [name, { taken, received }] of [
      ['slack', slack],
      ['email', email],
    ] as const) {
      for (const key of keys.filter((each) => each.startsWith(name))) {
        const isParked = outbox.some((entry) => entry.key === key && entry.status === 'parked');
        const tries = received.filter(({ body }) => body.includes(key)).length;
        if (!isParked) expect(taken.filter(({ body }) => body.includes(key)).length, key).toBeGreaterThan(0);
        expect(tries, `requests for ${key}`).toBeLessThanOrEqual(15);
      }
    }
  }
  expect(outbox.filter(({ channel }) => channel === 'github')).toEqual([]);
}
