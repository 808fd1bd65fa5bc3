import { readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { run } from '../../process/process.ts';
import { satisfies } from './node-version.ts';

const nodeVersionTimeoutMs = 10_000;

const packageSchema = z.object({
  version: z.string(),
  engines: z.object({ node: z.string().optional() }).optional().catch(undefined),
});

export interface InstalledPackage {
  /** Without symbolic links. */
  readonly folder: string;
  readonly version: string;
  /** The range of Node that it asks for. */
  readonly engines: string | undefined;
}

/**
 * The package that a file in `from` would get: the nearest `node_modules/<name>` in that folder or above it (hoisted), as
 * Node resolves packages. Undefined when there is none.
 */
export async function findPackage(name: string, from: string): Promise<InstalledPackage | undefined> {
  for (let folder = from; ; folder = dirname(folder)) {
    try {
      const real = await realpath(join(folder, 'node_modules', name));
      const { version, engines } = packageSchema.parse(JSON.parse(await readFile(join(real, 'package.json'), 'utf8')));
      return { folder: real, version, engines: engines?.node };
    } catch {
      // Not here, or half installed: look further up.
    }
    if (dirname(folder) === folder) return undefined;
  }
}

/** The project's own Node where it is in all these ranges, else ours, else none. */
export async function chooseNode(
  root: string,
  engines: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const fits = (version: string) => engines.every((range) => satisfies(version, range));
  const version = await nodeVersion('node', root, env);
  if (version !== undefined && fits(version)) return 'node';
  return fits(process.version) ? process.execPath : undefined;
}

/** What a Node calls itself, without the `v`; undefined where it cannot be run. */
export async function nodeVersion(
  node: string,
  root: string,
  env: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const { end, stdout } = await run({
    command: node,
    args: ['--version'],
    cwd: root,
    env,
    timeoutMs: nodeVersionTimeoutMs,
  });
  return end.kind === 'exited' && end.code === 0 && /^v\d/.test(stdout) ? stdout.trim().slice(1) : undefined;
}
