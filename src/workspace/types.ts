/** The working tree at one moment, kept as a tree in the private repository. Ids are 40 hex digits. */
export interface Snapshot {
  readonly tree: string;
}

export type ChangeKind = 'added' | 'modified' | 'deleted';

/** One path that differs between two trees. Renames are a deletion and an addition. */
export interface TreeChange {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly kind: ChangeKind;
  /** Git modes, `000000` where absent: `100644`, `100755`, `120000` (link). */
  readonly oldMode: string;
  readonly newMode: string;
  /** Blob ids, forty zeros where absent. */
  readonly oldBlob: string;
  readonly newBlob: string;
}

/** What a fixer did to a lane: two trees, and how they differ. */
export interface Patch {
  /** The snapshot that it was made on. */
  readonly base: Snapshot;
  /** The same with the patch applied. */
  readonly result: Snapshot;
  readonly changes: readonly TreeChange[];
  /** As `git diff --binary` prints it; `git apply` takes it. */
  readonly text: string;
}

export type Replay =
  | { readonly kind: 'replayed'; readonly patch: Patch }
  | { readonly kind: 'conflict'; readonly paths: readonly string[] };

/** How the project's HEAD went from one commit to another. */
export interface HeadMove {
  /** Another commit was brought into the tree (checkout, pull, rebase, reset …); else the person only committed. */
  readonly isSwitch: boolean;
  /** After a switch: what HEAD holds at each path, as blobs of the project's own repository. */
  readonly blobs: ReadonlyMap<string, string>;
}

/** A private checkout of a snapshot. One user at a time. */
export interface Lane {
  readonly name: string;
  readonly root: string;
  /** What its links lead to outside of it: the installed packages and other ignored paths. As of the last move. */
  readonly linkedFrom: readonly string[];
  /** Makes the lane equal to the snapshot; ignored files and caches of the lane stay. Links of `node_modules` are kept up. */
  move(to: Snapshot): Promise<void>;
  /** As `move`, but first removes everything that is not in the snapshot (`clean -ffdx`) and builds the links anew. */
  renew(to: Snapshot): Promise<void>;
  /**
   * Does the one or the other ahead of time. Nothing may run in the lane until the next `move`, which then only has to
   * write the files that differ.
   */
  ready(to: Snapshot, how?: 'move' | 'renew'): Promise<void>;
  /** Resolves when nothing of the above is under way any more, whatever came of it. */
  settled(): Promise<void>;
  /** What was changed in the lane since `base`, or undefined when nothing was. */
  takePatch(base: Snapshot): Promise<Patch | undefined>;
}

/**
 * Something in the working tree that is in no snapshot although no rule excludes it; or a package that lanes only have as
 * a link, although it loads packages of the project, which then are the person's own.
 */
export interface Skipped {
  readonly path: string;
  readonly reason: 'submodule' | 'nested repository' | 'unreadable' | 'too large' | 'path too long' | 'large package';
}

export type LaneName = 'triage' | 'plan' | 'fix' | 'verify';

/** The watched project as snapshots and lanes. The project's own `.git` is only ever read. */
export interface Workspace {
  /** The project's root, real path. */
  readonly root: string;
  /** The project's current HEAD commit, or undefined without git or without a commit. */
  head(): Promise<string | undefined>;
  /** Changes whenever HEAD moves, by a commit or a switch; costs two questions to the file system. */
  headStamp(): string;
  /** The address of the remote `origin` as it is written, or undefined. */
  origin(): Promise<string | undefined>;
  /** How HEAD went from one commit to another, or undefined where git has not noted it. */
  headMove(from: string, to: string): Promise<HeadMove | undefined>;
  /**
   * Takes the working tree as it is. With `paths` (relative to the root) only those are looked at, on top of the last
   * snapshot: for callers that know what changed.
   */
  snapshot(paths?: readonly string[]): Promise<Snapshot>;
  /** A tree that a snapshot had, as one again. Rejects when it is not kept any more. */
  snapshotOf(tree: string): Promise<Snapshot>;
  /** How two trees differ, by path. */
  changes(from: string, to: string): Promise<readonly TreeChange[]>;
  /** The difference as unified text for people and prompts, cut to `limit` characters with a note. */
  diff(from: string, to: string, options: { paths?: readonly string[]; limit: number }): Promise<string>;
  /** The bytes of a blob. */
  blob(id: string): Promise<Buffer>;
  /** The bytes of a path in a tree, or undefined. */
  file(tree: string, path: string): Promise<Buffer | undefined>;
  /** All paths in a tree. */
  list(tree: string): Promise<readonly string[]>;
  /** The git blob id that these bytes would have: what a watch event is compared with. */
  blobId(bytes: Uint8Array): string;
  /** The patch that leads from a snapshot to a tree of an earlier patch. Rejects when that is not kept any more. */
  patch(base: Snapshot, tree: string): Promise<Patch>;
  /** The same patch on a newer snapshot, merged where the texts allow. */
  replay(patch: Patch, onto: Snapshot): Promise<Replay>;
  /** Merges two versions of a file that came from one; undefined when both changed the same lines, or it is not text. */
  mergeFile(versions: {
    readonly current: Uint8Array;
    readonly base: Uint8Array;
    readonly other: Uint8Array;
  }): Promise<Buffer | undefined>;
  /** Files and folders (these end in `/`) that the project's ignore rules exclude, relative to the root. */
  ignored(): Promise<readonly string[]>;
  /** What the last snapshot of the whole tree had to leave out, and the lanes until now, with the reason. */
  skipped(): readonly Skipped[];
  /** Each worker has lanes of its own, from 1; they are made when they are first asked for. */
  lane(name: LaneName, worker?: number): Lane;
  /** Removes what old snapshots left in the private repository, where that has become much. For a quiet moment. */
  tidy(): Promise<void>;
  /**
   * As `tidy`, also where little is to be gained: for a cache that has become too large. First the lanes are emptied; nobody
   * may use one in this moment, and the next to do so finds it as after a start.
   */
  shrink(): Promise<void>;
  close(): Promise<void>;
}
