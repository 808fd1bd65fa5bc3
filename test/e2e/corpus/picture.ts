import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Every entry below a folder by its path: kind, permissions, and content as a hash. */
export type Picture = ReadonlyMap<string, string>;

/** @param without entries right below the folder that are left out. */
export function takePicture(folder: string, without: readonly string[] = []): Picture {
  const picture = new Map<string, string>();
  const visit = (path: string): void => {
    for (const name of readdirSync(join(folder, path)).sort()) {
      const at = path === '' ? name : `${path}/${name}`;
      if (without.includes(at)) continue;
      const stats = lstatSync(join(folder, at));
      const mode = (stats.mode & 0o7777).toString(8);
      if (stats.isDirectory()) {
        picture.set(at, `folder ${mode}`);
        visit(at);
      } else if (stats.isSymbolicLink()) picture.set(at, `link to ${readlinkSync(join(folder, at))}`);
      else
        picture.set(
          at,
          `file ${mode} ${createHash('sha1')
            .update(readFileSync(join(folder, at)))
            .digest('hex')}`,
        );
    }
  };
  visit('');
  return picture;
}

const shown = 5;

/** What differs, for people; empty when nothing does. */
export function differences(what: string, expected: Picture, actual: Picture): readonly string[] {
  const paths = new Set([...expected.keys(), ...actual.keys()]);
  return [...paths]
    .filter((path) => expected.get(path) !== actual.get(path))
    .slice(0, shown)
    .map(
      (path) => `${what}: ${path} is ${actual.get(path) ?? 'not there'}, expected ${expected.get(path) ?? 'nothing'}`,
    );
}
