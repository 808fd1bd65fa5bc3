import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { ServerNotification, ServerRequest } from '@modelcontextprotocol/sdk/types.js';
import type { McpExecution } from './executions.ts';
import type { McpParts } from './parts.ts';

export type ToolCall = RequestHandlerExtra<ServerRequest, ServerNotification>;

const limits = {
  /** Clients that wait no longer than a minute start anew with each report. */
  heartbeatMs: 10_000,
  /** Not more often than that. */
  everyMs: 250,
  lineCharacters: 300,
};

/** Waits for the end of an execution and reports, where the client has asked for it, what it said last. */
export async function withProgress(call: ToolCall, { clean }: McpParts, execution: McpExecution): Promise<void> {
  const token = call._meta?.progressToken;
  if (token === undefined) return execution.ended;
  let [line, toldMs, progress] = ['started', 0, 0];
  let soon: NodeJS.Timeout | undefined;
  const tell = async (): Promise<void> => {
    clearTimeout(soon);
    soon = undefined;
    toldMs = performance.now();
    const params = { progressToken: token, progress: ++progress, message: await clean(`${execution.id}: ${line}`) };
    // A client that is gone is told nothing.
    await call.sendNotification({ method: 'notifications/progress', params }).catch(() => undefined);
  };
  const forget = execution.onLine((said) => {
    line = said.slice(0, limits.lineCharacters);
    soon ??= setTimeout(() => void tell(), Math.max(0, toldMs + limits.everyMs - performance.now()));
  });
  const heartbeat = setInterval(() => void tell(), limits.heartbeatMs);
  try {
    await tell();
    await execution.ended;
  } finally {
    clearInterval(heartbeat);
    clearTimeout(soon);
    forget();
  }
}
