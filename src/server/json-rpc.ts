import { z } from 'zod';
import type { RefusalCode } from '../domain/execution.ts';

export const ErrorCode = {
  parse: -32700,
  invalidRequest: -32600,
  unknownMethod: -32601,
  invalidParams: -32602,
  internal: -32603,
  server: -32000,
  sessionLimit: -32001,
  notAllowed: -32002,
  noProcess: -32003,
  streamTimeout: -32004,
} as const;

export const codeOfRefusal: Readonly<Record<RefusalCode, number>> = {
  'session-limit': ErrorCode.sessionLimit,
  'not-allowed': ErrorCode.notAllowed,
  invalid: ErrorCode.invalidParams,
  busy: ErrorCode.invalidParams,
  'no-process': ErrorCode.noProcess,
  'cannot-pause': ErrorCode.server,
  'could-not-start': ErrorCode.server,
  stopping: ErrorCode.server,
};

export type Id = string | number | null;

export interface Request {
  readonly method: string;
  readonly params: unknown;
  /** Undefined: a notification, which nobody answers. */
  readonly id: Id | undefined;
}

export interface Malformed {
  readonly code: number;
  readonly message: string;
  readonly id: Id;
}

/** It is kept with the notices of its execution, and logged. */
const longestId = 1_000;
const idSchema = z.union([z.string().max(longestId), z.number(), z.null()]);
const requestSchema = z.object({
  jsonrpc: z.literal('2.0'),
  method: z.string(),
  params: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]).optional(),
  id: idSchema.optional(),
});

/** One message of a client. */
export function readRequest(text: string): Request | Malformed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { code: ErrorCode.parse, message: 'Parse error: this is not JSON', id: null };
  }
  const invalid = { code: ErrorCode.invalidRequest, id: null };
  if (Array.isArray(value)) return { ...invalid, message: 'Invalid Request: batches are not taken' };
  const parsed = requestSchema.safeParse(value);
  if (parsed.success) return { method: parsed.data.method, params: parsed.data.params, id: parsed.data.id };
  const id = idSchema.safeParse(typeof value === 'object' && value !== null && 'id' in value ? value.id : null);
  const message = 'Invalid Request: expected {"jsonrpc": "2.0", "method": …, "params": {…}, "id": …}';
  return { ...invalid, message, id: id.success ? id.data : null };
}

export function resultFrame(id: Id, result: object): string {
  return JSON.stringify({ jsonrpc: '2.0', id, result });
}

export function errorFrame(id: Id, code: number, message: string): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, data: null } });
}

export function notificationFrame(method: string, params: object): string {
  return JSON.stringify({ jsonrpc: '2.0', method, params });
}
