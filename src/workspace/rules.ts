import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { treeEntries } from './objects.ts';
import { type BytePath, below, joinNul, parentOf, splitNul, toBytePath } from './paths.ts';
import type { Project } from './project.ts';
import type { Shadow } from './shadow.ts';

/**
 * Which of these files the ignore rules of a snapshot exclude. Not the rules on disk: a model that adds a line to
 * `.gitignore` must not hide a file. The snapshot's `.gitignore` files are put into a folder of their own (and those of
 * the folders above the project), where `git check-ignore` judges by names alone.
 */
export async function ignoredBy(
  shadow: Shadow,
  project: Project,
  tree: string,
  paths: readonly BytePath[],
): Promise<ReadonlySet<BytePath>> {
  if (paths.length === 0) return new Set();
  const folder = await mkdtemp(shadow.indexFile('once-rules-'));
  try {
    await writeRules(shadow, project, tree, folder);
    const prefix = toBytePath(project.prefix);
    const input = joinNul(paths.map((path) => prefix + path));
    const args = [...project.excludeSettings, 'check-ignore', '-z', '--stdin', '--no-index'];
    const { stdout } = await shadow.run({ workTree: folder }, args, { input, accept: [1] });
    return new Set(splitNul(stdout).map((path) => path.slice(prefix.length)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeRules(shadow: Shadow, project: Project, tree: string, folder: string): Promise<void> {
  const root = join(folder, project.prefix);
  await mkdir(root, { recursive: true });
  for (const [index, outer] of project.outerFolders.entries()) {
    const rules = await readFile(join(outer, '.gitignore')).catch(() => undefined);
    if (rules) await writeFile(join(root, '../'.repeat(index + 1), '.gitignore'), rules);
  }
  const found = (await treeEntries(shadow, tree)).filter(
    ({ mode, path }) => mode.startsWith('100') && (path === '.gitignore' || path.endsWith('/.gitignore')),
  );
  const blobs = await shadow.objects.blobs(found.map(({ id }) => id));
  for (const { path, id } of found) {
    await mkdir(below(root, parentOf(path)), { recursive: true });
    await writeFile(below(root, path), blobs.get(id) ?? '');
  }
}
