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
  return options.fileCount() > chokidarFiles ? watchByFolder(options) : watchSmall(options);
}

/**
 * By chokidar, until the tree is no small one any more, or there is a folder that it cannot watch: it tells of each once,
 * and tries none again. Then with a watch for each folder.
 */
async function watchSmall(options: TreeOptions): Promise<Source> {
  let [isReady, isBlind, isByFolder, isClosed] = [false, false, false, false];
  let events = 0;
  const counted = (told: (path: string) => void) => (path: string) => {
    told(path);
    // What is excluded by rules that nobody has read yet, as a first build is, comes as well, and stays in memory.
    if (isReady && !isByFolder && ++events > chokidarFiles) change().catch(options.onFault);
  };
  let source = await byChokidar({
    ...options,
    onPath: counted(options.onPath),
    onFolder: counted(options.onFolder),
    onFault: (error) => {
      if (isReady && !isBlind) options.onFault(error);
      isBlind = true;
    },
  });
  const change = async (): Promise<void> => {
    isByFolder = true;
    const small = source;
    // Where watches are short they have to be given back first; else both for a moment, so that nothing is missed.
    if (isBlind) await small.close();
    source = await watchByFolder(options);
    if (!isBlind) await small.close();
    if (isClosed) await source.close();
  };
  if (isBlind) await change();
  isReady = true;
  return {
    get blind() {
      return isByFolder ? source.blind : Number(isBlind);
    },
    retry: () => (isByFolder ? source.retry() : change()),
    close: () => {
      isClosed = true;
      return source.close();
    },
  };
}

/** Loaded only where it is used: an idle agent should be small. */
async function byChokidar(options: SourceOptions): Promise<Source> {
  const { watchByChokidar } = await import('./chokidar.ts');
  return watchByChokidar(options);
}
