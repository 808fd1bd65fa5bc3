import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, endsWithin } from '../clock.ts';
import { codeOf } from '../errors.ts';
import { temporaryFile } from '../workspace/paths.ts';
import type { Skipped, Snapshot, Workspace } from '../workspace/types.ts';
import { type DebounceLimits, Debouncer } from './debouncer.ts';
import { sentence } from './faults.ts';
import { Outlook } from './outlook.ts';
import { isWatched } from './scope.ts';
import { SeenTree } from './seen.ts';
import type { watchTree } from './watch-tree.ts';

/** Files that changed together, relative to the root. What they contain is for a snapshot to say. */
export interface ChangeBatch {
  readonly files: readonly string[];
}

export interface WatcherOptions {
  readonly workspace: Workspace;
  readonly watchPaths: readonly string[];
  readonly debounce: DebounceLimits;
  readonly clock: Clock;
  /** How often the tree itself is asked, since events can be lost. */
  readonly reconcileMs: number;
  /** The same while some folders cannot be watched. */
  readonly pollMs: number;
  /** A batch begins to be collected; it may turn out that nothing has changed. */
  readonly onStir?: () => void;
  /** Called one batch at a time; the next waits until this one is kept. A batch that is rejected comes again with the next. */
  readonly onBatch: (batch: ChangeBatch) => Promise<void>;
  readonly onFault: (message: string) => void;
  /** What is in no snapshot although no rule excludes it, told at the start and when that changes: what is new of it, and all. */
  readonly onSkipped: (news: readonly Skipped[], all: readonly Skipped[]) => void;
  readonly watch?: typeof watchTree;
}

const limits = {
  /** Larger files are compared by the next snapshot instead of being read into memory here. */
  hashBytes: 4 * 1024 * 1024,
  /** More paths than these are compared by one snapshot instead of being read one by one. */
  siftedPaths: 200,
};

/** Turns what happens in the working tree into batches of files that really changed. */
export class Watcher {
  readonly seen: SeenTree;
  readonly #options: WatcherOptions;
  readonly #debouncer: Debouncer;
  readonly #outlook: Outlook;
  readonly #stop = new AbortController();
  #ignored: ReadonlySet<string> = new Set();
  /** Changed, and not yet kept by anyone: nobody else will find these paths again, since they count as seen. */
  readonly #undelivered = new Set<string>();
  #work: Promise<void> = Promise.resolve();
  #toldSkipped: ReadonlySet<string> | undefined;
  /** Other repositories inside of this one: what happens in them is no change of this project. */
  #foreign: ReadonlySet<string> = new Set();
  #isReconcileDue = false;
  #isWell = true;

