import { type FSWatcher, lstatSync, readdirSync, watch } from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';
import { codeOf } from '../errors.ts';
import { type BytePath, below, isWithin, toText } from '../workspace/paths.ts';
import { isWatched } from './scope.ts';
import type { Source, SourceOptions } from './source.ts';

const foldersAtATime = 50;

/** One watch for each folder, as inotify has them. */
export async function watchByFolder(options: SourceOptions): Promise<Source> {
  const source = new FolderSource(options);
  await source.open();
  return source;
}

class FolderSource implements Source {
  readonly #options: SourceOptions;
  readonly #watches = new Map<BytePath, FSWatcher>();
  readonly #blind = new Set<BytePath>();
  #work: Promise<void> = Promise.resolve();
  #isClosed = false;
  #hasToldFault = false;

  constructor(options: SourceOptions) {
    this.#options = options;
  }

  get blind(): number {
    return this.#blind.size;
  }

  open(): Promise<void> {
    return this.#enqueue('');
  }

  async retry(): Promise<void> {
    const folders = [...this.#blind];
    this.#blind.clear();
    this.#hasToldFault = false;
    await Promise.all(folders.map((folder) => this.#enqueue(folder)));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const watcher of this.#watches.values()) watcher.close();
    this.#watches.clear();
    await this.#work;
  }

  #enqueue(folder: BytePath): Promise<void> {
    this.#work = this.#work.then(() => this.#enter(folder));
    return this.#work;
  }

  /** Each folder is watched before it is listed: what comes in between is told or found, never missed. */
  async #enter(top: BytePath): Promise<void> {
    const waiting = [top];
    let entered = 0;
    for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
      if (this.#isClosed) return;
      this.#watch(folder);
      for (const name of this.#foldersIn(folder)) waiting.push(folder === '' ? name : `${folder}/${name}`);
      entered += 1;
      if (entered % foldersAtATime === 0) await breathe();
    }
    if (top !== '') this.#tell(top, this.#options.onFolder);
  }

  #watch(folder: BytePath): void {
    if (this.#watches.has(folder)) return;
    try {
      const options = { encoding: 'latin1' } as const;
      const watcher = watch(below(this.#options.root, folder), options, (event, name) =>
        this.#onEvent(folder, event, name ?? ''),
      );
      watcher.on('error', (error) => this.#onError(folder, error));
      this.#watches.set(folder, watcher);
    } catch (error) {
      this.#onError(folder, error);
    }
  }

  #onError(folder: BytePath, error: unknown): void {
    const code = codeOf(error);
    this.#watches.get(folder)?.close();
    this.#watches.delete(folder);
    // Gone again, or not ours to read: no snapshot holds it either.
    if (this.#isClosed || code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return;
    this.#blind.add(folder);
    if (this.#hasToldFault) return;
    this.#hasToldFault = true;
    this.#options.onFault(error);
  }

  #onEvent(folder: BytePath, event: string, name: string): void {
    if (this.#isClosed) return;
    const path = folder === '' ? name : `${folder}/${name}`;
    if (name === '' || this.#options.isIgnored(toText(path))) return;
    const isFolder = event === 'rename' && this.#follow(path);
    if (!isFolder) this.#tell(path, this.#options.onPath);
  }

  /** Whether there is or was a folder at this path; then its watches are made anew or taken away. */
  #follow(path: BytePath): boolean {
    const wasFolder = this.#watches.has(path);
    if (wasFolder) this.#leave(path);
    if (!this.#isOfInterest(path)) return false;
    const stats = this.#stats(path);
    if (stats?.isDirectory()) void this.#enqueue(path);
    else if (wasFolder) this.#tell(path, this.#options.onFolder);
    return wasFolder || stats?.isDirectory() === true;
  }

  #leave(top: BytePath): void {
    for (const [folder, watcher] of this.#watches) {
      if (!isWithin(folder, top)) continue;
      watcher.close();
      this.#watches.delete(folder);
    }
    for (const folder of this.#blind) if (isWithin(folder, top)) this.#blind.delete(folder);
  }

  #foldersIn(folder: BytePath): BytePath[] {
    try {
      const entries = readdirSync(below(this.#options.root, folder), { encoding: 'latin1', withFileTypes: true });
      const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
      return names.filter((name) => this.#isOfInterest(folder === '' ? name : `${folder}/${name}`));
    } catch {
      return [];
    }
  }

  /** A folder that is watched, or on the way to what is, so that a watched path may come later. */
  #isOfInterest(path: BytePath): boolean {
    const text = toText(path);
    const { watchPaths, isIgnored } = this.#options;
    if (isIgnored(text)) return false;
    return isWatched(text, watchPaths) || watchPaths.some((watched) => isWithin(watched, text));
  }

  #tell(path: BytePath, told: (path: string) => void): void {
    if (this.#isClosed) return;
    const text = toText(path);
    if (isWatched(text, this.#options.watchPaths)) told(text);
  }

  #stats(path: BytePath): ReturnType<typeof lstatSync> | undefined {
    try {
      return lstatSync(below(this.#options.root, path), { throwIfNoEntry: false });
    } catch {
      return undefined;
    }
  }
}
