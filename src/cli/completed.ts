/** What can stand in a place: these words, ids of what there is, paths, or anything. */
export type Values = readonly string[] | 'ids' | 'files' | 'folders' | 'anything';

export interface CompletedOption {
  /** `-n`, `--lines` */
  readonly flags: readonly string[];
  readonly does: string;
  /** Undefined: it takes none. */
  readonly value: Values | undefined;
}

export interface CompletedCommand {
  readonly name: string;
  readonly does: string;
  readonly options: readonly CompletedOption[];
  /** Undefined: it takes none. */
  readonly argument: Values | undefined;
}
