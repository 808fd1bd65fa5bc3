import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { run } from '../../process/process.ts';
import type { TestRequest } from '../types.ts';

const script = fileURLToPath(new URL('./mendwatch_imports.py', import.meta.url));
const timeLimitMs = 120_000;
const outputLimitBytes = 128 * 1024 * 1024;

const answer = z.object({
  edges: z.record(z.string(), z.array(z.string())),
  open: z.array(z.string()),
  always: z.array(z.string()),
  files: z.array(z.string()),
  isWhole: z.boolean(),
});

/** Which Python files of a project import which. */
export interface ImportGraph {
  readonly files: readonly string[];
  readonly edges: ReadonlyMap<string, readonly string[]>;
  /** Files that load modules whose names only running them would tell. */
  readonly open: ReadonlySet<string>;
  /** What settings name: every test depends on it. */
  readonly always: readonly string[];
}

/**
 * Reads the imports of a folder with a Python of the project, which knows its own language best; nothing is imported.
 *
 * @param missing files that are gone and may still be imported.
 * @param always names of modules that every test depends on.
 * @returns undefined where it cannot be known.
 */
export async function readImports(
  python: string,
  { root, env, niceness, signal }: Pick<TestRequest, 'root' | 'env' | 'niceness' | 'signal'>,
  { missing, always }: { readonly missing: readonly string[]; readonly always: readonly string[] },
): Promise<ImportGraph | undefined> {
  const { end, stdout } = await run({
    command: python,
    args: ['-I', '-S', '-B', script],
    cwd: root,
    env,
    stdin: { data: JSON.stringify({ root, missing, always }) },
    stdout: { kind: 'collect', limitBytes: outputLimitBytes },
    timeoutMs: timeLimitMs,
    signal,
    lowPriority: niceness ?? true,
  });
  if (end.kind !== 'exited' || end.code !== 0) return undefined;
  try {
    const { edges, open, isWhole, ...others } = answer.parse(JSON.parse(stdout));
    return isWhole ? { ...others, edges: new Map(Object.entries(edges)), open: new Set(open) } : undefined;
  } catch {
    return undefined;
  }
}
