import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { limited } from '../rig/github-server.ts';
import {
  giveUp,
  isEmpty,
  type Life,
  live,
  mend,
  playUntil,
  type Services,
  startServices,
  type World,
  worldOf,
} from './rig.ts';

let services: Services;
const lives: Life[] = [];

beforeAll(async () => {
  services = await startServices();
});
afterEach(async () => {
  for (const { stop, done } of lives.splice(0)) {
    stop.abort();
    await done;
  }
  const { github, slack, email } = services;
  for (const server of [github, slack, email]) Object.assign(server, { always: undefined });
  github.issues.length = 0;
  for (const list of [github.requests, github.next, slack.received, slack.taken, slack.next]) list.length = 0;
  for (const list of [email.received, email.taken, email.next]) list.length = 0;
});
afterAll(() => services.close());

function start(world: World, names?: readonly string[]): Life {
  const life = live(world, names);
  lives.push(life);
  return life;
}

const told = ({ told: events }: World, type: string) => events.filter((event) => event.type === type);

test('ESC-1: ESC-2: one issue, one message, one mail; a comment when it is red again; closed when it is mended', async () => {
  const world = await worldOf(services);
  const { github, slack, email } = services;
  const { outbox } = start(world);
  await giveUp(world, 'aaaa');
  outbox.wake();
  await playUntil(world, () => isEmpty(world));
  expect(github.issues).toMatchObject([
    { state: 'open', labels: ['mendwatch', 'broken-test'], title: 'shop: a test is red: of 10000 cents is 1000' },
  ]);
  expect(github.issues[0]?.body).toMatch(
    /^<!-- mendwatch:fingerprint=aaaa -->\n<!-- mendwatch:key=github-opened-task_00000001-\S+ -->\n\n# A test is red/,
  );
  expect(world.store.current.escalations).toMatchObject([
    {
      status: 'open',
      count: 1,
      channels: { github: { status: 'sent', number: 1 }, slack: { status: 'sent' }, email: { status: 'sent' } },
    },
  ]);

  await giveUp(world, 'aaaa');
  outbox.wake();
  await playUntil(world, () => isEmpty(world));
  expect(github.issues).toHaveLength(1);
  expect(github.issues[0]?.comments).toEqual([
    expect.stringMatching(/^<!-- mendwatch:key=github-recurred-\S+ -->\n\nThese tests are red again/),
  ]);

  await mend(world, 'aaaa');
  await mend(world, 'aaaa');
  outbox.wake();
  await playUntil(world, () => isEmpty(world));
  expect(github.issues[0]).toMatchObject({ state: 'closed', stateReason: 'completed' });
  expect(github.issues[0]?.comments[1]).toContain('not red any more');

  await giveUp(world, 'aaaa');
  outbox.wake();
  await playUntil(world, () => isEmpty(world));
  expect(github.issues).toMatchObject([{ state: 'open' }]);
  expect(github.issues[0]?.comments).toHaveLength(3);
  expect(slack.taken).toHaveLength(4);
  expect(email.taken.map(({ body }) => JSON.parse(body).event)).toEqual(['opened', 'recurred', 'resolved', 'recurred']);
  expect(new Set(email.taken.map(({ headers }) => headers['idempotency-key'])).size).toBe(4);
});

test('ESC-2: what another agent has opened is found over all pages and told again there', async () => {
  const world = await worldOf(services);
  const { github } = services;
  github.perPage = 3;
  for (let number = 1; number <= 10; number++) {
    github.add({ labels: ['mendwatch'], body: `<!-- mendwatch:fingerprint=f${number} -->\n` });
  }
  // Quoted in a report, it is not the marker.
  github.add({ labels: ['mendwatch'], body: 'Look:\n<!-- mendwatch:fingerprint=bbbb -->\n' });
  const other = github.add({ labels: ['mendwatch'], state: 'closed', body: '<!-- mendwatch:fingerprint=bbbb -->\n' });
  start(world, ['github']);
  await giveUp(world, 'bbbb', ['github']);
  await playUntil(world, () => isEmpty(world));
  github.perPage = 100;
  expect(github.issues).toHaveLength(12);
  expect(other).toMatchObject({ state: 'open', comments: [expect.stringContaining('red again')] });
});

