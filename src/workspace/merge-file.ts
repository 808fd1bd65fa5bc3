import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGit } from './git.ts';

/** More conflicts than this and git cannot count them: its exit code is the number of conflicts, at most 127. */
const conflictCodes = Array.from({ length: 127 }, (_, index) => index + 1);

/**
 * Merges two versions that came from one, line by line (git-merge-file(1)); needs no repository.
 *
 * @returns undefined when both changed the same lines, or when it is not text
 */
export async function mergeFile(
  env: Readonly<Record<string, string>>,
  versions: { readonly current: Uint8Array; readonly base: Uint8Array; readonly other: Uint8Array },
): Promise<Buffer | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'mendwatch-merge-'));
  try {
    for (const [name, bytes] of Object.entries(versions)) await writeFile(join(folder, name), bytes);
    const { code, stdout } = await createGit(
      env,
      folder,
    )({
      args: ['merge-file', '-p', '-q', 'current', 'base', 'other'],
      cwd: folder,
      accept: [...conflictCodes, 255],
    });
    return code === 0 ? stdout : undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
