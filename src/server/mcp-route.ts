import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Client } from '../domain/execution.ts';
import type { Logger } from '../log.ts';
import { admit, type GateRules } from './gate.ts';

/** Another protocol on the same port. */
export interface HttpDoor {
  /** @param body parsed, where there is one */
  handle(request: IncomingMessage, response: ServerResponse, body: unknown, client: Client): Promise<void>;
  close(): Promise<void>;
}

/** Lets clients of the Model Context Protocol in by the same rules as the others. Returns what closes it. */
export function openMcpRoute(
  app: FastifyInstance,
  { openMcp, logger, ...rules }: GateRules & { readonly openMcp: () => Promise<HttpDoor>; readonly logger: Logger },
): () => Promise<void> {
  let door: Promise<HttpDoor> | undefined;
  app.route({
    url: '/mcp',
    method: ['GET', 'POST', 'DELETE'],
    handler: async (request, reply) => {
      const found = admit(request.headers, request.ip, rules);
      if ('refused' in found) {
        const { status, message } = found.refused;
        logger.warn({ address: request.ip, status }, message);
        return reply.code(status).send({ error: message });
      }
      door ??= openMcp();
      const opened = await door;
      reply.hijack();
      const { raw } = reply;
      await opened.handle(request.raw, raw, request.body, found.client).catch((error: unknown) => {
        logger.error({ err: error }, 'a request of MCP failed');
        if (!raw.headersSent) raw.writeHead(500);
        raw.end();
      });
    },
  });
  return async () => (await door?.catch(() => undefined))?.close();
}
