import { createHmac } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Channel } from '../../src/escalate/channel.ts';
import { openChannels } from '../../src/escalate/channels.ts';
import { emailChannel } from '../../src/escalate/email.ts';
import { githubChannel } from '../../src/escalate/github.ts';
import { repositoryOf, splitRepository } from '../../src/escalate/repository.ts';
import { slackChannel } from '../../src/escalate/slack.ts';
import { lostRequest, retryAfterMs } from '../../src/escalate/wire.ts';
import { FakeClock } from '../rig/fake-clock.ts';
import { GitHubServer, limited } from '../rig/github-server.ts';
import { WebhookServer } from '../rig/webhook-server.ts';
import { messageOf } from './samples.ts';

const never = new AbortController().signal;
const wire = { fetch, clock: systemClock };

async function webhook(): Promise<WebhookServer> {
  const server = await new WebhookServer().start();
  onTestFinished(() => server.close());
  return server;
}

async function gitHub(): Promise<GitHubServer> {
  const server = await new GitHubServer().start();
  onTestFinished(() => server.close());
  return server;
}

const publicApi = 'https://api.github.com';
const ownApi = 'https://git.example.com/api/v3';

test.each([
  ['https://github.com/me/shop.git', publicApi, 'me/shop'],
  ['https://github.com/me/shop', publicApi, 'me/shop'],
  ['https://user:password@github.com/me/shop.git/', publicApi, 'me/shop'],
  ['git@github.com:me/shop.git', publicApi, 'me/shop'],
  ['github.com:me/shop', publicApi, 'me/shop'],
  ['ssh://git@github.com/me/shop.js.git', publicApi, 'me/shop.js'],
  ['ssh://git@ssh.github.com:443/me/shop.git', publicApi, 'me/shop'],
  ['git://GitHub.com/me/my_shop', publicApi, 'me/my_shop'],
  ['https://git.example.com/team/shop.git', ownApi, 'team/shop'],
  ['git@git.example.com:team/shop.git', ownApi, 'team/shop'],
  ['ssh://git@git.example.com:2222/team/shop.git', ownApi, 'team/shop'],
  ['https://acme.ghe.com/team/shop.git', 'https://api.acme.ghe.com', 'team/shop'],
  // The token is for one service only, and another one's me/shop is not ours.
  ['https://gitlab.com/me/shop.git', publicApi, undefined],
  ['https://github.com/me/shop.git', ownApi, undefined],
  ['https://github.com.evil.test/me/shop.git', publicApi, undefined],
  ['https://evil.test/github.com/me/shop.git', publicApi, undefined],
  ['/srv/git/shop.git', publicApi, undefined],
  ['file:///srv/git/shop.git', publicApi, undefined],
  ['../shop', publicApi, undefined],
  ['C:\\work\\shop', publicApi, undefined],
  ['https://github.com/me', publicApi, undefined],
  ['https://github.com/me/shop/tree/main', publicApi, undefined],
  ['git@github.com:me/..', publicApi, undefined],
  ['', publicApi, undefined],
])('the repository of the origin %s at %s is %s', (origin, api, expected) => {
  const found = repositoryOf(origin, api);
  expect(found && `${found.owner}/${found.name}`).toBe(expected);
});

test('a repository is set as owner/name', () => {
  expect(splitRepository('me/shop')).toEqual({ owner: 'me', name: 'shop' });
  expect(splitRepository('shop')).toBeUndefined();
});

test('Retry-After is seconds or a date, within a day', () => {
  const now = Date.parse('2026-01-02T03:04:05Z');
  expect(retryAfterMs('90', now)).toBe(90_000);
  expect(retryAfterMs('Fri, 02 Jan 2026 03:05:05 GMT', now)).toBe(60_000);
  expect(retryAfterMs('0', now)).toBe(1_000);
  expect(retryAfterMs('99999999', now)).toBe(86_400_000);
  expect(retryAfterMs('soon', now)).toBeUndefined();
  expect(retryAfterMs(null, now)).toBeUndefined();
});

test('a refused connection has certainly brought nothing, a broken one may have', () => {
  const withCode = (code: string) => Object.assign(new Error('failed'), { code });
  expect(lostRequest(new TypeError('fetch failed', { cause: withCode('ECONNREFUSED') }))).toEqual({
    reason: 'ECONNREFUSED',
    unsure: false,
  });
  expect(lostRequest(new TypeError('fetch failed', { cause: withCode('ECONNRESET') })).unsure).toBe(true);
});

