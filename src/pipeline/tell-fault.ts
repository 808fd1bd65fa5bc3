import { messageOf } from '../errors.ts';
import type { AgentEvents } from '../events.ts';

/** For an error that nobody expected; `where` says in which part of the agent. */
export function tellFault({ events }: { readonly events: AgentEvents }, where: string, error: unknown): void {
  const stack = error instanceof Error ? error.stack : undefined;
  events.emit({ type: 'fault', where, message: messageOf(error), ...(stack === undefined ? {} : { stack }) });
}
