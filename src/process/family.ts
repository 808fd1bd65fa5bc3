import { existsSync } from 'node:fs';
import { ownElement } from './marker.ts';
import { procTable } from './proc-table.ts';
import { psTable } from './ps-table.ts';
import { type ProcessTable, type Row, rowKey } from './table.ts';

export const systemTable: ProcessTable = existsSync('/proc/self/stat') ? procTable : psTable;

export interface Sight {
  readonly members: readonly Row[];
  /** False when a process ended while we looked, so that a child of it may have been missed: look again. */
  readonly complete: boolean;
}

/**
 * A process and all its descendants: whoever carries the marker, is in the session of the first process, was a member
 * before, or has a member as parent. The marker finds daemons in sessions of their own; the other ways find programs
 * that were started with an empty environment.
 */
export class Family {
  readonly rootPid: number | undefined;
  readonly #element: string;
  readonly #table: ProcessTable;
  #rootBirth: number | undefined;
  #known = new Map<number, number>();
  #unclear = new Set<string>();

  /** Without `rootPid`, known by the marker alone. */
  constructor(marker: string, rootPid?: number, table: ProcessTable = systemTable) {
    this.#element = ownElement(marker);
    this.#table = table;
    this.rootPid = rootPid;
    this.#rootBirth = rootPid === undefined ? undefined : table.birthOf(rootPid);
  }

  async look(): Promise<Sight> {
    const snapshot = await this.#table.read(this.#rootBirth);
    if (!snapshot) return { members: this.#withoutTable(), complete: true };
    const rows = snapshot.rows.filter((row) => row.pid !== process.pid);
    const unclear = new Set(snapshot.unclear);
    const members = this.#choose(rows, unclear);
    // What was unclear the last time too is not a process that has just ended: a zombie that nobody collects.
    const complete = [...unclear].every((key) => this.#unclear.has(key));
    this.#unclear = unclear;
    this.#known = new Map(members.map((row) => [row.pid, row.birth]));
    return { members, complete };
  }

  #choose(rows: readonly Row[], unclear: Set<string>): Row[] {
    const chosen = new Map<number, Row>();
    // The first process has ended and its number went to a stranger: then so may its session have.
    const reused = rows.some((row) => row.pid === this.rootPid && !this.#isRoot(row));
    for (const row of rows) {
      const inSession = !reused && row.session === this.rootPid;
      if (inSession || this.#isRoot(row) || this.#isBirth(row, this.#known.get(row.pid))) chosen.set(row.pid, row);
      else {
        const marker = row.marker();
        if (!marker) unclear.add(rowKey(row));
        else if (marker.includes(this.#element)) chosen.set(row.pid, row);
      }
    }
    for (let size = -1; size !== chosen.size; ) {
      size = chosen.size;
      for (const row of rows) if (chosen.has(row.ppid)) chosen.set(row.pid, row);
    }
    return [...chosen.values()];
  }

  #isRoot(row: Row): boolean {
    if (row.pid !== this.rootPid) return false;
    if (this.#rootBirth === undefined && row.ppid === process.pid) this.#rootBirth = row.birth;
    return this.#isBirth(row, this.#rootBirth);
  }

  #isBirth(row: Row, birth: number | undefined): boolean {
    return birth !== undefined && Math.abs(row.birth - birth) <= this.#table.birthSlack;
  }

  /** The system does not list its processes: only the first one is left to act on, by its group. */
  #withoutTable(): Row[] {
    const pid = this.rootPid;
    if (pid === undefined) return [];
    try {
      process.kill(-pid, 0);
    } catch {
      return [];
    }
    const rest = {
      ppid: process.pid,
      birth: 0,
      stopped: false,
      blocked: true,
      marker: () => [],
      endsAtTerm: () => false,
    };
    return [{ pid, group: pid, session: pid, ...rest }];
  }
}