test('ESC-1: the call of the e-mail webhook has a key, a time and a signature, and the schema of the README', async () => {
  const server = await webhook();
  const clock = new FakeClock();
  const channel = emailChannel({ url: server.url, secret: 'a-key' }, { fetch, clock });
  const message = await messageOf({ key: 'email-opened-1' });
  expect(await channel.deliver(message, never)).toEqual({ kind: 'sent' });
  const { headers, body } = server.taken[0] ?? { headers: {}, body: '' };
  const timestamp = String(Math.floor(clock.now() / 1_000));
  const hmac = createHmac('sha256', 'a-key').update(`${timestamp}.${body}`).digest('hex');
  expect(headers).toMatchObject({
    'content-type': 'application/json; charset=utf-8',
    'idempotency-key': 'email-opened-1',
    'x-mendwatch-timestamp': timestamp,
    'x-mendwatch-signature': `sha256=${hmac}`,
  });
  expect(JSON.parse(body)).toMatchObject({
    version: 1,
    key: 'email-opened-1',
    event: 'opened',
    fingerprint: 'abcdef0123456789',
    task_id: 'task_00000001',
    subject: '[Mendwatch] red: shop: a test is red: of 10000 cents is 1000',
    text: expect.stringContaining('WHAT TO DO NEXT'),
    report: { version: 1, kind: 'failed', attempts: [{ number: 1 }, { number: 2 }], commands: [{}, {}] },
  });
  const unsigned = emailChannel({ url: server.url, secret: undefined }, { fetch, clock });
  await unsigned.deliver(message, never);
  expect(server.taken[1]?.headers).not.toHaveProperty('x-mendwatch-signature');
});

test('a webhook that redirects is not followed: its address is a secret', async () => {
  const other = await webhook();
  const server = await webhook();
  server.next.push({ kind: 'answer', status: 307, headers: { location: other.url } });
  const delivery = await slackChannel(server.url, wire).deliver(await messageOf(), never);
  expect(delivery).toMatchObject({ kind: 'closed', reason: expect.stringContaining('307') });
  expect(other.received).toHaveLength(0);
});

test('nothing of an endless answer is kept', async () => {
  const server = await webhook();
  server.next.push({ kind: 'answer', status: 400, body: 'x'.repeat(10_000_000) });
  const delivery = await slackChannel(server.url, wire).deliver(await messageOf(), never);
  expect(delivery.kind === 'refused' && delivery.reason.length).toBeLessThan(300);
});

test('an abort ends a call within 50 ms, also when GitHub is silent', async () => {
  const github = await gitHub();
  const slack = await webhook();
  github.next.push({ kind: 'silent-before' });
  slack.next.push({ kind: 'silent-before' });
  const channels: readonly Channel[] = [githubOf(github), slackChannel(slack.url, wire)];
  for (const [index, channel] of channels.entries()) {
    const stop = new AbortController();
    const delivery = channel.deliver(await messageOf(), stop.signal);
    await expect.poll(() => [github.keptWaiting, slack.keptWaiting][index]).toBe(1);
    const before = performance.now();
    stop.abort();
    await delivery;
    expect(performance.now() - before).toBeLessThan(50);
  }
  const aborted = await githubOf(github).deliver(await messageOf(), AbortSignal.abort());
  expect(aborted.kind).toBe('later');
  expect(github.requests).toHaveLength(1);
});

function githubOf(github: GitHubServer, repository: string | undefined = github.repository): Channel {
  const { token, url: apiUrl } = github;
  const origin = async () => `http://127.0.0.1/${github.repository}.git`;
  return githubChannel({ token, repository, apiUrl, origin, wire, throttled: true });
}

test('F48: with the throttling plugin a limit is handed on at once, with its time', async () => {
  const github = await gitHub();
  github.next.push(limited.secondary(90), limited.primary(Date.now() + 600_000));
  const channel = githubOf(github);
  const message = await messageOf();
  expect(await channel.deliver(message, never)).toMatchObject({ kind: 'later', retryInMs: 90_000, unsure: false });
  const primary = await channel.deliver(message, never);
  expect(primary.kind === 'later' && primary.retryInMs).toBeGreaterThan(590_000);
  expect(github.requests).toHaveLength(2);
  expect(await channel.deliver(message, never)).toMatchObject({ kind: 'sent', issue: { number: 1 } });
});

test('the repository is that of the origin where none is set', async () => {
  const github = await gitHub();
  const { token, url: apiUrl, repository } = github;
  const options = { token, apiUrl, wire, repository: undefined, throttled: false };
  const found = githubChannel({ ...options, origin: async () => `http://127.0.0.1/${repository}.git` });
  expect(await found.deliver(await messageOf(), never)).toMatchObject({ kind: 'sent' });
  const none = githubChannel({ ...options, origin: async () => 'https://gitlab.com/me/shop.git' });
  const closed = await none.deliver(await messageOf(), never);
  expect(closed).toMatchObject({ kind: 'closed', reason: expect.stringContaining('Set GITHUB_REPO') });
});

test('ESC-1: only the channels that are set up are there', () => {
  const none = {
    githubToken: undefined,
    githubRepo: undefined,
    githubApiUrl: publicApi,
    slackWebhookUrl: undefined,
    emailWebhookUrl: undefined,
    emailWebhookSecret: undefined,
  };
  const namesOf = (settings: typeof none | Record<string, unknown>) =>
    openChannels({ ...none, ...settings }, async () => undefined, wire).map(({ name }) => name);
  expect(namesOf({})).toEqual([]);
  expect(namesOf({ githubToken: 't' })).toEqual(['github']);
  expect(namesOf({ slackWebhookUrl: 'https://a.test', emailWebhookUrl: 'https://b.test' })).toEqual(['slack', 'email']);
});
