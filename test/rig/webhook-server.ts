import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * What a server does with a request: `answer` it, cut the connection before or after its work was done (`cut-before`,
 * `cut-after`), cut the answer in the middle, or let the caller wait until it gives up.
 */
export type Behaviour =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: unknown;
    }
  | { readonly kind: 'work' }
  | { readonly kind: 'cut-before' }
  | { readonly kind: 'cut-after' }
  | { readonly kind: 'cut-answer' }
  | { readonly kind: 'silent-before' }
  | { readonly kind: 'silent-after' };

export interface Answered {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

export interface RunningServer {
  readonly url: string;
  /** Callers that wait for an answer which will not come. */
  readonly kept: ReadonlySet<ServerResponse>;
  close(): Promise<void>;
}

/** A real HTTP server on the loopback: `decide` says what happens to a request, `work` does it and gives the answer. */
export async function startServer(
  decide: (request: Received) => Behaviour,
  work: (request: Received) => Answered,
): Promise<RunningServer> {
  const kept = new Set<ServerResponse>();
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming;
      const received = { method, path: url, headers, body: Buffer.concat(chunks).toString('utf8') };
      const behaviour = decide(received);
      behave(behaviour, response, () => work(received));
      if (!behaviour.kind.startsWith('silent')) return;
      kept.add(response);
      response.on('close', () => kept.delete(response));
    });
  });
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    kept,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function behave(behaviour: Behaviour, response: ServerResponse, work: () => Answered): void {
  const { kind } = behaviour;
  if (kind === 'answer') send(response, behaviour);
  else if (kind === 'work') send(response, work());
  else if (kind === 'cut-answer') sendHalf(response, work());
  else {
    if (kind.endsWith('after')) work();
    if (kind.startsWith('cut')) response.destroy();
  }
}

function send(response: ServerResponse, { status, headers = {}, body = '' }: Answered): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/plain' : 'application/json; charset=utf-8';
  response.writeHead(status, { 'content-type': type, ...headers });
  response.end(text);
}

function sendHalf(response: ServerResponse, { status, headers = {}, body = '' }: Answered): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.write(text.slice(0, Math.ceil(text.length / 2)), () => response.destroy());
}

/** A webhook that keeps what it gets. */
export class WebhookServer {
  readonly received: Received[] = [];
  readonly taken: Received[] = [];
  /** For the next requests, one after the other; then everything works. */
  readonly next: Behaviour[] = [];
  /** For every request for which it gives something, before `next`. */
  always: ((request: Received) => Behaviour | undefined) | undefined;
  #running: RunningServer | undefined;

  async start(): Promise<this> {
    this.#running = await startServer(
      (request) => {
        this.received.push(request);
        return this.always?.(request) ?? this.next.shift() ?? { kind: 'work' };
      },
      (request) => {
        this.taken.push(request);
        return { status: 200, body: 'ok' };
      },
    );
    return this;
  }

  get url(): string {
    return `${this.#running?.url}/hook`;
  }

  get keptWaiting(): number {
    return this.#running?.kept.size ?? 0;
  }

  async close(): Promise<void> {
    await this.#running?.close();
  }
}
