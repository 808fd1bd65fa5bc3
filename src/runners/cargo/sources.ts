import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { isOwn, relativePath } from '../report/paths.ts';
import type { Build } from './build.ts';
import { type Crate, keyOf, type Workspace } from './workspace.ts';

/** For each file of tests the project's files that it is made of, as the compiler has noted them. */
export async function importsOf(
  build: Build,
  workspace: Workspace,
  { root, ran }: { readonly root: string; readonly ran: ReadonlySet<string> },
): Promise<Record<string, readonly string[]>> {
  const base = join(root, workspace.folder);
  const read = async (path: string) => sourcesIn(await readFile(path, 'utf8').catch(() => ''), base, root);
  const programs = build.parts.flatMap((part) => part.programs);
  const lists = new Map<string, readonly string[]>();
  for (const { key, sources } of [...programs.filter(({ key }) => ran.has(key)), ...build.libraries]) {
    lists.set(key, [...(lists.get(key) ?? []), ...(await read(sources))]);
  }
  const imports: Record<string, readonly string[]> = {};
  for (const crate of workspace.crates) {
    const needed = new Set([crate.folder, ...needsOf(crate, workspace.crates)]);
    const libraries = workspace.crates.filter(({ folder }) => needed.has(folder)).map(({ library }) => library);
    for (const target of crate.targets.filter((each) => ran.has(keyOf(each)))) {
      const own = lists.get(keyOf(target)) ?? [];
      const others = libraries.flatMap((key) => (key === undefined ? [] : (lists.get(key) ?? [])));
      imports[target.file] = [...new Set([...(imports[target.file] ?? []), ...own, ...others])].sort();
    }
  }
  return imports;
}

/** A rule of make: what is made, a colon, and what it is made of, with blanks escaped. Only the first line counts. */
export function sourcesIn(rule: string, base: string, root: string): readonly string[] {
  const [line = ''] = rule.split('\n', 1);
  const [, list = ''] = /^(?:[^:\\]|\\.)*?: (.*)$/.exec(line) ?? [];
  const paths = [...list.matchAll(/(?:[^\s\\]|\\.)+/g)].map(([path]) => path.replaceAll(/\\(.)/g, '$1'));
  return paths.map((path) => relativePath(root, isAbsolute(path) ? path : join(base, path))).filter(isOwn);
}

function needsOf(crate: Crate, crates: readonly Crate[]): ReadonlySet<string> {
  const found = new Set(crate.needs);
  for (const need of found)
    for (const next of crates.find(({ folder }) => folder === need)?.needs ?? []) found.add(next);
  return found;
}
