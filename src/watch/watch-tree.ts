import { watchByFolder } from './by-folder.ts';
import type { Source, SourceOptions } from './source.ts';

export interface TreeOptions extends SourceOptions {
  /** How many files the tree held when it was last looked at. */
  readonly fileCount: () => number;
}

/**
 * chokidar asks for the state of every file before it is ready: 40 MB and half a second on 20,000 files, of which 20 MB
 * never come back. Above this, on Linux, where a watch is one for a folder anyway, folders are watched directly.
 */
const chokidarFiles = 5_000;

/** Resolves when every folder is being watched, or is counted as blind. */
export async function watchTree(options: TreeOptions): Promise<Source> {
  if (process.platform !== 'linux') return byChokidar(options);
  if (options.fileCount() > chokidarFiles) return watchByFolder(options);
  let isBlind = false;
  const source = await byChokidar({
    ...options,
    onFault: (error) => {
      isBlind = true;
      options.onFault(error);
    },
  });
  if (!isBlind) return source;
  // It does not say which folders it left out; with a watch for each, those can be told and tried again.
  await source.close();
  return watchByFolder(options);
}

/** Loaded only where it is used: an idle agent should be small. */
async function byChokidar(options: SourceOptions): Promise<Source> {
  const { watchByChokidar } = await import('./chokidar.ts');
  return watchByChokidar(options);
}
