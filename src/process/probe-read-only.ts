import { run } from './process.ts';
import { findUnshare, READ_ONLY, readOnlyList } from './read-only.ts';

const probeTimeoutMs = 15_000;

/** Why nothing can be made read-only here, or undefined where it can. */
export async function probeReadOnly(
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  if (process.platform !== 'linux') return `it needs Linux, and this is ${process.platform}`;
  if (findUnshare() === undefined) return 'unshare, a program of util-linux, is not there';
  const { end, stdout, stderr } = await run({
    command: '/bin/sh',
    args: ['-c', '[ -w "$1" ] || echo kept', 'mendwatch', folder],
    cwd: '/',
    env: { ...env, [READ_ONLY]: readOnlyList([folder]) },
    timeoutMs: probeTimeoutMs,
  });
  if (end.kind === 'exited' && end.code === 0 && stdout === 'kept\n') return undefined;
  return stderr.trim().split('\n')[0] || `${folder} stayed writable`;
}
