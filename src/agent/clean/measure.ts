import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../errors.ts';

export interface Measured {
  /** What it takes on the disk. */
  readonly bytes: number;
  /** When the newest of it was written; epoch ms. */
  readonly newestMs: number;
}

/** Blocks of this size are what `stat` counts, whatever the file system's own are. */
const blockBytes = 512;

/**
 * What a file or a folder with all in it takes. Links are counted and not followed; what vanishes meanwhile or may not be
 * read takes nothing. One folder after the other: it is done beside the person's own work.
 */
export async function measure(path: string, signal?: AbortSignal): Promise<Measured> {
  const seen = new Set<string>();
  let [bytes, newestMs] = [0, 0];
  const waiting = [path];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    signal?.throwIfAborted();
    const stats = await look(at);
    if (stats === undefined) continue;
    newestMs = Math.max(newestMs, stats.mtimeMs);
    // A file with several names takes its place once.
    const key = `${stats.dev}:${stats.ino}`;
    if (!stats.isDirectory() && stats.nlink > 1) {
      if (seen.has(key)) continue;
      seen.add(key);
    }
    bytes += takes(stats);
    if (!stats.isDirectory()) continue;
    for (const name of await namesIn(at)) waiting.push(join(at, name));
  }
  return { bytes, newestMs };
}

function takes({ blocks, size }: Stats): number {
  // Windows counts no blocks.
  return process.platform === 'win32' ? size : blocks * blockBytes;
}

/** What is there itself, links not followed; undefined where nothing is or nothing may be seen. */
export async function look(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Sorted. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].includes(codeOf(error) ?? '');
}
