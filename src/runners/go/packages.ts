import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../../errors.ts';
import type { ProcessResult } from '../../process/types.ts';
import { isOwn, relativePath } from '../report/paths.ts';
import type { GoModule } from './modules.ts';

const names = z.array(z.string()).optional();
const listed = z.object({
  Dir: z.string(),
  ImportPath: z.string(),
  GoFiles: names,
  CgoFiles: names,
  IgnoredGoFiles: names,
  CFiles: names,
  CXXFiles: names,
  HFiles: names,
  SFiles: names,
  EmbedFiles: names,
  TestGoFiles: names,
  TestEmbedFiles: names,
  XTestGoFiles: names,
  XTestEmbedFiles: names,
  Imports: names,
  TestImports: names,
  XTestImports: names,
});

/** Reads the names of files and imports; it builds nothing, and what is wrong with a package does not stop it. */
export const listArguments = ['list', '-e', `-json=${Object.keys(listed.shape).join(',')}`, './...'];

/** A package of the project. Files are relative to the root with `/`. */
export interface GoPackage {
  readonly importPath: string;
  readonly folder: string;
  readonly module: GoModule;
  readonly files: readonly string[];
  readonly testFiles: readonly string[];
  readonly embedded: readonly string[];
  readonly embeddedByTests: readonly string[];
  readonly imports: readonly string[];
  readonly testImports: readonly string[];
}

export type Listed = { readonly packages: readonly GoPackage[] } | { readonly problem: string };

/** What `go list` printed: one object behind the other. */
export async function readListed(
  { end, stdout, stderr }: ProcessResult,
  root: string,
  module: GoModule,
): Promise<Listed> {
  if (end.kind !== 'exited') return { problem: end.kind };
  if (end.code !== 0) return { problem: stderr.trim() };
  try {
    const text = `[${stdout.trim().replaceAll(/^\}\s*^\{/gm, '},{')}]`;
    const all = z.array(listed).parse(JSON.parse(text));
    return { packages: await Promise.all(all.map((each) => toPackage(each, root, module))) };
  } catch (error) {
    return { problem: `what it printed cannot be read: ${messageOf(error).slice(0, 300)}` };
  }
}

async function toPackage(each: z.infer<typeof listed>, root: string, module: GoModule): Promise<GoPackage> {
  const folder = relativePath(root, await realpath(each.Dir).catch(() => each.Dir));
  const at = (...lists: (readonly string[] | undefined)[]): readonly string[] =>
    lists.flatMap((list) => (list ?? []).map((name) => relativePath(root, join(root, folder, name)))).filter(isOwn);
  return {
    importPath: each.ImportPath,
    folder,
    module,
    files: at(each.GoFiles, each.CgoFiles, each.IgnoredGoFiles, each.CFiles, each.CXXFiles, each.HFiles, each.SFiles),
    testFiles: at(each.TestGoFiles, each.XTestGoFiles),
    embedded: at(each.EmbedFiles),
    embeddedByTests: at(each.TestEmbedFiles, each.XTestEmbedFiles),
    imports: each.Imports ?? [],
    testImports: [...(each.TestImports ?? []), ...(each.XTestImports ?? [])],
  };
}
