import { readdirSync, readFileSync } from 'node:fs';
import { elementsOf, MARKER } from './marker.ts';
import { type ProcessTable, type Row, rowKey, type Snapshot } from './table.ts';

/** From include/linux/sched.h; such a process never has an environment. */
const KERNEL_THREAD = 0x00200000;
/** The bit of SIGTERM in the masks of /proc/PID/status. */
const TERM_BIT = 1 << 14;

/**
 * Linux: /proc/PID/stat and /proc/PID/environ, proc(5). Read synchronously on purpose: about ten microseconds a file,
 * and nothing of ours can happen between the look at a process and the signal that follows.
 */
export const procTable: ProcessTable = {
  birthSlack: 0,
  birthOf: (pid) => attempt(() => readBirth(pid)),
  read: async (since) => attempt(() => readAll(since)),
  ownMarker: () => attempt(() => markerOf('self')) ?? [],
};

interface ProcRow extends Row {
  /** A zombie: it only waits to be collected by its parent. */
  readonly dead: boolean;
}

function readBirth(pid: number): number | undefined {
  const row = readRow(String(pid));
  return typeof row === 'string' ? undefined : row.birth;
}

function readAll(since: number | undefined): Snapshot {
  const rows: Row[] = [];
  const unclear: string[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const row = readRow(name);
    if (row === 'hidden') continue;
    if (row === 'gone') unclear.push(name);
    else if (since !== undefined && row.birth < since) continue;
    else if (row.dead) unclear.push(rowKey(row));
    else rows.push(row);
  }
  return { rows, unclear };
}

function readRow(name: string): ProcRow | 'gone' | 'hidden' {
  const text = readProc(name, 'stat');
  if (text === 'gone' || text === 'hidden') return text;
  // The name of the program stands in parentheses and may hold anything, parentheses too.
  const [state = '', ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 4]);
  const pid = Number(text.slice(0, text.indexOf(' ')));
  const isKernelThread = (field(9) & KERNEL_THREAD) !== 0;
  return {
    pid,
    ppid: field(4),
    group: field(5),
    session: field(6),
    birth: field(22),
    stopped: state === 'T' || state === 't',
    blocked: state === 'D',
    // The first thread may end before the others: then the process lives on behind a zombie.
    dead: state === 'X' || (state === 'Z' && field(20) <= 1),
    marker: () => (isKernelThread ? [] : attempt(() => markerOf(name))),
    endsAtTerm: () => attempt(() => endsAtTerm(name)) ?? false,
  };
}

function markerOf(name: string): readonly string[] | undefined {
  // Empty for an instant while a program is replaced by another; a second look mostly settles it.
  for (let look = 0; look < 3; look += 1) {
    const environment = readProc(name, 'environ');
    if (environment === 'gone') return undefined;
    // Another user's process: as far as this user can tell, not marked.
    if (environment === 'hidden') return [];
    if (environment !== '') return findMarker(environment);
  }
  return undefined;
}

function endsAtTerm(name: string): boolean {
  const masks = [...readProc(name, 'status').matchAll(/^Sig(?:Blk|Ign|Cgt):\s*(\w+)$/gm)];
  return masks.length === 3 && masks.every(([, mask = '']) => (Number.parseInt(mask.slice(-4), 16) & TERM_BIT) === 0);
}

/** This process may have no file descriptor left, for one: then the caller has to do without the answer. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Throws when the file could not be read for a reason that is not the process's, such as too many open files. */
function readProc(name: string, file: string): string {
  try {
    return readFileSync(`/proc/${name}/${file}`, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return 'gone';
    if (code === 'EACCES' || code === 'EPERM') return 'hidden';
    throw error;
  }
}

function findMarker(environment: string): readonly string[] {
  if (!environment.includes(MARKER)) return [];
  const entry = environment.split('\0').find((line) => line.startsWith(`${MARKER}=`));
  return elementsOf(entry?.slice(MARKER.length + 1));
}
