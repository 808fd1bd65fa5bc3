/** One living process as the system lists it. */
export interface Row {
  readonly pid: number;
  readonly ppid: number;
  readonly group: number;
  /** The process group where the system does not tell the session. */
  readonly session: number;
  /** When it started, in the unit of its table: with the pid it tells a process from a later one with the same pid. */
  readonly birth: number;
  readonly stopped: boolean;
  /** Waits in the kernel where signals do not reach it, as the parent of a vfork does. */
  readonly blocked: boolean;
  /** Elements of its marker; undefined when it has just gone or is between two programs. */
  readonly marker: () => readonly string[] | undefined;
  /** It neither catches nor ignores TERM, as far as the system tells. */
  readonly endsAtTerm: () => boolean;
}

export interface Snapshot {
  readonly rows: readonly Row[];
  /** Processes that ended while the list was read: a child that they left may be missing from it. */
  readonly unclear: readonly string[];
}

/** The way of one operating system to list processes. */
export interface ProcessTable {
  /** Greatest difference between two readings of the birth of one process. */
  readonly birthSlack: number;
  birthOf(pid: number): number | undefined;
  /** Without what started before `since`. Undefined when the system does not answer. */
  read(since: number | undefined): Promise<Snapshot | undefined>;
  /** Elements of the marker of this very process. */
  ownMarker(): readonly string[];
}

export function rowKey(row: { readonly pid: number; readonly birth: number }): string {
  return `${row.pid}@${row.birth}`;
}
