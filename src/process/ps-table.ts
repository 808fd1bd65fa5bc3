import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { elementsOf, MARKER } from './marker.ts';
import type { ProcessTable, Row, Snapshot } from './table.ts';

const execute = promisify(execFile);
const COLUMNS = 'pid=,ppid=,pgid=,stat=,lstart=,command=';
const LINE = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\w{3}\s+\w{3}\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/;
const MARKED = new RegExp(`(?:^|\\s)${MARKER}=(\\S+)`);

/**
 * Where there is no /proc: ps(1), which prints the environments of the user's own processes after the command (macOS
 * leaves those of protected programs out, so there a process is found by its parents and its group only).
 */
export const psTable: ProcessTable = {
  birthSlack: 1,
  birthOf: () => undefined,
  read: readAll,
  ownMarker: () => [],
};

async function readAll(since: number | undefined): Promise<Snapshot | undefined> {
  const flags = process.platform === 'darwin' ? ['-axww', '-E', '-o', COLUMNS] : ['axeww', '-o', COLUMNS];
  const options = { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }, maxBuffer: 256 << 20, timeout: 10_000 };
  try {
    const { stdout } = await execute('ps', flags, options);
    const rows = stdout.split('\n').flatMap((line) => parseLine(line) ?? []);
    return { rows: rows.filter((row) => since === undefined || row.birth >= since - 1), unclear: [] };
  } catch {
    return undefined;
  }
}

function parseLine(line: string): Row | undefined {
  const [, pid, ppid, group, state = '', started, command = ''] = LINE.exec(line) ?? [];
  if (pid === undefined || /^[ZX]/.test(state)) return undefined;
  return {
    pid: Number(pid),
    ppid: Number(ppid),
    group: Number(group),
    session: Number(group),
    birth: Date.parse(`${started} UTC`) / 1000,
    stopped: state.startsWith('T'),
    blocked: /^[DU]/.test(state),
    marker: () => elementsOf(MARKED.exec(command)?.[1]),
    endsAtTerm: () => false,
  };
}
