import { relative, sep } from 'node:path';

/** A path relative to the root with `/`. Paths outside keep their `../`. */
export function relativePath(root: string, path: string): string {
  return relative(root, path).replaceAll(sep, '/');
}

/** Whether a path (relative, with `/`) belongs to the project itself: below the root and not an installed package. */
export function isOwn(path: string): boolean {
  return (
    path !== '' && !path.startsWith('../') && !/^([A-Za-z]:)?\//.test(path) && !`/${path}`.includes('/node_modules/')
  );
}

/** Whether a path is a folder or below it; both relative with `/`, and the empty folder is the root. */
export function isInFolder(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}
