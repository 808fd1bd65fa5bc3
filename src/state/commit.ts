import { messageOf } from '../errors.ts';
import { IllegalStateError } from './faults.ts';
import type { StateDocument } from './schema.ts';
import { draftOf, problemsOf, type Sheet, sameContent } from './sheet.ts';
import { stateLimitBytes, trimmed } from './trim.ts';

/** A change that waits, and what came of it. */
export interface Step {
  readonly change: (draft: StateDocument) => unknown;
  result?: { readonly kind: 'done'; readonly value: unknown } | { readonly kind: 'refused'; readonly error: unknown };
}

/** New tasks may use the file up to here only, so that those that are in it can still be worked on and settled. */
const intakeLimitBytes = 0.9 * stateLimitBytes;

/**
 * Applies the steps in order to one draft, as if each had its own: a change that throws, returns a promise or makes an
 * illegal state has no effect but its own refusal. (The state is judged after the last step: what one breaks and a later
 * one mends passes.) Changes may be called more than once; the last call counts. Returns the new sheet with `revision`
 * in it, or the very `base` when nothing has changed.
 *
 * Copying the document for each change would cost a millisecond each; so all share one draft, and only when one of
 * them fails is a clean draft made and the others are applied again.
 */
export function applySteps(base: Sheet, steps: readonly Step[], revision: number): Sheet {
  let rest = steps;
  for (;;) {
    if (rest.length === 0) return base;
    const draft = draftOf(base);
    const { epoch } = draft;
    const thrower = runAll(draft, rest);
    if (thrower !== undefined) {
      rest = rest.filter((step) => step !== thrower);
      continue;
    }
    const checked = check({ ...draft, revision, epoch }, base);
    if (checked.kind === 'legal') return checked.sheet;
    return splitAround(base, steps, revision, checked.error);
  }
}

/** Who made the state illegal is found by halves; the second half starts from what the first one left. */
function splitAround(base: Sheet, steps: readonly Step[], revision: number, error: IllegalStateError): Sheet {
  const [only] = steps;
  if (only !== undefined && steps.length === 1) {
    only.result = { kind: 'refused', error };
    return base;
  }
  const middle = Math.ceil(steps.length / 2);
  const half = applySteps(base, steps.slice(0, middle), revision);
  return applySteps(half, steps.slice(middle), revision);
}

/** Returns the first step that failed; the draft is spoilt then. */
function runAll(draft: StateDocument, steps: readonly Step[]): Step | undefined {
  for (const step of steps) {
    try {
      const value = step.change(draft);
      if (value instanceof Promise) {
        value.catch(() => undefined);
        throw new TypeError('A change of the state must be synchronous');
      }
      step.result = { kind: 'done', value };
    } catch (error) {
      step.result = { kind: 'refused', error };
      return step;
    }
  }
  return undefined;
}

type Checked =
  | { readonly kind: 'legal'; readonly sheet: Sheet }
  | { readonly kind: 'illegal'; readonly error: IllegalStateError };

function check(draft: StateDocument, base: Sheet): Checked {
  let made: ReturnType<typeof trimmed>;
  try {
    made = trimmed(draft);
  } catch (error) {
    return illegal(`The change makes an illegal state: ${messageOf(error)}`);
  }
  const { document, sheet } = made;
  if (sameContent(sheet, base)) return { kind: 'legal', sheet: base };
  const problems = problemsOf(document, sheet, base);
  if (problems !== undefined) return illegal(`The change makes an illegal state:\n${problems}`);
  const size = Buffer.byteLength(sheet.text);
  if (size > stateLimitBytes || (size > intakeLimitBytes && openTasks(document) > openTasks(JSON.parse(base.text)))) {
    return illegal(`The state file would grow to ${size} bytes, of ${stateLimitBytes} that are allowed`);
  }
  return { kind: 'legal', sheet };
}

function illegal(message: string): Checked {
  return { kind: 'illegal', error: new IllegalStateError(message) };
}

function openTasks({ queues }: StateDocument): number {
  return queues.pending.length + queues.in_progress.length;
}
