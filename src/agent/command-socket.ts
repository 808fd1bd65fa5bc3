import { createServer, type Socket } from 'node:net';
import { MendwatchError, messageOf } from '../errors.ts';
import { listenForCommands, removeSocket } from './command-place.ts';
import {
  type CommandAnswer,
  type CommandRequest,
  protocolLimits,
  protocolVersion,
  requestSchema,
} from './command-protocol.ts';
import type { AgentControl } from './control.ts';

export interface CommandSocket {
  /** The path of the socket. */
  readonly place: string;
  /** Hangs up on everybody, which is how a caller of `stop` sees that the agent is gone. */
  close(): Promise<void>;
}

export interface CommandSocketOptions {
  readonly stateFile: string;
  /** For a socket whose path beside the state file would be too long. */
  readonly runtimeFolder: string | undefined;
  /** Where a dead agent took commands, if its state says so. */
  readonly left: string | undefined;
  /** What is asked while the agent starts is answered when it has started. */
  readonly control: Promise<AgentControl>;
}

/** Takes commands from processes of this user. The caller holds the guard of the state file. */
export async function openCommandSocket({
  stateFile,
  runtimeFolder,
  left,
  control,
}: CommandSocketOptions): Promise<CommandSocket> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A caller that has gone away is nobody's fault.
    socket.on('error', () => socket.destroy());
    readRequest(socket, (line) => void serve(socket, line, control));
  });
  server.maxConnections = protocolLimits.connections;
  if (left !== undefined) await removeSocket(left);
  const place = await listenForCommands(server, stateFile, runtimeFolder);
  return {
    place,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
      await removeSocket(place);
    },
  };
}

/** Calls back once, with the first line; who sends none in time, or too much, is let go. */
function readRequest(socket: Socket, onLine: (line: string) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const late = setTimeout(() => socket.destroy(), protocolLimits.requestMs);
  const stop = (): void => {
    clearTimeout(late);
    socket.off('data', onData);
  };
  const onData = (chunk: Buffer): void => {
    const end = chunk.indexOf('\n');
    bytes += chunk.length;
    chunks.push(end < 0 ? chunk : chunk.subarray(0, end));
    if (end < 0 && bytes <= protocolLimits.requestBytes) return;
    stop();
    // Whatever comes now is not read, but the end of the connection is still seen.
    socket.resume();
    if (bytes > protocolLimits.requestBytes)
      socket.end(line(refused(`A request has at most ${protocolLimits.requestBytes} bytes.`)));
    else onLine(Buffer.concat(chunks).toString('utf8'));
  };
  socket.on('data', onData);
  socket.on('close', stop);
}

async function serve(socket: Socket, text: string, control: Promise<AgentControl>): Promise<void> {
  const request = parse(text);
  if (typeof request === 'string') {
    socket.end(line(refused(request)));
    return;
  }
  try {
    await answer(socket, request, await control);
  } catch (error) {
    socket.end(line(failed(error)));
  }
}

async function answer(socket: Socket, request: CommandRequest, agent: AgentControl): Promise<void> {
  switch (request.command) {
    case 'stop':
      socket.write(line(done({ pid: process.pid })));
      // Only a bug makes it reject, and that is told by `done`.
      (request.force ? agent.force('told to stop at once') : agent.stop('told to stop')).catch(() => undefined);
      break;
    case 'events': {
      // Hung up while the agent was starting: nothing would ever end what is begun now.
      if (socket.destroyed) return;
      socket.write(line(done(null)));
      const forget = agent.onEvent((event) => {
        if (socket.writableLength > protocolLimits.backlogBytes) socket.destroy();
        else socket.write(line({ v: protocolVersion, event }));
      });
      socket.on('close', forget);
      break;
    }
    default:
      socket.end(line(done(await act(request, agent))));
  }
}

async function act(
  request: Exclude<CommandRequest, { command: 'stop' } | { command: 'events' }>,
  agent: AgentControl,
): Promise<object> {
  switch (request.command) {
    case 'status':
      return { processes: agent.state.processes, health: agent.state.health };
    case 'pause':
      return agent.pause();
    case 'resume':
      return agent.resume();
    case 'snooze':
      return agent.snooze(request.ms);
    case 'retry':
      return agent.retry(request.task);
    case 'cancel':
      return agent.cancel(request.task);
    case 'undo':
      return agent.undo(request.task);
    case 'apply':
      return agent.apply(request.task);
  }
}

/** The request, or what is wrong with it. */
function parse(text: string): CommandRequest | string {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return 'A request is one line of JSON.';
  }
  const version = typeof raw === 'object' && raw !== null && 'v' in raw ? raw.v : undefined;
  if (version !== protocolVersion) {
    return `This agent speaks version ${protocolVersion} of its protocol, and was asked in version ${String(version)}.`;
  }
  const parsed = requestSchema.safeParse(raw);
  return parsed.success ? parsed.data : 'This agent does not know such a command.';
}

function done(result: unknown): CommandAnswer {
  return { v: protocolVersion, ok: true, result };
}

function refused(message: string): CommandAnswer {
  return {
    v: protocolVersion,
    ok: false,
    error: { message, remedy: 'Use the `mendwatch` that the agent was started with.' },
  };
}

function failed(error: unknown): CommandAnswer {
  const { remedy, exitCode } = error instanceof MendwatchError ? error : {};
  return {
    v: protocolVersion,
    ok: false,
    error: {
      message: messageOf(error),
      ...(remedy === undefined ? {} : { remedy }),
      ...(exitCode === undefined ? {} : { exit_code: exitCode }),
    },
  };
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
