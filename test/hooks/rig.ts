import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Hooks, type HooksOptions } from '../../src/hooks/hooks.ts';
import { scratch } from '../rig/scratch.ts';

/** Small shell scripts as hooks, by their name (`pre-execute.d/10-one`). */
export async function hooksFolder(scripts: Readonly<Record<string, string>>): Promise<string> {
  const folder = await scratch('hooks');
  for (const [name, script] of Object.entries(scripts)) {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
  }
  return folder;
}

export function hooksIn(folder: string, more: Partial<HooksOptions> = {}): Hooks {
  return new Hooks({
    folder,
    whyOff: undefined,
    timeoutMs: 20_000,
    cwd: folder,
    env: { PATH: '/usr/bin:/bin', TMPDIR: process.env.TMPDIR ?? '/tmp' },
    scrub: (text) => text,
    ...more,
  });
}

export const notAborted = new AbortController().signal;
