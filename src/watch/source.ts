export interface SourceOptions {
  /** Real path. */
  readonly root: string;
  /** Relative to the root; `['.']` for all of it. */
  readonly watchPaths: readonly string[];
  /** Whether a path relative to the root (with `/`) is never looked at; asked for folders too, which prunes them. */
  readonly isIgnored: (path: string) => boolean;
  /** A path relative to the root at which something happened. A hint: what happened is for the tree to say. */
  readonly onPath: (path: string) => void;
  /** The same for a folder that came or went: anything below it may have changed. */
  readonly onFolder: (path: string) => void;
  readonly onFault: (error: unknown) => void;
}

/** What tells that something happens in the tree. */
export interface Source {
  /** How many folders cannot be watched at present. */
  readonly blind: number;
  /** Tries again to watch those. */
  retry(): Promise<void>;
  close(): Promise<void>;
}
