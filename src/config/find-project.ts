import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, matchesGlob, relative, resolve, sep } from 'node:path';
import { z } from 'zod';

/** A file that stands in the root of a project, whatever it is written in. */
const manifests = ['package.json', 'pyproject.toml', 'go.mod', 'Cargo.toml'];

const workspacesSchema = z.object({
  workspaces: z.union([
    z.array(z.string()),
    z.object({ packages: z.array(z.string()) }).transform(({ packages }) => packages),
  ]),
});

/**
 * The project that a folder belongs to: the nearest one with a settings file, else the nearest with a manifest, or the
 * workspace that this is a package of, else the repository. What lies around the repository and the home folder are
 * not looked at: a stray `package.json` there would make all that the person has one project.
 */
export function findProject(from: string, home: string): string | undefined {
  const folders = foldersOf(resolve(from), resolve(home));
  const nearest = (...names: readonly string[]): string | undefined =>
    folders.find((folder) => names.some((name) => existsSync(join(folder, name))));
  const withSettings = nearest('.env.mendwatch');
  if (withSettings !== undefined) return withSettings;
  const own = nearest(...manifests);
  if (own === undefined) return nearest('.git');
  return folders.findLast((folder) => own.startsWith(folder + sep) && isWorkspace(folder, own)) ?? own;
}

/** Upwards to the top of the repository, nearest first. */
function foldersOf(from: string, home: string): readonly string[] {
  const folders = [from];
  for (let folder = from; !existsSync(join(folder, '.git')); folders.push(folder)) {
    folder = dirname(folder);
    if (folder === home || folder === dirname(folder)) break;
  }
  return folders;
}

function isWorkspace(folder: string, member: string): boolean {
  if (existsSync(join(folder, 'pnpm-workspace.yaml'))) return true;
  const patterns = workspacesOf(folder).map((pattern) => pattern.replace(/^(!?)\.\//, '$1').replace(/\/+$/, ''));
  const path = relative(folder, member).split(sep).join('/');
  const fits = (pattern: string): boolean => matchesGlob(path, pattern);
  const [wanted, unwanted] = [
    patterns.filter((each) => !each.startsWith('!')),
    patterns.filter((each) => each.startsWith('!')),
  ];
  return wanted.some(fits) && !unwanted.some((pattern) => fits(pattern.slice(1)));
}

function workspacesOf(folder: string): readonly string[] {
  try {
    return workspacesSchema.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))).workspaces;
  } catch {
    return [];
  }
}
