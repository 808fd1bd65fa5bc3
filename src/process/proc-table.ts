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
  birthOf,
  read: async (since) => {
    try {
      return readAll(since);
    } catch {
      return undefined;
    }
  },
  ownMarker: () => {
    try {
      return markerOf('self') ?? [];
    } catch {
      return [];
    }
  },
};

function birthOf(pid: number): number | undefined {
  try {
    const stat = readStat(String(pid));
    return typeof stat === 'string' ? undefined : stat.row.birth;
  } catch {
    return undefined;
  }
}

function readAll(since: number | undefined): Snapshot {
  const rows: Row[] = [];
  const unclear: string[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readStat(name);
    if (stat === 'hidden') continue;
    if (stat === 'gone') unclear.push(name);
    else if (since !== undefined && stat.row.birth < since) continue;
    else if (stat.dead) unclear.push(rowKey(stat.row));
    else rows.push(stat.row);
  }
  return { rows, unclear };
}

function readStat(name: string): { readonly row: Row; readonly dead: boolean } | 'gone' | 'hidden' {
  const text = readProc(name, 'stat');
  if (text === 'gone' || text === 'hidden') return text;
  // The name of the program stands in parentheses and may hold anything, parentheses too.
  const [state = '', ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 4]);
  const pid = Number(text.slice(0, text.indexOf(' ')));
  const isKernelThread = (field(9) & KERNEL_THREAD) !== 0;
  // The first thread may end before the others: then the process lives on behind a zombie.
  const dead = state === 'X' || (state === 'Z' && field(20) <= 1);
  const row: Row = {
    pid,
    ppid: field(4),
    group: field(5),
    session: field(6),
    birth: field(22),
    stopped: state === 'T' || state === 't',
    blocked: state === 'D',
    marker: () => (isKernelThread ? [] : markerOf(name)),
    endsAtTerm: () => endsAtTerm(name),
  };
  return { row, dead };
}

function markerOf(name: string): readonly string[] | undefined {
  // Empty for an instant while a program is replaced by another; a second look mostly settles it.
  for (let attempt = 0; attempt < 3; attempt += 1) {
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