test('ESC-2: a token that may set no labels: an issue whose answer was lost is found among the newest', async () => {
  const world = await worldOf(services);
  const { github } = services;
  for (let number = 1; number <= 150; number++) github.add({ body: 'Somebody else’s' });
  github.mayLabel = false;
  github.next.push({ kind: 'work' }, { kind: 'work' }, { kind: 'work' }, { kind: 'cut-after' });
  start(world, ['github']);
  await giveUp(world, 'aaaa', ['github']);
  await playUntil(world, () => isEmpty(world));
  github.mayLabel = true;
  expect(github.of('aaaa')).toMatchObject([{ labels: [], state: 'open' }]);
  expect(world.store.current.escalations).toMatchObject([{ channels: { github: { status: 'sent', number: 151 } } }]);
});

test('ESC-2: an issue that has lost its label is still known by its number', async () => {
  const world = await worldOf(services);
  const { github } = services;
  start(world, ['github']);
  await giveUp(world, 'aaaa', ['github']);
  await playUntil(world, () => isEmpty(world));
  Object.assign(github.issues[0] ?? {}, { labels: [] });
  await giveUp(world, 'aaaa', ['github']);
  await playUntil(world, () => isEmpty(world));
  expect(github.issues).toMatchObject([{ comments: [expect.stringContaining('red again')] }]);
});

test.each([
  [401, 'Check GITHUB_TOKEN'],
  [403, 'GITHUB_TOKEN may not write issues'],
  [404, 'Check GITHUB_REPO'],
  [410, 'Switch the issues'],
])(
  'F46: GitHub says %i: it is told once, the other channels go on, and the message is kept',
  async (status, remedy) => {
    const world = await worldOf(services);
    const { github, slack } = services;
    github.always = () => ({ kind: 'answer', status, body: { message: 'No' } });
    const first = start(world);
    await giveUp(world, 'aaaa');
    await giveUp(world, 'bbbb');
    const isOnlyGitHub = () => world.store.current.outbox.every(({ channel }) => channel === 'github');
    await playUntil(world, () => isOnlyGitHub() && told(world, 'escalation.closed').length > 0);
    await world.clock.advance(6 * 3_600_000);
    expect(slack.taken).toHaveLength(2);
    expect(told(world, 'escalation.closed')).toMatchObject([
      { channel: 'github', reason: expect.stringContaining(remedy) },
    ]);
    expect(github.requests).toHaveLength(1);
    expect(world.store.current.outbox).toMatchObject([
      {
        channel: 'github',
        status: 'waiting',
        fingerprint: 'aaaa',
        last_error: expect.stringContaining(String(status)),
      },
      { channel: 'github', status: 'waiting', fingerprint: 'bbbb' },
    ]);

    // The next start tries again.
    first.stop.abort();
    github.always = undefined;
    start(world);
    await playUntil(world, () => isEmpty(world));
    expect(github.issues).toHaveLength(2);
  },
);

test('F47: a body that is too long is shortened once, then the message is parked', async () => {
  const world = await worldOf(services);
  const { github } = services;
  github.maxBody = 900;
  start(world, ['github']);
  await giveUp(world, 'aaaa', ['github']);
  await playUntil(world, () => isEmpty(world));
  expect(github.requests.filter(({ method }) => method === 'POST')).toHaveLength(2);
  expect(world.store.current.outbox).toMatchObject([{ status: 'parked', last_error: expect.stringContaining('422') }]);
  expect(world.store.current.escalations).toMatchObject([{ channels: { github: { status: 'parked' } } }]);
  expect(told(world, 'escalation.parked')).toHaveLength(1);
  github.maxBody = 65_536;
  await giveUp(world, 'bbbb', ['github']);
  await playUntil(world, () => github.issues.length === 1);
});

test('F48: primary and secondary limits are waited for as GitHub says, and nothing is lost', async () => {
  const world = await worldOf(services);
  const { github } = services;
  const startedAt = world.clock.now();
  github.next.push(limited.secondary(90), limited.primary(startedAt + 3_600_000), limited.secondary());
  const times: number[] = [];
  github.always = () => {
    times.push(Math.round((world.clock.now() - startedAt) / 1_000));
    return undefined;
  };
  await giveUp(world, 'aaaa', ['github']);
  start(world, ['github']);
  await playUntil(world, () => isEmpty(world));
  expect(times.slice(0, 4)).toEqual([0, 90, 3_601, 3_661]);
  expect(github.issues).toHaveLength(1);
  expect(told(world, 'escalation.waiting')).toHaveLength(1);
  expect(told(world, 'escalation.sent')).toHaveLength(1);
});

