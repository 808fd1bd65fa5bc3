import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { isInitializeRequest, isJSONRPCRequest } from '@modelcontextprotocol/sdk/types.js';
import type { Client, ExecutorControl } from '../domain/execution.ts';
import { Executions } from './executions.ts';
import { createMcpServer } from './mcp-server.ts';
import type { McpParts } from './parts.ts';

export interface HttpDoorParts extends Omit<McpParts, 'executions' | 'client'> {
  readonly control: ExecutorControl;
}

const limits = {
  sessions: 100,
  /** A session in which nothing happens and nobody listens. */
  idleMs: 30 * 60_000,
  lookEveryMs: 60_000,
};

interface Session {
  readonly transport: StreamableHTTPServerTransport;
  /** Requests that are being answered, the open stream of notifications included. */
  open: number;
  /** Theirs. The transport would send the answer of one to whoever uses its id next. */
  readonly inUse: Set<unknown>;
  touchedMs: number;
}

/** The protocol over HTTP, with a session for each client. Whoever comes here has been let in. */
export class HttpDoor {
  readonly #parts: Omit<McpParts, 'client'>;
  readonly #sessions = new Map<string, Session>();
  readonly #looking: NodeJS.Timeout;

  constructor({ control, ...parts }: HttpDoorParts) {
    this.#parts = { ...parts, executions: new Executions(control) };
    this.#looking = setInterval(() => this.#endIdle(), limits.lookEveryMs).unref();
  }

  /** @param body of a POST, parsed */
  async handle(request: IncomingMessage, response: ServerResponse, body: unknown, client: Client): Promise<void> {
    const id = request.headers['mcp-session-id'];
    const session = typeof id === 'string' ? this.#sessions.get(id) : await this.#greet(body, client);
    if (session === undefined) return refuse(response, ...this.#whyNot(id));
    const ids = idsIn(body);
    const used = ids.find((one) => session.inUse.has(one));
    if (used !== undefined)
      return refuse(response, 400, -32600, `A request with the id ${String(used).slice(0, 100)} is under way`);
    session.open += 1;
    session.touchedMs = performance.now();
    for (const one of ids) session.inUse.add(one);
    response.once('close', () => {
      for (const one of ids) session.inUse.delete(one);
      session.open -= 1;
      session.touchedMs = performance.now();
    });
    await session.transport.handleRequest(request, response, body);
  }

  async close(): Promise<void> {
    clearInterval(this.#looking);
    await Promise.all([...this.#sessions.values()].map(({ transport }) => transport.close()));
  }

  async #greet(body: unknown, client: Client): Promise<Session | undefined> {
    if (!isInitializeRequest(body)) return undefined;
    if (this.#sessions.size >= limits.sessions) await this.#makeRoom();
    if (this.#sessions.size >= limits.sessions) return undefined;
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void this.#sessions.set(id, session),
    });
    const session: Session = { transport, open: 0, inUse: new Set(), touchedMs: performance.now() };
    const server = createMcpServer({ ...this.#parts, client });
    server.server.onerror = (error) => this.#parts.logger.debug({ err: error }, 'a message broke');
    // The types of the package were not made for exactOptionalPropertyTypes.
    await server.connect(transport as Transport);
    server.server.onclose = () => void this.#sessions.delete(transport.sessionId ?? '');
    return session;
  }

  /** Many clients leave without a word: the one that has been silent for longest gives way. */
  async #makeRoom(): Promise<void> {
    const silent = [...this.#sessions.values()].filter(({ open }) => open === 0);
    const [longest] = silent.sort((a, b) => a.touchedMs - b.touchedMs);
    await longest?.transport.close();
  }

  #whyNot(id: string | string[] | undefined): [status: number, code: number, message: string] {
    if (id !== undefined) return [404, -32001, 'There is no such session: initialize again'];
    if (this.#sessions.size >= limits.sessions) return [503, -32000, 'There are too many sessions'];
    return [400, -32600, 'Expected an initialize request, or the header Mcp-Session-Id'];
  }

  #endIdle(): void {
    for (const { open, touchedMs, transport } of this.#sessions.values()) {
      if (open === 0 && performance.now() - touchedMs > limits.idleMs) void transport.close();
    }
  }
}

/** Of the requests in it. */
function idsIn(body: unknown): readonly unknown[] {
  return [body].flat().flatMap((message) => (isJSONRPCRequest(message) ? [message.id] : []));
}

function refuse(response: ServerResponse, status: number, code: number, message: string): void {
  const body = JSON.stringify({ jsonrpc: '2.0', id: null, error: { code, message } });
  response.writeHead(status, { 'content-type': 'application/json' }).end(body);
}
