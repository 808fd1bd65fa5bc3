import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { isLoopback } from '../config/loopback.ts';
import type { Client } from '../domain/execution.ts';

export interface GateRules {
  /** Where the server listens. */
  readonly host: string;
  /** Undefined: none is asked for. */
  readonly token: string | undefined;
  readonly origins: readonly string[];
}

export interface Refused {
  readonly status: 401 | 403;
  readonly message: string;
}

/** The subprotocol that browsers name beside the one that carries the token. */
export const subprotocol = 'mendwatch';
const tokenProtocol = 'bearer.';

/** Why a request is turned away by the address that it names, as a page does whose name was bound to this machine. */
export function refuseHost(header: string | undefined, rules: GateRules): Refused | undefined {
  const name = hostOf(header);
  const isKnown =
    name !== undefined &&
    (isLoopback(name) ||
      (!isLoopback(rules.host) &&
        (isIP(name) !== 0 || name === rules.host.toLowerCase() || name === hostname().toLowerCase())));
  return isKnown ? undefined : { status: 403, message: 'The Host header names another machine.' };
}

/** Looks at a request before it becomes a connection. */
export function admit(
  headers: IncomingHttpHeaders,
  address: string | undefined,
  rules: GateRules,
): { readonly client: Client } | { readonly refused: Refused } {
  const wrongHost = refuseHost(headers.host, rules);
  if (wrongHost !== undefined) return { refused: wrongHost };
  const { origin } = headers;
  if (origin !== undefined && !rules.origins.includes(origin)) {
    return { refused: { status: 403, message: 'Pages of this origin are not in EXECUTOR_ORIGINS.' } };
  }
  const isAuthenticated = rules.token !== undefined && isSame(tokenIn(headers), rules.token);
  if (rules.token !== undefined && !isAuthenticated) {
    return {
      refused: { status: 401, message: 'The token is missing or wrong. It is sent as `Authorization: Bearer TOKEN`.' },
    };
  }
  // Behind a proxy every client seems to be on this machine.
  const isForwarded = headers.forwarded !== undefined || headers['x-forwarded-for'] !== undefined;
  const isHere = address !== undefined && isLoopback(address) && !isForwarded;
  return { client: { isAuthenticated, isLoopback: isHere, name: address ?? 'unknown' } };
}

/** Never in the address, which ends up in logs. */
function tokenIn(headers: IncomingHttpHeaders): string {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer;
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((entry) => entry.trim());
  return offered.find((entry) => entry.startsWith(tokenProtocol))?.slice(tokenProtocol.length) ?? '';
}

/** Takes the same time wherever they differ, and whatever their lengths. */
function isSame(given: string, expected: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(expected));
}

function hostOf(header: string | undefined): string | undefined {
  if (header === undefined || !/^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d+)?$/i.test(header)) return undefined;
  return header
    .toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '');
}
