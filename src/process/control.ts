import { systemClock } from '../clock.ts';
import type { Family } from './family.ts';
import { type Row, rowKey } from './table.ts';
import type { ControlReport } from './types.ts';

/** A process that stays after this much killing hangs in the kernel. */
const KILLING_MS = 2_000;
const FREEZING_MS = 1_000;
const LONGEST_WAIT_MS = 150;
/** Looks that find nothing to do but are not complete, before they are believed: strangers end all the time. */
const IDLE_LOOKS = 4;

const { monotonic, sleep } = systemClock;

/**
 * Stops every member, again and again until no running one appears. A process with a pending stop cannot fork, so this
 * ends. Gives up as soon as `wanted` says no. Resolves to the number of members that are stopped.
 */
export async function freeze(family: Family, wanted: () => boolean): Promise<number> {
  const told = new Set<string>();
  const deadlineMs = monotonic() + FREEZING_MS;
  let idleLooks = 0;
  for (;;) {
    const { members, complete } = await family.look();
    if (!wanted()) return 0;
    const running = members.filter((row) => !row.stopped && !(row.blocked && told.has(rowKey(row))));
    idleLooks = running.length === 0 ? idleLooks + 1 : 0;
    const isDone = idleLooks > 0 && (complete || idleLooks >= IDLE_LOOKS);
    if (isDone || monotonic() > deadlineMs) return members.length - running.length;
    if (running.length > 0) signalAll(family, members, members, 'SIGSTOP');
    for (const row of members) told.add(rowKey(row));
    await sleep(1);
  }
}

/** Lets every member go on. A process that stops itself again is left as it wants. Resolves to the number reached. */
export async function thaw(family: Family, wanted: () => boolean): Promise<number> {
  const told = new Set<string>();
  for (;;) {
    const { members } = await family.look();
    if (!wanted()) return told.size;
    // To those that run, too: a stop may be on its way to them.
    const fresh = members.filter((row) => !told.has(rowKey(row)));
    const isDone = told.size > 0 && !fresh.some((row) => row.stopped);
    if (isDone || fresh.length === 0) return told.size;
    signalAll(family, fresh, members, 'SIGCONT');
    for (const row of fresh) told.add(rowKey(row));
  }
}

/** Ends every member: TERM and CONT, up to `graceMs`, then KILL until nobody is left. Never throws. */
export async function endFamily(family: Family, graceMs: number): Promise<ControlReport> {
  const told = new Set<string>();
  const graceEndsMs = monotonic() + graceMs;
  let waitMs = 1;
  let idleLooks = 0;
  for (;;) {
    const lookedMs = monotonic();
    const { members, complete } = await family.look();
    idleLooks = members.length === 0 ? idleLooks + 1 : 0;
    if (idleLooks > 0 && (complete || idleLooks >= IDLE_LOOKS)) return { reached: told.size, survivors: [] };
    const fresh = members.filter((row) => !told.has(rowKey(row)));
    // A shell that has just forked catches TERM in the child, too, and then becomes a program that never heard of it.
    const deaf = members.filter((row) => told.has(rowKey(row)) && row.endsAtTerm());
    for (const row of fresh) told.add(rowKey(row));
    if (monotonic() >= graceEndsMs) return killFamily(family, members, told);
    signalAll(family, [...fresh, ...deaf], members, 'SIGTERM');
    signalAll(family, members, members, 'SIGCONT');
    // Looking costs more where there are many processes, and should not take most of the time.
    waitMs = Math.min(Math.max(Math.min(waitMs * 2, 50), 4 * (monotonic() - lookedMs)), LONGEST_WAIT_MS);
    if (idleLooks === 0) await sleep(Math.min(waitMs, Math.max(1, graceEndsMs - monotonic())));
  }
}

async function killFamily(family: Family, found: readonly Row[], told: Set<string>): Promise<ControlReport> {
  const deadlineMs = monotonic() + KILLING_MS;
  let members = found;
  let idleLooks = 0;
  for (let round = 0; ; round += 1) {
    for (const row of members) told.add(rowKey(row));
    signalAll(family, members, members, 'SIGKILL');
    if (members.length > 0) await sleep(Math.min(round, 20));
    const sight = await family.look();
    members = sight.members;
    idleLooks = members.length === 0 ? idleLooks + 1 : 0;
    const isOver = idleLooks > 0 && (sight.complete || idleLooks >= IDLE_LOOKS);
    if (isOver || monotonic() > deadlineMs) return { reached: told.size, survivors: members.map((row) => row.pid) };
  }
}

/**
 * By group where the whole group is meant and its leader is ours, since the kernel signals a group in one step, even
 * one whose members are replaced faster than they can be listed; one by one otherwise.
 */
function signalAll(family: Family, targets: readonly Row[], members: readonly Row[], signal: NodeJS.Signals): void {
  const meant = new Set(targets);
  const ours = new Set(members.map((row) => row.pid));
  if (family.rootPid !== undefined) ours.add(family.rootPid);
  const spared = new Set(members.filter((row) => !meant.has(row)).map((row) => row.group));
  const groups = new Set(targets.map((row) => row.group).filter((group) => ours.has(group) && !spared.has(group)));
  for (const group of groups) send(-group, signal);
  for (const row of targets) if (!groups.has(row.group)) send(row.pid, signal);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended in the meantime, or belongs to another user: the next look tells.
  }
}