  constructor(options: WatcherOptions) {
    const { workspace, clock, debounce, onStir } = options;
    this.#options = options;
    this.seen = new SeenTree(workspace);
    this.#outlook = new Outlook({
      ...options,
      root: workspace.root,
      fileCount: () => this.seen.size,
      headStamp: () => workspace.headStamp(),
      isIgnored: (path) => this.#isIgnored(path),
      onPath: (path) => this.#debouncer.push(path),
      onFolder: (path) => this.#debouncer.push(`${path}/`),
      reconcile: () => this.reconcile(),
    });
    this.#debouncer = new Debouncer(debounce, clock, (paths) => this.#enqueue(() => this.#sift(paths)), onStir);
  }

  /** Whether changes are seen as they happen. */
  get healthy(): boolean {
    return this.#outlook.isClear && this.#isWell;
  }

  /**
   * Starts watching. Whatever differs from `sinceTree` (the last tree that was triaged) comes as the first batch;
   * without one, the tree as it is now counts as seen. Gives the tree that it started from.
   */
  async start(sinceTree: string | undefined): Promise<Snapshot> {
    const { workspace } = this.#options;
    const [first] = await Promise.all([workspace.snapshot(), this.#readRules()]);
    await this.seen.look(first, { since: this.seen.moment });
    this.#tellSkipped();
    await this.#outlook.open();
    if (sinceTree !== undefined && sinceTree !== first.tree) {
      for (const path of await this.#changesSince(sinceTree, first.tree)) this.#undelivered.add(path);
      this.#enqueue(() => this.#deliver());
    }
    // Changes between the first snapshot and the last watch came without an event.
    void this.reconcile();
    await this.#work;
    return first;
  }

  /** Whether what it has begun comes to its end within this time. */
  answers(withinMs: number): Promise<boolean> {
    return endsWithin(this.#options.clock, this.#work, withinMs);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#outlook.close();
    // Only now: an event on the way would start it again.
    this.#debouncer.close();
    await this.#work;
  }

  /** Asks the tree itself, now. */
  reconcile(): Promise<void> {
    if (this.#isReconcileDue) return this.#work;
    this.#isReconcileDue = true;
    this.#outlook.noteReconciled();
    this.#enqueue(
      () => this.#compare(),
      () => {
        this.#isReconcileDue = false;
      },
    );
    return this.#work;
  }

  #enqueue(job: () => Promise<void>, begin: () => void = () => undefined): void {
    this.#work = this.#work.then(async () => {
      begin();
      if (this.#stop.signal.aborted || this.#outlook.isAway()) return;
      try {
        await job();
        this.#isWell = true;
      } catch (error) {
        this.#isWell = false;
        if (!this.#outlook.isAway()) this.#options.onFault(sentence(error));
      }
    });
  }

  async #readRules(): Promise<void> {
    this.#ignored = new Set((await this.#options.workspace.ignored()).map((path) => path.replace(/\/$/, '')));
  }

  #isIgnored(path: string): boolean {
    if (path === '.git' || path.startsWith('.git/') || /(^|\/)node_modules(\/|$)/.test(path)) return true;
    if (temporaryFile.test(path)) return true;
    return this.#ignored.has(path) || this.#foreign.has(path);
  }

  /** Keeps the paths whose content is not what was last seen. A path that ends in `/` is a folder that came or went. */
  async #sift(paths: readonly string[]): Promise<void> {
    // Folders came: some may be what the rules exclude, as a build's output is.
    if (paths.some((path) => path.endsWith('/'))) await this.#readRules();
    // A name that is no text cannot be asked for by its name.
    const isNameless = paths.some((path) => path.includes('\ufffd'));
    if (isNameless || paths.length > limits.siftedPaths) return this.#compare();
    const unsure: string[] = [];
    for (const path of paths) {
      const known = this.seen.blob(path);
      const now = path.endsWith('/') ? 'unsure' : await this.#blobNow(path);
      if (now === 'unsure' || (known === undefined && now !== undefined)) unsure.push(path.replace(/\/$/, ''));
      else if (now !== known) {
        this.seen.note(path, now);
        this.#undelivered.add(path);
      }
    }
    // Only a snapshot knows the ignore rules: a path never seen before is asked there.
    await this.#compare(unsure);
  }

  /** Looks at the tree, or at some paths of it, and hands on what is new. */
  async #compare(asked?: readonly string[]): Promise<void> {
    try {
      if (asked?.length !== 0) await this.#look(asked);
    } finally {
      await this.#deliver();
    }
  }

  async #look(asked: readonly string[] | undefined): Promise<void> {
    const since = this.seen.moment;
    const snapshot = await this.#options.workspace.snapshot(asked);
    this.#tellSkipped();
    // Taken of an empty place, it would tell that everything was deleted.
    if (this.#outlook.isAway()) return;
    const news = await this.seen.look(snapshot, asked === undefined ? { since } : { since, asked });
    for (const path of news) if (isWatched(path, this.#options.watchPaths)) this.#undelivered.add(path);
  }

  #tellSkipped(): void {
    const skipped = this.#options.workspace.skipped();
    const told = this.#toldSkipped;
    const news = skipped.filter(({ path }) => !told?.has(path));
    const hasChanged = told === undefined || news.length > 0 || skipped.length < told.size;
    this.#toldSkipped = new Set(skipped.map(({ path }) => path));
    this.#foreign = new Set(skipped.flatMap(({ path, reason }) => (isRepository(reason) ? [path] : [])));
    if (hasChanged) this.#options.onSkipped(news, skipped);
  }

  async #deliver(): Promise<void> {
    if (this.#undelivered.size === 0 || this.#outlook.isAway()) return;
    await this.#options.onBatch({ files: [...this.#undelivered] });
    this.#undelivered.clear();
  }

  async #blobNow(path: string): Promise<string | undefined | 'unsure'> {
    const file = join(this.#options.workspace.root, path);
    try {
      const stats = await lstat(file);
      if (!stats.isFile() || stats.size > limits.hashBytes) return 'unsure';
      return this.#options.workspace.blobId(await readFile(file));
    } catch (error) {
      return codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR' ? undefined : 'unsure';
    }
  }

  async #changesSince(from: string, to: string): Promise<readonly string[]> {
    try {
      const changes = await this.#options.workspace.changes(from, to);
      return changes.map(({ path }) => path).filter((path) => isWatched(path, this.#options.watchPaths));
    } catch {
      // The cache was emptied since, and nobody can say any more what changed: all of it is looked at.
      const all = await this.#options.workspace.list(to);
      return all.filter((path) => isWatched(path, this.#options.watchPaths));
    }
  }
}

function isRepository(reason: Skipped['reason']): boolean {
  return reason === 'submodule' || reason === 'nested repository';
}
