import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { mkdir, rmdir, stat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { isoTime, systemClock } from '../clock.ts';
import { codeOf } from '../errors.ts';

/** Held for life; the kernel frees it when the process dies, however it dies. */
export interface Guard {
  release(): Promise<void>;
}

export interface GuardHeld {
  /** The key that another process holds. */
  readonly heldBy: string;
}

/** `abstract`: Linux, no trace in any folder, one per network namespace. `path`: a socket in /tmp. `pipe`: Windows. */
export type GuardKind = 'abstract' | 'path' | 'pipe';

const ownKind: GuardKind = process.platform === 'linux' ? 'abstract' : process.platform === 'win32' ? 'pipe' : 'path';

/** Who holds a guard, in its own words. */
export type Holder = z.output<typeof holderSchema>;
const holderSchema = z.object({ pid: z.int().positive(), host: z.string().max(255), since: z.iso.datetime() });
/** A frozen holder says nothing, and another program may have its place. */
const answerLimits = { ms: 1_000, characters: 1_024 } as const;

/** Undefined when nobody answers. */
export async function holderOf(key: string): Promise<Holder | undefined> {
  const said = await heardAt(placeOf(ownKind, key, '/tmp'));
  try {
    return holderSchema.parse(JSON.parse(said));
  } catch {
    return undefined;
  }
}

function heardAt(place: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ path: place });
    const late = setTimeout(() => socket.destroy(), answerLimits.ms);
    let said = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
      if (said.length > answerLimits.characters) socket.destroy();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(late);
      resolve(said);
    });
  });
}

/**
 * One agent per key: the absolute paths of the state file and of the project. All keys are taken or none. Keys are taken
 * in one order by everybody, so that of any number of starts at the same moment exactly one wins.
 */
export async function takeGuard(
  keys: readonly string[],
  options: { kind?: GuardKind; folder?: string } = {},
): Promise<Guard | GuardHeld> {
  const kind = options.kind ?? ownKind;
  const places = keys
    .map((key) => ({ key, place: placeOf(kind, key, options.folder ?? '/tmp') }))
    .sort((a, b) => (a.place < b.place ? -1 : 1));
  const servers: Server[] = [];
  const release = async () => {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  };
  for (const { key, place } of places) {
    try {
      const server = kind === 'path' ? await takePath(place) : await listen(place);
      if (server !== undefined) {
        servers.push(server);
        continue;
      }
    } catch (error) {
      await release();
      throw error;
    }
    await release();
    return { heldBy: key };
  }
  return { release };
}

function placeOf(kind: GuardKind, key: string, folder: string): string {
  const name = `mendwatch-${createHash('sha256').update(trueName(key)).digest('hex').slice(0, 32)}`;
  if (kind === 'abstract') return `\0${name}`;
  return kind === 'pipe' ? `\\\\.\\pipe\\${name}` : join(folder, `${name}.sock`);
}

/** Two spellings of one path are one key, also while the last part does not exist yet. */
function trueName(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(trueName(parent), basename(path));
  }
}

/** Undefined when another process listens there. */
function listen(place: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const holder: Holder = { pid: process.pid, host: hostname(), since: isoTime(systemClock.now()) };
    // That it listens is all that counts; whom it has turned away wants to know who it is.
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end(JSON.stringify(holder), () => socket.destroy());
    });
    server.once('error', (error) => {
      if (codeOf(error) === 'EADDRINUSE' || codeOf(error) === 'EACCES') resolve(undefined);
      else reject(error);
    });
    server.listen({ path: place }, () => {
      server.removeAllListeners('error');
      server.on('error', () => undefined);
      server.unref();
      resolve(server);
    });
  });
}

/**
 * A socket file outlives its process, so one that nobody listens on is removed first. Only who has made the folder
 * beside it may do so; otherwise a slow contender could remove the socket of the one that was quicker.
 */
async function takePath(place: string): Promise<Server | undefined> {
  const server = await listen(place);
  if (server !== undefined || (await answers(place))) return server;
  const turn = `${place}.takeover`;
  for (let tries = 0; tries < 200; tries++) {
    try {
      await mkdir(turn);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      await delay(10);
      if (await answers(place)) return undefined;
      if (await isOlderThan(turn, 10_000)) await rmdir(turn).catch(() => undefined);
      continue;
    }
    try {
      if (await answers(place)) return undefined;
      await unlink(place).catch(() => undefined);
      return await listen(place);
    } finally {
      await rmdir(turn).catch(() => undefined);
    }
  }
  return undefined;
}

/** Whether somebody listens. What cannot be known for sure counts as yes. */
function answers(place: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path: place });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => resolve(!['ECONNREFUSED', 'ENOENT'].includes(codeOf(error) ?? '')));
  });
}

async function isOlderThan(path: string, ms: number): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats !== undefined && Date.now() - stats.mtimeMs > ms;
}
