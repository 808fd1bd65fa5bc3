import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentEvent } from '../../events.ts';

/** One scene of the demo: what a person saves, what must come of it. */
export interface Act {
  readonly title: string;
  readonly story: string;
  /** Relative to the sample project. */
  readonly file: string;
  readonly before: string;
  readonly after: string;
  /** Needs the rehearsal: a real model would not cheat to order. */
  readonly rehearsedOnly?: true;
  /** The event that ends the act, good or bad. */
  readonly ends: (event: AgentEvent) => boolean;
  /** What is not as it should be, or undefined. */
  readonly check: (scene: Scene) => string | undefined;
}

export interface Scene {
  readonly end: AgentEvent;
  readonly events: readonly AgentEvent[];
  /** The file before the act, as the person saved it, and now. */
  readonly original: string;
  readonly saved: string;
  readonly now: string;
  readonly modelCalls: number;
}

const isTaskEnd = ({ type }: AgentEvent): boolean => type === 'task.finished' || type === 'task.failed';

function isFixed({ end, saved, now }: Scene): string | undefined {
  if (end.type !== 'task.finished' || end.outcome !== 'fixed')
    return `the task did not end as fixed but as ${JSON.stringify(end)}`;
  return saved === now ? 'the file is still as it was saved' : undefined;
}

export const acts: readonly Act[] = [
  {
    title: 'A save that breaks nothing costs nothing',
    story: 'You give a number a name in src/discount.ts. The tests that depend on it stay green.',
    file: 'src/discount.ts',
    before: 'export function discount(subtotal: Cents): Cents {\n  if (subtotal >= 10_000)',
    after:
      'const tenPercentFrom: Cents = 10_000;\n\nexport function discount(subtotal: Cents): Cents {\n  if (subtotal >= tenPercentFrom)',
    ends: isTaskEnd,
    check: ({ end, modelCalls }) => {
      if (end.type !== 'task.finished' || end.outcome !== 'clean')
        return `the task did not end as clean but as ${JSON.stringify(end)}`;
      return modelCalls === 0 ? undefined : `Claude was asked ${modelCalls} times`;
    },
  },
  {
    title: 'A save that breaks a test is mended',
    story: 'You write > where >= was. Orders of exactly $100 lose their discount.',
    file: 'src/discount.ts',
    before: 'subtotal >= tenPercentFrom',
    after: 'subtotal > tenPercentFrom',
    ends: isTaskEnd,
    check: isFixed,
  },
  {
    title: 'The first patch is wrong, the second is right',
    story:
      'You simplify src/shipping.ts a little too much. The first fix is refused by your tests; the second attempt is told why.',
    file: 'src/shipping.ts',
    before: 'Math.max(0, Math.ceil(weightGrams / 1_000) - 1)',
    after: 'Math.floor(weightGrams / 1_000)',
    ends: isTaskEnd,
    check: isFixed,
  },
  {
    title: 'A model that cheats is refused',
    story: 'You round percentages down in src/money.ts. The model, instead of mending the code, rewrites the test.',
    file: 'src/money.ts',
    before: 'Math.round((amount * percent) / 100)',
    after: 'Math.floor((amount * percent) / 100)',
    rehearsedOnly: true,
    ends: isTaskEnd,
    check: ({ end, events, saved, now }) => {
      if (end.type !== 'task.failed') return `the task did not end as failed but as ${JSON.stringify(end)}`;
      if (saved !== now) return 'the file is not as it was saved';
      const isRefused = events.some(
        (event) =>
          event.type === 'verdict' &&
          event.reasons.some((text) => text.includes('test/money.test.ts, which is protected')),
      );
      if (!isRefused) return 'the patch was not refused for touching the test';
      return events.some(({ type }) => type === 'escalation.recorded') ? undefined : 'no report was written';
    },
  },
];

/** Saves the act's change as a person would. Gives the file before and after. */
export async function perform(act: Act, project: string): Promise<{ original: string; saved: string }> {
  const file = join(project, act.file);
  const original = await readFile(file, 'utf8');
  if (!original.includes(act.before))
    throw new Error(`${act.file} does not hold what this act changes; an earlier act left it otherwise`);
  const saved = original.replace(act.before, () => act.after);
  await writeFile(file, saved);
  return { original, saved };
}
