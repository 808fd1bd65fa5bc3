import { posix } from 'node:path';
import type { Workspace } from '../workspace/types.ts';

const name = 'CLAUDE.md';
const limits = { files: 6, characters: 10_000, linkCharacters: 200 };

type Files = Pick<Workspace, 'file'>;

/**
 * What the project says to assistants: its CLAUDE.md, and those of the folders in which files were changed, the nearest
 * last. Said to the models as data, since the CLI loads none of it in a lane. Undefined where there is nothing.
 */
export async function notesOf(workspace: Files, tree: string, changed: readonly string[]): Promise<string | undefined> {
  const found: { path: string; text: string }[] = [];
  for (const path of pathsAbove(changed)) {
    const text = await readNotes(workspace, tree, path);
    if (text !== undefined && text.trim() !== '') found.push({ path, text });
    if (found.length === limits.files) break;
  }
  const [first] = found;
  if (first === undefined) return undefined;
  if (found.length === 1 && first.path === name) return first.text;
  return found.map(({ path, text }) => `${path}:\n${text}`).join('\n\n');
}

/** The root's own, then from the outside in. */
function pathsAbove(changed: readonly string[]): readonly string[] {
  const folders = new Set<string>();
  for (const file of changed) {
    for (let at = posix.dirname(file); at !== '.' && at !== '/' && !folders.has(at); at = posix.dirname(at))
      folders.add(at);
  }
  const depth = (folder: string): number => folder.split('/').length;
  const inside = [...folders].sort((a, b) => depth(a) - depth(b) || a.localeCompare(b));
  return [name, ...inside.map((folder) => posix.join(folder, name))];
}

/** It is often a link to another text of the project, or one line that names it; nothing outside of the tree is read. */
async function readNotes(workspace: Files, tree: string, path: string): Promise<string | undefined> {
  const bytes = await workspace.file(tree, path);
  if (bytes === undefined) return undefined;
  const text = bytes.toString('utf8', 0, 4 * limits.characters).slice(0, limits.characters);
  const target = text.trim().replace(/^@/, '');
  if (target.length > limits.linkCharacters || !/^\S+\.(md|mdx|txt)$/i.test(target)) return text;
  const named = posix.join(posix.dirname(path), target);
  if (named.startsWith('..') || posix.isAbsolute(target)) return text;
  const other = await workspace.file(tree, named);
  return other?.toString('utf8', 0, 4 * limits.characters).slice(0, limits.characters) ?? text;
}
