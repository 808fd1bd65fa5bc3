import type { AddressInfo } from 'node:net';
import websocket, { type WebsocketPluginOptions } from '@fastify/websocket';
import { type FastifyInstance, type FastifyRequest, fastify } from 'fastify';
import type { WebSocket } from 'ws';
import { type Client, ExecutionRefusal, type ExecutorControl } from '../domain/execution.ts';
import { AlreadyRunningError, codeOf, ExitCode, MendwatchError, messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import { Connection } from './connection.ts';
import { type GateRules, refuseHost, subprotocol } from './gate.ts';
import { codeOfRefusal, errorFrame } from './json-rpc.ts';
import { type Guard, guardOf } from './let-in.ts';
import { type HttpDoor, openMcpRoute } from './mcp-route.ts';

export interface ServerOptions extends GateRules {
  readonly control: ExecutorControl;
  /** Makes the door at `/mcp` when somebody first comes to it. */
  readonly openMcp: () => Promise<HttpDoor>;
  /** Runs when the port is ours, before anybody is let in. */
  readonly onListening?: () => Promise<unknown>;
  readonly port: number;
  readonly compression: boolean;
  readonly version: string;
  readonly logger: Logger;
}

export interface RunningServer {
  readonly port: number;
  /** Ends when the executor has told its clients and ended what it runs. Again: at once. */
  close(reason: string, graceMs: number): Promise<void>;
}

const limits = {
  /** Of a message of a client. */
  messageBytes: 1024 * 1024,
  /** Connections that have not become sessions, such as health checks, come on top of the sessions. */
  spareConnections: 64,
  /** Until a request has been sent completely. */
  requestMs: 10_000,
  /** For a client to answer that it was sent away. */
  goodbyeMs: 500,
};
const tooManySessions = 1008;
const socketPath = '/ws/mcp';

/**
 * Serves the executor: `/ws/mcp` for its clients, `/health` for monitors.
 *
 * @throws AlreadyRunningError when the port is taken
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { control, host, port, logger, onListening } = options;
  const app = fastify({
    requestTimeout: limits.requestMs,
    bodyLimit: limits.messageBytes,
    forceCloseConnections: true,
  });
  app.server.maxConnections = control.status().maxSessions + limits.spareConnections;
  // Before all other hooks: whoever refuses an upgrade earlier leaves its socket open.
  await app.register(websocket, socketOptions(options));
  const ready = Promise.withResolvers<void>();
  app.addHook('onRequest', async (request, reply) => {
    const refused = refuseHost(request.headers.host, options);
    if (refused !== undefined) return reply.code(refused.status).send({ error: refused.message });
    // The plugin would let anybody in there, without a token, and only then hang up.
    if (request.ws && request.routeOptions.url !== socketPath) {
      return reply.code(404).send({ error: `WebSockets are at ${socketPath}.` });
    }
    await ready.promise;
  });
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ error: `There is nothing here; the executor is at ws://…${socketPath}.` }),
  );
  openHealthRoute(app, options);
  const guard = guardOf(options, logger);
  openSocketRoute(app, guard, options);
  const closeMcp = openMcpRoute(app, guard, options);
  await listen(app, host, port);
  try {
    await onListening?.();
    ready.resolve();
  } catch (error) {
    // Those who wait are turned away; there may be none.
    ready.promise.catch(() => undefined);
    ready.reject(new Error('The executor could not start'));
    await app.close();
    throw error;
  }
  return {
    port: (app.server.address() as AddressInfo).port,
    close: async (reason, graceMs) => {
      await control.close(reason, graceMs);
      await closeMcp();
      await sendAway(app.websocketServer.clients);
      await app.close();
    },
  };
}

function openHealthRoute(app: FastifyInstance, { control, version }: ServerOptions): void {
  app.get('/health', async (_request, reply) => {
    const { isHealthy, problem, activeSessions, maxSessions, runningExecutions, uptimeMs } = control.status();
    return reply.code(isHealthy ? 200 : 503).send({
      status: isHealthy ? 'healthy' : 'unhealthy',
      version,
      active_sessions: activeSessions,
      max_sessions: maxSessions,
      running_executions: runningExecutions,
      uptime_seconds: Math.round(uptimeMs) / 1_000,
      problem: problem ?? null,
    });
  });
}

function socketOptions({ compression, logger }: ServerOptions): WebsocketPluginOptions {
  return {
    options: {
      maxPayload: limits.messageBytes,
      perMessageDeflate: compression,
      // The other protocol that a browser offers is its token: it must not be sent back.
      handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
    },
    // ws closes the connection with the right code by itself; what remains to be done is not to end it before.
    errorHandler: (error) => logger.debug({ err: error }, 'a connection broke'),
    // The plugin's own way would wait for clients that do not answer.
    preClose: (done) => done(),
  };
}

/** They have been told to go; those that do not answer are cut off after a while. */
async function sendAway(clients: ReadonlySet<WebSocket>): Promise<void> {
  const gone = [...clients].map((client) => new Promise((resolve) => client.once('close', resolve)));
  const timer = setTimeout(() => {
    for (const client of clients) client.terminate();
  }, limits.goodbyeMs);
  await Promise.all(gone);
  clearTimeout(timer);
}

function openSocketRoute(app: FastifyInstance, guard: Guard, options: ServerOptions): void {
  app.get(socketPath, { websocket: true, onRequest: guard.onRequest }, (socket, request) => {
    const client = guard.clientOf(request);
    if (client === undefined) socket.terminate();
    else connect(socket, request, client, options);
  });
}

function connect(socket: WebSocket, request: FastifyRequest, client: Client, options: ServerOptions): void {
  const { control, logger, version } = options;
  const { session_id: sessionId, last_seq: lastSeq } = request.query as Record<string, unknown>;
  try {
    const known = typeof sessionId === 'string' ? control.find(sessionId) : undefined;
    const session = known ?? control.open();
    const lastSeenSeq = Number.parseInt(String(lastSeq), 10) || 0;
    const hooks = () => control.hooks();
    new Connection({ socket, session, client, hooks, logger, version, isResumed: known !== undefined, lastSeenSeq });
  } catch (error) {
    if (!(error instanceof ExecutionRefusal)) throw error;
    socket.send(errorFrame(null, codeOfRefusal[error.code], error.message));
    socket.close(tooManySessions, error.message);
  }
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const where = `${host}:${port}`;
    if (codeOf(error) === 'EADDRINUSE') {
      throw new AlreadyRunningError(`Something listens on ${where} already.`, 'Stop it, or set EXECUTOR_PORT.');
    }
    throw new MendwatchError(`The executor cannot listen on ${where}: ${messageOf(error)}.`, {
      remedy: 'Correct EXECUTOR_HOST and EXECUTOR_PORT.',
      exitCode: ExitCode.configuration,
      cause: error,
    });
  }
}
