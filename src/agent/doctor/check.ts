import { MendwatchError, messageOf } from '../../errors.ts';

export type FindingState = 'ok' | 'warning' | 'failed' | 'skipped';

/** A change that can do no harm, and that makes the finding go away. */
export interface Mend {
  /** What was done, once it is. */
  readonly done: string;
  apply(): Promise<void>;
}

export interface Finding {
  readonly state: FindingState;
  readonly detail: string;
  readonly remedy?: string;
  /** What else is to be told, a line each. */
  readonly lines?: readonly string[];
  readonly mends?: readonly Mend[];
}

/** One thing that is looked at. It looks only: what is to be changed is offered in `mends`. */
export interface Check {
  readonly name: string;
  /** In place of the limit of every check. */
  readonly limitMs?: number;
  look(signal: AbortSignal): Promise<Finding>;
}

export interface Examined extends Omit<Finding, 'mends'> {
  readonly name: string;
  /** What `--fix` has done, or could not do. */
  readonly fixed?: readonly string[];
}

const limitMs = 20_000;

/** Looks at everything side by side, and with `fix` mends what can be mended safely. Never rejects. */
export function examine(
  checks: readonly Check[],
  options: { readonly fix: boolean; readonly signal: AbortSignal },
): Promise<readonly Examined[]> {
  // One after another: two mends may be about the same file.
  let mending: Promise<unknown> = Promise.resolve();
  return Promise.all(
    checks.map(async (check): Promise<Examined> => {
      const found = await lookWithin(check, options.signal);
      const { mends = [] } = found;
      if (!options.fix || mends.length === 0) return examined(check, found);
      const mended = mending.then(() => mendAll(mends));
      mending = mended;
      const fixed = await mended;
      return { ...examined(check, await lookWithin(check, options.signal)), fixed };
    }),
  );
}

function examined({ name }: Check, { mends: _, lines = [], ...told }: Finding): Examined {
  return { name, ...told, ...(lines.length === 0 ? {} : { lines }) };
}

/** A check that throws or does not come to its end is one that failed. */
async function lookWithin(check: Check, signal: AbortSignal): Promise<Finding> {
  const late = new AbortController();
  const limit = check.limitMs ?? limitMs;
  const limited = AbortSignal.any([signal, late.signal]);
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<Finding>((resolve) => {
    timer = setTimeout(() => late.abort(), limit);
    const giveUp = (): void => resolve(signal.aborted ? stopped : tooLate(limit));
    if (limited.aborted) giveUp();
    else limited.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([check.look(limited), ended]);
  } catch (error) {
    return failed(error);
  } finally {
    clearTimeout(timer);
  }
}

const stopped: Finding = { state: 'skipped', detail: 'it was stopped before its end' };

function tooLate(limit: number): Finding {
  return {
    state: 'failed',
    detail: `it did not come to its end within ${limit / 1_000} s`,
    remedy: 'Try again when the machine is less busy; a network disk or a program may also hang.',
  };
}

async function mendAll(mends: readonly Mend[]): Promise<readonly string[]> {
  const fixed: string[] = [];
  for (const { done, apply } of mends) {
    try {
      await apply();
      fixed.push(done);
    } catch (error) {
      fixed.push(`could not be done: ${done} (${messageOf(error)})`);
    }
  }
  return fixed;
}

export function ok(detail: string, more: Omit<Finding, 'state' | 'detail'> = {}): Finding {
  return { state: 'ok', detail, ...more };
}

export function skipped(detail: string): Finding {
  return { state: 'skipped', detail };
}

export function warning(
  detail: string,
  remedy: string,
  more: Omit<Finding, 'state' | 'detail' | 'remedy'> = {},
): Finding {
  return { state: 'warning', detail, remedy, ...more };
}

export function failure(
  detail: string,
  remedy: string,
  more: Omit<Finding, 'state' | 'detail' | 'remedy'> = {},
): Finding {
  return { state: 'failed', detail, remedy, ...more };
}

/** Of what was thrown: a fault that has a remedy brings it along. */
export function failed(error: unknown): Finding {
  const remedy = error instanceof MendwatchError ? error.remedy : undefined;
  return { state: 'failed', detail: messageOf(error), ...(remedy === undefined ? {} : { remedy }) };
}
