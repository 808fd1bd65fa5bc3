import { isoTime } from '../clock.ts';
import type { StateDocument } from '../state/schema.ts';
import type { FoundRegression } from '../triage/regressions.ts';
import type { Triage } from '../triage/triage.ts';
import type { Parts } from './parts.ts';

type Triaged = Extract<Triage, { kind: 'triaged' }>;
type Landing = StateDocument['landings'][number];

/** More than these and the oldest is forgotten; the baseline still knows that its tests are red. */
const maxMuted = 200;

interface Sifted {
  readonly muted: readonly FoundRegression[];
  readonly others: readonly FoundRegression[];
}

/**
 * Undo means no. A regression whose fix the person has undone, by command or in the editor, is left red until its tests
 * were green again.
 */
export async function siftMuted(parts: Parts, { regressions, snapshot }: Triaged): Promise<Sifted> {
  const muted: FoundRegression[] = [];
  const others: FoundRegression[] = [];
  for (const regression of regressions) {
    const { fingerprint, files, tests } = regression;
    const byCommand = parts.state.current.muted.some((entry) => entry.fingerprint === fingerprint);
    const byHand = byCommand ? undefined : await takenBack(parts, fingerprint, snapshot.tree);
    if (!byCommand && byHand === undefined) {
      others.push(regression);
      continue;
    }
    muted.push(regression);
    await noteMute(parts, fingerprint, byHand);
    const titles = tests.slice(0, 5).map(({ title }) => title);
    parts.events.emit({ type: 'regression.muted', fingerprint, files, tests: titles, byHand: byHand !== undefined });
  }
  return { muted, others };
}

/** The landing that mended this before, if every file of it is again what it was before the landing. */
async function takenBack({ state, workspace }: Parts, fingerprint: string, tree: string): Promise<Landing | undefined> {
  const landing = state.current.landings.findLast(
    (entry) => entry.fingerprint === fingerprint && entry.status === 'landed',
  );
  if (landing === undefined) return undefined;
  for (const { path, old_blob } of landing.files) {
    const bytes = await workspace.file(tree, path);
    const now = bytes === undefined ? '0'.repeat(old_blob.length) : workspace.blobId(bytes);
    if (now !== old_blob) return undefined;
  }
  return landing;
}

async function noteMute({ state, clock }: Parts, fingerprint: string, undone: Landing | undefined): Promise<void> {
  await state.update((draft) => {
    const known = draft.muted.find((entry) => entry.fingerprint === fingerprint);
    if (known !== undefined) known.seen = true;
    else draft.muted.push({ fingerprint, task_id: undone?.task_id, muted_at: isoTime(clock.now()), seen: true });
    draft.muted.splice(0, draft.muted.length - maxMuted);
    const landing = draft.landings.findLast(
      ({ task_id, status }) => task_id === undone?.task_id && status === 'landed',
    );
    if (landing !== undefined) landing.status = 'undone';
  });
}

/** A mute ends when its tests were green: the next time that they break is another story. */
export async function forgetGreenMutes({ state, baseline }: Parts): Promise<void> {
  if (!state.current.muted.some(({ seen }) => seen === true)) return;
  const red = new Set(
    Object.values(baseline.current?.document.tests ?? {})
      .filter(({ status }) => status === 'red')
      .map(({ fingerprint }) => fingerprint),
  );
  const isOver = (entry: StateDocument['muted'][number]): boolean =>
    entry.seen === true && !red.has(String(entry.fingerprint));
  if (!state.current.muted.some(isOver)) return;
  await state.update((draft) => {
    draft.muted = draft.muted.filter((entry) => !isOver(entry));
  });
}
