import type { EscalationRecord } from '../domain/escalation.ts';
import { findTask } from '../queue/transitions.ts';
import { noteMended } from './escalations.ts';
import type { Parts } from './parts.ts';

/** Tells people of what they were told of before: that its tests are not red any more. */
export async function tellMended(parts: Parts): Promise<void> {
  const { state, clock, outbox } = parts;
  const mended: string[] = [];
  for (const escalation of state.current.escalations) {
    if (escalation.status === 'open' && (await isMended(parts, escalation))) mended.push(escalation.fingerprint);
  }
  if (mended.length === 0) return;
  const now = clock.now();
  await state.update((draft) => {
    for (const fingerprint of mended) noteMended(draft, outbox.names, fingerprint, now);
  });
  outbox.wake();
}

/** By the baseline; but it has not learnt yet of what is being settled, and it forgets what is tried again. */
async function isMended(parts: Parts, { fingerprint, task_id }: EscalationRecord): Promise<boolean> {
  const { baseline, state, runs } = parts;
  const { current } = baseline;
  if (current === undefined || findTask(state.current, task_id)?.red_to_mark !== undefined) return false;
  const { pending, in_progress } = state.current.queues;
  if ([...pending, ...in_progress].some(({ regression }) => regression?.fingerprint === fingerprint)) return false;
  if (Object.values(current.document.tests).some((entry) => isRed(entry) && entry.fingerprint === fingerprint)) {
    return false;
  }
  // A later escalation may hold some of its tests under another fingerprint.
  const record = await runs.readRegression(task_id).catch(() => undefined);
  if (record === undefined) return true;
  // Of a task that was set aside no test may be known.
  return record.tests.length > 0 && record.tests.every(({ id }) => !isRed(current.entry(id)));
}

function isRed(entry: { readonly status: string } | undefined): boolean {
  return entry?.status === 'red';
}
