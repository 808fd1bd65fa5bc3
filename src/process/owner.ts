import { readlinkSync } from 'node:fs';
import { endFamily } from './control.ts';
import { Family, systemTable } from './family.ts';
import type { Row } from './table.ts';

const graceMs = 2_000;
const pattern = /^owner-(\d+)-([\d.]+)-(\w+)$/;

/**
 * An element for the marker of what this process starts, by which anybody can tell whether this process still lives. With
 * another user, or in another container, the same number means another process.
 */
export async function ownerElement(): Promise<string | undefined> {
  const birth = systemTable.birthOf(process.pid) ?? (await ownRow())?.birth;
  return birth === undefined ? undefined : `owner-${process.pid}-${birth}-${space()}`;
}

/**
 * Ends what carries the mark of an owner that is gone, since nobody else will: one that was killed could not. Never
 * rejects. Resolves to the number of processes that were reached.
 */
export async function reapOrphans(): Promise<number> {
  const rows = (await systemTable.read(undefined))?.rows ?? [];
  // What carries it is around this very process.
  const ours = new Set(rows.find(({ pid }) => pid === process.pid)?.marker() ?? []);
  const owners = new Set(rows.flatMap((row) => row.marker() ?? []).filter((element) => pattern.test(element)));
  const gone = [...owners].filter((element) => !ours.has(element) && isGone(element, rows));
  const ended = await Promise.all(gone.map((element) => endFamily(new Family(element), graceMs)));
  return ended.reduce((sum, { reached }) => sum + reached, 0);
}

function isGone(element: string, rows: readonly Row[]): boolean {
  const [, pid, birth, where] = pattern.exec(element) ?? [];
  if (where !== space()) return false;
  const slack = systemTable.birthSlack;
  return !rows.some((row) => row.pid === Number(pid) && Math.abs(row.birth - Number(birth)) <= slack);
}

async function ownRow(): Promise<Row | undefined> {
  return (await systemTable.read(undefined))?.rows.find(({ pid }) => pid === process.pid);
}

/** Whose numbers of processes these are. */
function space(): string {
  const user = process.getuid?.() ?? 0;
  try {
    return `${user}_${/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0]}`;
  } catch {
    return `${user}_0`;
  }
}
