import { join, relative, sep } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import type { Source, SourceOptions } from './source.ts';

/** The usual way. What it watches, and how, is the library's business. */
export async function watchByChokidar(options: SourceOptions): Promise<Source> {
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
    if (event === 'addDir' || event === 'unlinkDir') options.onFolder(toRelative(path));
    else options.onPath(toRelative(path));
  });
  let blind = 0;
  watcher.on('error', (error) => {
    blind++;
    options.onFault(error);
  });
  await new Promise<void>((resolve) => watcher.once('ready', () => resolve()));
  return {
    get blind() {
      return blind;
    },
    // chokidar subscribes anew by itself; what it had to leave out comes with the next look at the tree.
    retry: async () => {
      blind = 0;
    },
    close: () => watcher.close(),
  };
}
