import { chmod, lstat, mkdtemp, rename, rm, rmdir } from 'node:fs/promises';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { codeOf } from '../errors.ts';

/** The longest path of a socket on Linux; macOS takes a few bytes less. */
const longestPathBytes = process.platform === 'linux' ? 107 : 103;
const folderPrefix = 'mendwatch-';

/** Beside the state file, as `app_state.sock`. */
export function commandSocketOf(stateFile: string): string {
  return join(dirname(stateFile), `${basename(stateFile, extname(stateFile))}.sock`);
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
  const folder = await mkdtemp(join(runtimeFolder ?? tmpdir(), folderPrefix));
  const place = join(folder, 'sock');
  await listenAt(server, place);
  return place;
}

/** With the folder that was made for it. Anything but a socket is left alone, and so is a folder that holds more. */
export async function removeSocket(place: string): Promise<void> {
  const stats = await lstat(place).catch(() => undefined);
  if (stats?.isSocket() !== true) return;
  await rm(place, { force: true });
  const folder = dirname(place);
  if (basename(folder).startsWith(folderPrefix)) await rmdir(folder).catch(() => undefined);
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
