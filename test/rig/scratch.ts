import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A fresh folder outside the repository that is gone when the test has finished. */
export async function scratch(name = 'case'): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), `mendwatch-${name}-`)));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}
