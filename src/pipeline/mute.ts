import { isoTime } from '../clock.ts';
import { findTask } from '../queue/transitions.ts';
import type { StateDocument } from '../state/schema.ts';
import { type FoundRegression, fingerprintOf } from '../triage/regressions.ts';
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
 * were green again; so are its tests among others that turned red in the same moment.
 */
export async function siftMuted(parts: Parts, { regressions, snapshot }: Triaged): Promise<Sifted> {
  const muted: FoundRegression[] = [];
  const others: FoundRegression[] = [];
  for (const regression of regressions) {
    const { refused, rest } = await split(parts, regression, snapshot.tree);
    if (rest.tests.length > 0) others.push(rest);
    for (const { fingerprint, tests, undone } of refused) {
      const { files } = regression;
      muted.push({ fingerprint, files, tests });
      await noteMute(parts, fingerprint, undone);
      const titles = tests.slice(0, 5).map(({ title }) => title);
      parts.events.emit({ type: 'regression.muted', fingerprint, files, tests: titles, byHand: undone !== undefined });
    }
  }
  return { muted, others };
}

/** A fix that the person does not want, and the red tests that it would turn green. */
interface Refused {
  readonly fingerprint: string;
  readonly tests: FoundRegression['tests'];
  /** The landing that they have taken back by hand. */
  readonly undone: Landing | undefined;
}

async function split(
  parts: Parts,
  regression: FoundRegression,
  tree: string,
): Promise<{ readonly refused: readonly Refused[]; readonly rest: FoundRegression }> {
  const { muted, landings } = parts.state.current;
  const refused: Refused[] = [];
  let rest = regression;
  const takeOut = (fingerprint: string, tests: FoundRegression['tests'], undone?: Landing): void => {
    refused.push({ fingerprint, tests, undone });
    const left = rest.tests.filter((test) => !tests.includes(test));
    rest = { ...rest, tests: left, fingerprint: fingerprintOf(left.map(({ id }) => id)) };
  };
  for (const { fingerprint, task_id } of muted) {
    const tests = testsOf(parts, String(fingerprint), String(task_id), rest);
    if (tests.length > 0) takeOut(String(fingerprint), tests);
  }
  const latest = new Map(
    landings.flatMap((landing) => (landing.status === 'landed' ? [[landing.fingerprint, landing]] : [])),
  );
  for (const [fingerprint, landing] of latest) {
    if (fingerprint === undefined) continue;
    const tests = testsOf(parts, fingerprint, landing.task_id, rest);
    if (tests.length > 0 && (await isTakenBack(parts, landing, tree))) takeOut(fingerprint, tests, landing);
  }
  return { refused, rest };
}

/** Those of the task, where all of them are among these; of very many only when these are the very same. */
function testsOf(
  { state }: Parts,
  fingerprint: string,
  taskId: string,
  regression: FoundRegression,
): FoundRegression['tests'] {
  if (fingerprint === regression.fingerprint) return regression.tests;
  const its = findTask(state.current, taskId)?.regression;
  if (its === undefined || its.fingerprint !== fingerprint || its.count !== its.tests.length) return [];
  const ids: ReadonlySet<string> = new Set(its.tests);
  const found = regression.tests.filter(({ id }) => ids.has(id));
  return found.length === ids.size ? found : [];
}

/** Whether every file of the landing is again what it was before. */
async function isTakenBack({ workspace }: Parts, { files }: Landing, tree: string): Promise<boolean> {
  for (const { path, old_blob } of files) {
    const bytes = await workspace.file(tree, path);
    const now = bytes === undefined ? '0'.repeat(old_blob.length) : workspace.blobId(bytes);
    if (now !== old_blob) return false;
  }
  return true;
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
