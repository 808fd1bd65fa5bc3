import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Client } from '../domain/execution.ts';
import type { Logger } from '../log.ts';
import { admit, type GateRules } from './gate.ts';

export interface Guard {
  /** Turns away whom the rules do not admit, before anything of the request is read. */
  readonly onRequest: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
  /** Who was admitted with this request. */
  clientOf(request: FastifyRequest): Client | undefined;
}

/** One for all ways in. */
export function guardOf(rules: GateRules, logger: Logger): Guard {
  const admitted = new WeakMap<FastifyRequest, Client>();
  return {
    onRequest: async (request, reply) => {
      const found = admit(request.headers, request.ip, rules);
      if ('client' in found) return void admitted.set(request, found.client);
      const { status, message } = found.refused;
      logger.warn({ address: request.ip, status }, message);
      return reply.code(status).send({ error: message });
    },
    clientOf: (request) => admitted.get(request),
  };
}
