import { chmod, lstat, mkdtemp, rename, rm, rmdir } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { codeOf, ExitCode, MendwatchError, messageOf } from '../errors.ts';

/** The longest path of a socket on Linux; macOS takes a few bytes less. */
const longestPathBytes = process.platform === 'linux' ? 107 : 103;
const folderPrefix = 'mendwatch-';

/** Beside the state file, as `app_state.sock`. Two state files in one folder never have the same. */
export function commandSocketOf(stateFile: string): string {
  const name = basename(stateFile);
  return join(dirname(stateFile), name.endsWith('.json') ? name.replace(/json$/, 'sock') : `${name}.commands.sock`);
}

/**
 * Listens where commands of this user and of nobody else come in: beside the state file, or, where that path is too long or
 * its file system has no sockets, in a folder of its own. For the holder of the guard: a socket that is there already was
 * left by a dead agent. Gives the place.
 */
export async function listenForCommands(server: Server, stateFile: string, runtimeFolder?: string): Promise<string> {
  const beside = commandSocketOf(stateFile);
  if (Buffer.byteLength(beside) <= longestPathBytes) {
    try {
      await listenAt(server, beside);
      return beside;
    } catch (error) {
      if (!['EPERM', 'EACCES', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP'].includes(codeOf(error) ?? '')) throw error;
    }
  }
  // A runtime folder may be named and not be there, as in a container or after `su`.
  const elsewhere = [runtimeFolder ?? '', tmpdir(), '/tmp'].filter(isAbsolute);
  for (const [index, parent] of elsewhere.entries()) {
    try {
      return await listenIn(server, parent);
    } catch (error) {
      if (index < elsewhere.length - 1) continue;
      throw new MendwatchError(`No socket for commands can be made in ${elsewhere.join(', ')}: ${messageOf(error)}.`, {
        remedy: 'Set XDG_RUNTIME_DIR to a folder of yours with a short path.',
        exitCode: ExitCode.configuration,
      });
    }
  }
  throw new Error('There is always a folder to try');
}

async function listenIn(server: Server, parent: string): Promise<string> {
  const folder = await mkdtemp(join(parent, folderPrefix));
  const place = join(folder, 'sock');
  try {
    await listenAt(server, place);
    return place;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/**
 * With the folder that was made for it. Anything but a socket is left alone, and so is a folder that holds more, and a
 * socket that somebody listens on: a state file may be the copy of another agent's.
 */
export async function removeSocket(place: string): Promise<void> {
  const stats = await lstat(place).catch(() => undefined);
  if (stats?.isSocket() !== true || (await isListenedTo(place))) return;
  await rm(place, { force: true });
  const folder = dirname(place);
  if (basename(folder).startsWith(folderPrefix)) await rmdir(folder).catch(() => undefined);
}

function isListenedTo(place: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path: place });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** Made in a folder that only this user can enter, and moved when its mode is right: at no moment is it open to others. */
async function listenAt(server: Server, place: string): Promise<void> {
  const folder = await mkdtemp(join(dirname(place), 's-'));
  const first = join(folder, 's');
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ path: first }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    await chmod(first, 0o600);
    await rename(first, place);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
