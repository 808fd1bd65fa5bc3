import type { Socket } from 'node:net';
import type { AgentEvent } from '../events.ts';
import { protocolLimits, protocolVersion } from './command-protocol.ts';

/**
 * The events of the agent behind this connection from now on, until it ends or hangs up, or `signal` comes. A caller
 * that falls behind by megabytes is hung up on.
 *
 * @param resultOf throws what a refusal says
 */
export async function* followEvents(
  socket: Socket,
  signal: AbortSignal,
  resultOf: (line: string) => unknown,
): AsyncGenerator<AgentEvent, void, undefined> {
  const hangUp = (): void => void socket.destroy();
  signal.addEventListener('abort', hangUp, { once: true });
  if (signal.aborted) hangUp();
  try {
    socket.write(`${JSON.stringify({ v: protocolVersion, command: 'events' })}\n`);
    let isAccepted = false;
    for await (const line of linesOf(socket)) {
      if (isAccepted) yield (JSON.parse(line) as { event: AgentEvent }).event;
      else resultOf(line);
      isAccepted = true;
    }
  } finally {
    signal.removeEventListener('abort', hangUp);
    socket.destroy();
  }
}

/** Whole lines; a connection that breaks is over like one that ends. */
async function* linesOf(socket: Socket): AsyncGenerator<string, void, undefined> {
  let rest = '';
  socket.setEncoding('utf8');
  try {
    for await (const chunk of socket as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > protocolLimits.answerBytes) return;
      yield* lines;
    }
  } catch {
    // The agent was killed, or the caller has hung up.
  }
}
