import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf as textOfError } from '../../errors.ts';
import { errorBody, eventsOf, messageOf, type Reply, tokensOf } from './reply.ts';
import { parseRequest, type RehearsalRequest } from './request.ts';
import type { Scenario } from './script.ts';

export type { Reply } from './reply.ts';
export type { RehearsalRequest } from './request.ts';
export { conversation, type Scenario, type Step, script } from './script.ts';

/** A scripted model on loopback that the real CLI talks to. */
export interface Rehearsal {
  readonly url: string;
  /** Everything that was asked, oldest first. */
  readonly requests: readonly RehearsalRequest[];
  /** What went wrong in the rehearsal itself: a request that could not be read, a scenario that threw. */
  readonly problems: readonly string[];
  /**
   * The variables with which the CLI speaks to this server and to nothing else. `home` becomes its HOME. PATH is the
   * caller's to add. `CLAUDE_CODE_MAX_RETRIES` is 0: a failure shows at once.
   */
  environment(home: string): Record<string, string>;
  /** Ends the server and every open connection. Idempotent. */
  close(): Promise<void>;
}

const bodyLimitBytes = 64 * 1024 * 1024;

/** Starts the scripted model on a free port of 127.0.0.1. */
export async function startRehearsal(scenario: Scenario): Promise<Rehearsal> {
  const requests: RehearsalRequest[] = [];
  const problems: string[] = [];
  const closing = new AbortController();
  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch((error: unknown) => {
      if (!closing.signal.aborted) problems.push(textOfError(error));
      outgoing.destroy();
    });
  });

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const path = new URL(incoming.url ?? '/', 'http://rehearsal').pathname;
    if (incoming.method === 'HEAD' && path === '/') return void outgoing.writeHead(200).end();
    const counts = path === '/v1/messages/count_tokens';
    if (incoming.method !== 'POST' || (path !== '/v1/messages' && !counts)) {
      return sendError(outgoing, { status: 404 });
    }
    const raw = await readBody(incoming);
    if (raw === undefined) return sendError(outgoing, { status: 413 });
    if (counts) return sendJson(outgoing, 200, { input_tokens: tokensOf(raw.length) });
    await play(raw, incoming, outgoing);
  }

  async function play(raw: Buffer, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    let reply: Reply;
    let request: RehearsalRequest;
    try {
      request = parseRequest(raw, { number: requests.length + 1, headers: plainHeaders(incoming) });
      requests.push(request);
      reply = await scenario(request);
    } catch (error) {
      problems.push(textOfError(error));
      return sendError(outgoing, { status: 400, error: { message: textOfError(error) } });
    }
    if (reply.delayMs !== undefined) await delay(reply.delayMs, undefined, { signal: closing.signal });
    if (reply.hang !== true) send(outgoing, request, reply);
  }

  await listen(server);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let closed: Promise<void> | undefined;
  return {
    url,
    requests,
    problems,
    environment: (home) => rehearsalEnvironment(url, home),
    close: () => {
      closing.abort();
      closed ??= close(server);
      return closed;
    },
  };
}

function rehearsalEnvironment(url: string, home: string): Record<string, string> {
  return {
    HOME: home,
    ANTHROPIC_API_KEY: 'rehearsal',
    ANTHROPIC_BASE_URL: url,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    DISABLE_TELEMETRY: '1',
    CLAUDE_CODE_MAX_RETRIES: '0',
  };
}

function send(outgoing: ServerResponse, request: RehearsalRequest, reply: Reply): void {
  if (reply.status !== undefined && reply.status >= 400) sendError(outgoing, reply);
  else if (reply.cut === true && !request.stream) outgoing.destroy();
  else if (request.stream) sendEvents(outgoing, eventsOf(request, reply), reply);
  else sendJson(outgoing, 200, messageOf(request, reply));
}

function sendEvents(outgoing: ServerResponse, events: readonly string[], reply: Reply): void {
  outgoing.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', ...reply.headers });
  if (reply.cut === true) outgoing.write(events.slice(0, 2).join(''), () => outgoing.destroy());
  else outgoing.end(events.join(''));
}

function sendError(outgoing: ServerResponse, reply: Reply): void {
  const status = reply.status ?? 500;
  sendJson(outgoing, status, errorBody(status, reply.error), reply.headers);
}

function sendJson(outgoing: ServerResponse, status: number, body: unknown, headers: Reply['headers'] = {}): void {
  outgoing.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Undefined when the body is too large; the rest of it is then read and forgotten, so that the answer arrives. */
async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += (chunk as Buffer).length;
    if (size <= bodyLimitBytes) chunks.push(chunk as Buffer);
    else chunks.length = 0;
  }
  return size <= bodyLimitBytes ? Buffer.concat(chunks) : undefined;
}

function plainHeaders(incoming: IncomingMessage): Record<string, string> {
  const entries = Object.entries(incoming.headers).filter(([name]) => !/^(authorization|x-api-key|cookie)$/.test(name));
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
