import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Client } from '../domain/execution.ts';
import type { Logger } from '../log.ts';
import type { Guard } from './let-in.ts';

/** Another protocol on the same port. */
export interface HttpDoor {
  /** @param body parsed, where there is one */
  handle(request: IncomingMessage, response: ServerResponse, body: unknown, client: Client): Promise<void>;
  close(): Promise<void>;
}

/** Lets clients of the Model Context Protocol in by the same rules as the others. Returns what closes it. */
export function openMcpRoute(
  app: FastifyInstance,
  guard: Guard,
  { openMcp, logger }: { readonly openMcp: () => Promise<HttpDoor>; readonly logger: Logger },
): () => Promise<void> {
  let door: Promise<HttpDoor> | undefined;
  app.route({
    url: '/mcp',
    method: ['GET', 'POST', 'DELETE'],
    onRequest: guard.onRequest,
    handler: async (request, reply) => {
      const client = guard.clientOf(request);
      if (client === undefined) return reply.code(401).send();
      door ??= openMcp().catch((error: unknown) => {
        // The next request tries again.
        door = undefined;
        throw error;
      });
      const opened = await door;
      reply.hijack();
      const { raw } = reply;
      await opened.handle(request.raw, raw, request.body, client).catch((error: unknown) => {
        logger.error({ err: error }, 'a request of MCP failed');
        if (!raw.headersSent) raw.writeHead(500);
        raw.end();
      });
    },
  });
  return async () => (await door?.catch(() => undefined))?.close();
}