test('F49: ESC-3: after an hour without a network everything is told once, in its order', async () => {
  const world = await worldOf(services);
  const { github, slack } = services;
  const startedAt = world.clock.now();
  const away = () => (world.clock.now() < startedAt + 3_600_000 ? ({ kind: 'cut-before' } as const) : undefined);
  github.always = away;
  slack.always = away;
  start(world, ['github', 'slack']);
  const names = ['github', 'slack'] as const;
  await giveUp(world, 'aaaa', [...names]);
  await world.clock.advance(60_000);
  await giveUp(world, 'bbbb', [...names]);
  await giveUp(world, 'aaaa', [...names]);
  await mend(world, 'bbbb', [...names]);
  await playUntil(world, () => isEmpty(world));
  expect(github.issues).toMatchObject([
    { state: 'open', body: expect.stringContaining('=aaaa '), comments: [expect.stringContaining('red again')] },
    { state: 'closed', body: expect.stringContaining('=bbbb ') },
  ]);
  expect(slack.taken.map(({ body }) => JSON.parse(body).text.split(':')[0])).toEqual([
    'Red',
    'Red',
    'Red again',
    'Mended',
  ]);
  expect(slack.received.length).toBeLessThan(30);
});

test.each(['cut-after', 'cut-answer', 'silent-after'] as const)(
  'F50: the issue was made but the answer did not come (%s): it is found and adopted',
  async (kind) => {
    const world = await worldOf(services);
    const { github } = services;
    let hit = false;
    github.always = ({ method }) => {
      if (hit || method !== 'POST') return undefined;
      hit = true;
      return { kind };
    };
    start(world, ['github']);
    await giveUp(world, 'aaaa', ['github']);
    await playUntil(world, () => isEmpty(world));
    expect(github.issues).toMatchObject([{ state: 'open', comments: [] }]);
    expect(github.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
  },
);

test('F50: an issue that comes to be after it was made a second time is closed by us, with a note', async () => {
  const world = await worldOf(services);
  const { github } = services;
  github.lateCreates = 1;
  start(world, ['github']);
  await giveUp(world, 'aaaa', ['github']);
  await playUntil(world, () => github.issues.length === 1);
  github.late.shift()?.commit();
  await playUntil(world, () => isEmpty(world));
  expect(github.issues).toMatchObject([
    { state: 'open', comments: [] },
    { state: 'closed', stateReason: 'not_planned', comments: [expect.stringContaining('A duplicate of #1')] },
  ]);
});

test('ESC-2: two agents that open an issue in the same moment end with one', async () => {
  const world = await worldOf(services);
  const { github } = services;
  github.onCommit = () => {
    github.onCommit = undefined;
    github.add({ labels: ['mendwatch'], body: '<!-- mendwatch:fingerprint=aaaa -->\n' });
  };
  start(world, ['github']);
  await giveUp(world, 'aaaa', ['github']);
  await playUntil(world, () => isEmpty(world));
  expect(github.issues).toMatchObject([
    { state: 'open', comments: [] },
    { state: 'closed', comments: [expect.stringContaining('A duplicate of #1')] },
  ]);
  expect(world.store.current.escalations).toMatchObject([{ channels: { github: { status: 'sent', number: 1 } } }]);
});

test('a list of issues that was cut off is not taken for an empty one', async () => {
  const world = await worldOf(services);
  const { github } = services;
  github.add({ labels: ['mendwatch'], body: '<!-- mendwatch:fingerprint=aaaa -->\n' });
  github.next.push(
    { kind: 'cut-answer' },
    { kind: 'answer', status: 200, body: '' },
    { kind: 'answer', status: 200, body: '[{"num' },
  );
  start(world, ['github']);
  await giveUp(world, 'aaaa', ['github']);
  await playUntil(world, () => isEmpty(world));
  expect(github.issues).toHaveLength(1);
});

test('F51: Slack: 429 waits as told, 5xx is tried again, what it does not take is parked, a revoked address is told once', async () => {
  const world = await worldOf(services);
  const { slack } = services;
  const startedAt = world.clock.now();
  slack.next.push(
    { kind: 'answer', status: 429, headers: { 'retry-after': '30' }, body: 'rate_limited' },
    { kind: 'answer', status: 503, body: '' },
  );
  start(world, ['slack']);
  await giveUp(world, 'aaaa', ['slack']);
  await playUntil(world, () => isEmpty(world));
  expect(slack.received).toHaveLength(3);
  expect(world.clock.now() - startedAt).toBeGreaterThan(30_000);

  slack.next.push({ kind: 'answer', status: 400, body: 'invalid_payload' });
  await giveUp(world, 'bbbb', ['slack']);
  await giveUp(world, 'cccc', ['slack']);
  await playUntil(world, () => isEmpty(world));
  expect(slack.received).toHaveLength(5);
  expect(world.store.current.outbox).toMatchObject([
    { fingerprint: 'bbbb', status: 'parked', last_error: 'Slack answered 400: invalid_payload' },
  ]);

  slack.always = () => ({ kind: 'answer', status: 404, body: 'no_service' });
  await giveUp(world, 'dddd', ['slack']);
  await playUntil(world, () => told(world, 'escalation.closed').length > 0);
  await world.clock.advance(24 * 3_600_000);
  expect(slack.received).toHaveLength(6);
  expect(world.store.current.outbox).toHaveLength(2);
});

test('a message that is being sent is dropped at once when the agent stops, and found out about at the next start', async () => {
  const world = await worldOf(services);
  const { github, slack } = services;
  github.next.push({ kind: 'work' }, { kind: 'work' }, { kind: 'silent-after' });
  slack.next.push({ kind: 'silent-before' });
  const life = start(world);
  await giveUp(world, 'aaaa');
  life.outbox.wake();
  await playUntil(world, () => github.issues.length === 1 && slack.keptWaiting === 1);
  const before = performance.now();
  life.stop.abort();
  await life.done;
  expect(performance.now() - before).toBeLessThan(50);
  expect(world.store.current.outbox).toMatchObject([{ status: 'sending' }, { status: 'sending' }]);
  start(world);
  await playUntil(world, () => isEmpty(world));
  expect(github.issues).toHaveLength(1);
  expect(slack.taken).toHaveLength(1);
});

test('a full outbox parks the oldest and says so', async () => {
  const world = await worldOf(services);
  services.slack.always = () => ({ kind: 'cut-before' });
  for (let number = 0; number < 130; number++) await giveUp(world, `f${number}`, ['slack']);
  start(world, ['slack']);
  await playUntil(world, () => told(world, 'escalation.parked').length > 0);
  expect(told(world, 'escalation.parked')).toHaveLength(30);
  const { outbox } = world.store.current;
  expect(outbox.filter(({ status }) => status === 'parked').map(({ fingerprint }) => fingerprint)).toContain('f0');
  for (let number = 200; number < 260; number++) await giveUp(world, `f${number}`, ['slack']);
  await playUntil(world, () => world.store.current.outbox.length === 150);
});

test('a report whose file is gone is told without it', async () => {
  const world = await worldOf(services);
  const { github, slack, email } = services;
  await giveUp(world, 'aaaa');
  await world.store.update((draft) => {
    for (const entry of draft.outbox) entry.report = 'gone/report.json';
  });
  start(world);
  await playUntil(world, () => isEmpty(world));
  expect(github.issues[0]?.body).toContain('The report is gone');
  expect(slack.taken[0]?.body).toContain('The report is gone');
  expect(JSON.parse(email.taken[0]?.body ?? '{}')).toMatchObject({ report: null });
});

test('a secret that became known after the report was written is taken out before it is sent', async () => {
  const world = await worldOf(services);
  const { github, slack, email } = services;
  await giveUp(world, 'aaaa', ['github', 'slack', 'email'], 'the key is learned-late');
  start(world);
  await playUntil(world, () => isEmpty(world));
  const bodies = [...github.requests, ...slack.received, ...email.received].map(({ body }) => body).join();
  expect(bodies).toContain('the key is [secret]');
  expect(bodies).not.toContain('learned-late');
});
