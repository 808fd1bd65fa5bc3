import { join, relative, sep } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';

export interface SourceOptions {
  readonly root: string;
  /** Relative to the root; `['.']` for all of it. */
  readonly watchPaths: readonly string[];
  /** Whether a path relative to the root (with `/`) is never looked at; asked for folders too, which prunes them. */
  readonly isIgnored: (path: string) => boolean;
  /** A path relative to the root at which something happened. A hint: what happened is for the tree to say. */
  readonly onPath: (path: string) => void;
  readonly onFault: (error: unknown) => void;
}

export interface Source {
  close(): Promise<void>;
}

/** chokidar, behind two callbacks. Resolves when every folder is being watched. */
export async function watchFolders(options: SourceOptions): Promise<Source> {
  const toRelative = (path: string): string => relative(options.root, path).split(sep).join('/');
  const watcher: FSWatcher = watch(
    options.watchPaths.map((path) => join(options.root, path)),
    {
      ignoreInitial: true,
      // Links may lead out of the project or in circles; what they point to is no business of ours.
      followSymlinks: false,
      atomic: false,
      // Called twice a path, first without stats: a rule must not need them.
      ignored: (path) => {
        const inside = toRelative(path);
        return inside !== '' && (inside.startsWith('../') || options.isIgnored(inside));
      },
    },
  );
  watcher.on('all', (event, path) => {
    if (event !== 'addDir' && event !== 'unlinkDir') options.onPath(toRelative(path));
  });
  const ready = new Promise<void>((resolve) => watcher.once('ready', () => resolve()));
  watcher.on('error', options.onFault);
  await ready;
  return { close: () => watcher.close() };
}
