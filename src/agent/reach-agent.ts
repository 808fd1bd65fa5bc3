import { connect, type Socket } from 'node:net';
import type { Config } from '../config/types.ts';
import type { Task } from '../domain/task.ts';
import { codeOf, MendwatchError } from '../errors.ts';
import type { AgentEvent } from '../events.ts';
import type { Restored } from '../land/restore.ts';
import { readState } from '../state/store.ts';
import { commandSocketOf } from './command-place.ts';
import { answerSchema, type CommandRequest, protocolLimits, protocolVersion } from './command-protocol.ts';
import type { AgentCommands, Standing } from './control.ts';
import { followEvents } from './follow-events.ts';

/** The agent of another process. */
export interface RemoteAgent extends AgentCommands {
  /** Resolves when it is gone, with its process. Rejects when it is not within `timeoutMs`. */
  stop(options: { force: boolean; timeoutMs: number }): Promise<{ pid: number }>;
  /** What it does from now on, until it ends or `signal` comes. */
  events(signal: AbortSignal): AsyncGenerator<AgentEvent, void, undefined>;
}

const limits = {
  connectMs: 5_000,
  answerMs: 30_000,
  /** Something may have to come to its end first: a run of the tests, a merge of many files. */
  slowAnswerMs: 120_000,
};

/** Undefined when no agent takes commands for this state file. */
export async function reachAgent({ stateFile }: Pick<Config, 'stateFile'>): Promise<RemoteAgent | undefined> {
  const called = await firstCall([await recordedPlace(stateFile), commandSocketOf(stateFile)]);
  if (called === undefined) return undefined;
  const { place } = called;
  called.socket.destroy();
  const ask = async <T>(request: Wanted, answerMs = limits.answerMs): Promise<T> => {
    const socket = await reach(place);
    try {
      return (await answerOf(socket, request, answerMs)) as T;
    } finally {
      socket.destroy();
    }
  };
  const ofTask =
    <T>(command: 'retry' | 'cancel' | 'undo' | 'apply') =>
    (task: string) =>
      ask<T>({ command, task }, limits.slowAnswerMs);
  return {
    pause: () => ask<Standing>({ command: 'pause' }),
    resume: () => ask<Standing>({ command: 'resume' }),
    snooze: (ms) => ask<Standing>({ command: 'snooze', ms }),
    retry: ofTask<Task>('retry'),
    cancel: ofTask<Task>('cancel'),
    undo: ofTask<Restored>('undo'),
    apply: ofTask<Restored>('apply'),
    stop: (options) => stop(place, options),
    events: (signal) => events(place, signal),
  };
}

async function* events(place: string, signal: AbortSignal): AsyncGenerator<AgentEvent, void, undefined> {
  const socket = await reach(place);
  yield* followEvents(socket, signal, resultOf);
}

type Wanted = CommandRequest extends infer Each ? (Each extends CommandRequest ? Omit<Each, 'v'> : never) : never;

async function recordedPlace(stateFile: string): Promise<string | undefined> {
  const read = await readState(stateFile).catch(() => undefined);
  return read?.kind === 'state' ? read.document.processes.orchestrator.socket : undefined;
}

/** An agent that is only starting takes commands already, and its state file names the place of the one before it. */
async function firstCall(places: readonly (string | undefined)[]) {
  for (const place of places) {
    const socket = place === undefined ? undefined : await call(place);
    if (place !== undefined && socket !== undefined) return { place, socket };
  }
  return undefined;
}

/** @throws MendwatchError when the agent, which was there before, is gone */
async function reach(place: string): Promise<Socket> {
  const socket = await call(place);
  if (socket === undefined) throw new MendwatchError('The agent has ended in this moment.');
  return socket;
}

/** Undefined when nobody listens there. */
function call(place: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path: place });
    const late = setTimeout(() => socket.destroy(silent('does not take the call')), limits.connectMs);
    socket.once('connect', () => {
      clearTimeout(late);
      socket.removeAllListeners('error');
      socket.on('error', () => socket.destroy());
      resolve(socket);
    });
    socket.once('error', (error) => {
      clearTimeout(late);
      if (['ENOENT', 'ECONNREFUSED', 'ENOTSOCK'].includes(codeOf(error) ?? '')) resolve(undefined);
      else reject(codeOf(error) === 'EACCES' ? belongsToAnother(place) : error);
    });
  });
}

async function answerOf(socket: Socket, request: Wanted, answerMs: number): Promise<unknown> {
  socket.setEncoding('utf8');
  socket.write(`${JSON.stringify({ v: protocolVersion, ...request })}\n`);
  const text = await new Promise<string>((resolve, reject) => {
    let read = '';
    const late = setTimeout(() => reject(silent(`has not answered within ${answerMs / 1_000} s`)), answerMs);
    socket.on('data', (chunk: string) => {
      read += chunk;
      if (read.length > protocolLimits.answerBytes) reject(silent('has answered too much'));
      else if (read.includes('\n')) resolve(read.slice(0, read.indexOf('\n')));
      else return;
      clearTimeout(late);
      socket.removeAllListeners('data').resume();
    });
    socket.once('close', () => {
      clearTimeout(late);
      reject(silent('has hung up'));
    });
  });
  return resultOf(text);
}

/** What the answer gives. @throws MendwatchError when it is a refusal, or no answer */
function resultOf(text: string): unknown {
  const answer = answerSchema.safeParse(parsed(text));
  if (!answer.success) throw silent('has answered in a way that this version does not know');
  if (answer.data.ok) return answer.data.result;
  const { message, remedy, exit_code } = answer.data.error;
  throw new MendwatchError(message, {
    ...(remedy === undefined ? {} : { remedy }),
    ...(exit_code === undefined ? {} : { exitCode: exit_code }),
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function stop(
  place: string,
  { force, timeoutMs }: { force: boolean; timeoutMs: number },
): Promise<{ pid: number }> {
  const socket = await reach(place);
  const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  let late: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(stillThere(timeoutMs)), timeoutMs);
  });
  try {
    const { pid } = (await answerOf(socket, { command: 'stop', force }, limits.answerMs)) as { pid: number };
    await Promise.race([gone, tooLate]);
    return { pid };
  } finally {
    clearTimeout(late);
    // Where the answer did not come, nobody waits for this one.
    tooLate.catch(() => undefined);
    socket.destroy();
  }
}

function silent(what: string): MendwatchError {
  return new MendwatchError(`The agent ${what}.`, {
    remedy: '`mendwatch status` names its process; the log says what it did last.',
  });
}

function stillThere(timeoutMs: number): MendwatchError {
  return new MendwatchError(`The agent is stopping, and has not ended within ${timeoutMs / 1_000} s.`, {
    remedy: '`mendwatch stop --force` ends at once what is under way.',
  });
}

function belongsToAnother(place: string): MendwatchError {
  return new MendwatchError(`The agent belongs to another user: ${place} may not be opened.`, {
    remedy: 'Give the command as the user who started it.',
  });
}
