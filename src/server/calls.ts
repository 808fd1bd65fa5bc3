import { z } from 'zod';
import { type Client, controlled, type ExecutionSession } from '../domain/execution.ts';
import type { HooksStatus } from '../domain/hooks.ts';
import { ErrorCode, type Request } from './json-rpc.ts';

/** A request that no session could make sense of. */
export class WrongCall extends Error {
  override readonly name = 'WrongCall';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export interface Caller {
  readonly session: ExecutionSession;
  readonly client: Client;
  readonly hooks: () => HooksStatus;
  answer(result: object): void;
  notify(method: string, params: object): void;
}

type Call = (params: unknown, caller: Caller, id: Request['id']) => void | Promise<void>;

const secondsSchema = z
  .number()
  .positive()
  .max(7 * 86_400)
  .nullish();
const executeSchema = z.object({ command: z.string(), timeout: secondsSchema, idle_timeout: secondsSchema });
/** Clients of the contract may send more: that is not refused, but said. */
const ignored = { keys: 20, characters: 100 };
/** Anything else is not sent back: it may be nested too deeply to be written. */
const pingSchema = z.object({ timestamp: z.union([z.string(), z.number()]) });
const controlSchema = z.object({ type: z.enum(['PAUSE', 'RESUME', 'CANCEL']) });

/** What a client can ask for, by method. */
const calls: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['execute', execute],
  ['control', control],
  ['hook_status', hookStatus],
  ['ping', ping],
  ['pong', () => undefined],
]);

/** @throws WrongCall, ExecutionRefusal */
export async function call({ method, params, id }: Request, caller: Caller): Promise<void> {
  const found = calls.get(method);
  if (found === undefined) throw new WrongCall(ErrorCode.unknownMethod, `Method not found: ${method.slice(0, 100)}`);
  await found(params, caller, id);
}

async function execute(params: unknown, { session, client, answer }: Caller, id: Request['id']): Promise<void> {
  const { command, timeout, idle_timeout } = parse(executeSchema, params);
  const unknown = unknownKeys(params);
  const times = { timeoutMs: inMs(timeout), idleTimeoutMs: inMs(idle_timeout) };
  await session.execute({ command, ...times, requestId: id ?? null }, client, ({ pid, executionId, limit, notes }) =>
    answer({
      status: 'started',
      pid,
      pgid: pid,
      execution_id: executionId,
      timeout: limit.limitMs / 1_000,
      timeout_basis: limit.basis,
      timeout_samples: limit.samples,
      ...(notes.length === 0 ? {} : { notes }),
      ...(unknown.length === 0 ? {} : { ignored: unknown }),
    }),
  );
}

async function control(params: unknown, { session, answer }: Caller): Promise<void> {
  const { type } = parse(controlSchema, params);
  await session.control(type, ({ reached, survivors }) => answer({ status: controlled[type], reached, survivors }));
}

function hookStatus(_params: unknown, { answer, hooks }: Caller): void {
  const { isEnabled, reason, folder, hooks: all } = hooks();
  answer({
    enabled: isEnabled,
    reason: reason ?? null,
    folder,
    hooks: all.map((hook) => ({
      name: hook.name,
      point: hook.point,
      state: hook.state,
      reason: hook.reason ?? null,
      runs: hook.runs,
      failures: hook.failures,
      refusals: hook.refusals,
      last_ms: hook.lastMs ?? null,
      mean_ms: hook.meanMs ?? null,
      longest_ms: hook.longestMs ?? null,
    })),
  });
}

function ping(params: unknown, { answer, notify }: Caller): void {
  const timestamp = pingSchema.safeParse(params).data?.timestamp ?? null;
  answer({ status: 'pong', timestamp });
  notify('pong', { timestamp });
}

function parse<T>(schema: z.ZodType<T>, params: unknown): T {
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => [...path.map(String), message].join(': '));
  throw new WrongCall(ErrorCode.invalidParams, `Invalid params: ${problems.join('; ')}`);
}

function unknownKeys(params: unknown): readonly string[] {
  return Object.keys(Object(params))
    .filter((name) => !Object.hasOwn(executeSchema.shape, name))
    .slice(0, ignored.keys)
    .map((name) => name.slice(0, ignored.characters));
}

function inMs(seconds: number | null | undefined): number | undefined {
  return seconds === null || seconds === undefined ? undefined : seconds * 1_000;
}
