import type { Failpoint } from '../../src/failpoint.ts';
import { type Random, randomFrom } from './random.ts';
import { type Kind, kinds } from './scene.ts';

/** How one life of the agent ends: at a step, or after a time. */
export type Death = { readonly step: Failpoint; readonly nth: number } | { readonly afterMs: number };

export interface Plan {
  readonly number: number;
  readonly kind: Kind;
  readonly isReal: boolean;
  /** Nobody is there to see the person's change. Else the agent is killed so long after it. */
  readonly isBrokenWhileDown: boolean;
  readonly firstMs: number;
  readonly deaths: readonly Death[];
}

/** In the order in which a pipeline comes to them, so that each life gets further than the one before. */
const onTheWay: readonly Failpoint[] = [
  'batch.noticed',
  'batch.enqueued',
  'triage.claimed',
  'triage.started',
  'triage.finished',
  'triage.tasks-durable',
  'triage.baseline-saved',
  'triage.settled',
  'fix.claimed',
  'phase.plan',
  'money.reserved',
  'plan.answered',
  'phase.fix',
  'fix.answered',
  'fix.written',
  'phase.verify',
  'verdict.given',
];
const landing: readonly Failpoint[] = [
  'phase.land',
  'land.kept',
  'land.recorded',
  'land.file',
  'land.placed',
  'land.settled',
];
const endings: Readonly<Record<Kind, readonly Failpoint[]>> = {
  mended: [...landing, 'attempt.settled'],
  'three files': [...landing, 'land.file', 'land.file', 'attempt.settled'],
  parked: ['phase.land', 'park.kept', 'attempt.settled', 'red.marked'],
  'given up': ['attempt.rejected', 'attempt.rejected', 'report.written', 'give-up.settled', 'red.marked'],
  undone: [...landing, 'attempt.settled'],
  'set aside': [],
  several: [...landing, 'attempt.settled'],
};
/** Where the first life ends when nobody is to see the person's change. */
export const firstStep: Failpoint = 'baseline.made';
/** Of an undo and of an apply; each is killed at all of them. */
export const moveSteps: readonly Failpoint[] = ['move.recorded', 'move.planned', 'land.file', 'move.placed'];
const recovery: readonly Failpoint[] = ['recover.landings', 'recover.tasks'];
/** Shorter than a pipeline takes from start to end: a life that gets there leaves nothing to the next ones. */
const longestLifeMs = 2_500;
const firstLifeMs = 1_200;

/** The agent ends in the same task again and again. */
const poison: readonly Death[] = [
  { step: 'phase.fix', nth: 1 },
  { step: 'phase.fix', nth: 1 },
];

export interface Wish {
  readonly runs: number;
  /** At least, over all of them. */
  readonly kills: number;
  readonly seed: number;
  /** So many of them with the real CLI. */
  readonly real: number;
  /** Nothing but regressions that are mended at the same time. */
  readonly isSeveral?: boolean;
}

/** What is done in each run, from the seed alone. Every step is a death of some run, where there are enough. */
export function plansFor({ runs, kills, seed, real, isSeveral = false }: Wish): readonly Plan[] {
  const random = randomFrom(seed);
  const perRun = Math.ceil(kills / runs);
  const turns = new Map<Kind, number>();
  const every = Math.max(1, Math.floor(runs / Math.max(1, real)));
  const isReal = (number: number): boolean => number % every === 0 && number < real * every;
  return Array.from({ length: runs }, (_, number) => {
    const kind = isSeveral ? 'several' : (kinds[number % kinds.length] ?? 'mended');
    // Undo and apply are killed at their steps besides.
    const isBrokenWhileDown = random.chance(0.3) || kind === 'set aside';
    const turn = turns.get(kind) ?? 0;
    turns.set(kind, turn + 1);
    return {
      number,
      kind,
      isReal: isReal(number),
      isBrokenWhileDown,
      firstMs: random.whole(firstLifeMs),
      deaths: kind === 'set aside' ? poison : deathsFor(kind, random, perRun - 1, turn),
    };
  });
}

/** Three of four at steps, taken in turn, so that the runs of a kind go through all of them; the others at any moment. */
function deathsFor(kind: Kind, random: Random, count: number, turn: number): Death[] {
  const steps = [...onTheWay, ...endings[kind]];
  const atSteps = Math.ceil((count * 3) / 4);
  const chosen = Array.from({ length: atSteps }, (_, index) => {
    const at = (turn + index * Math.ceil(steps.length / atSteps)) % steps.length;
    // Of several, the first or the second that comes to that step; what comes before is the same for all.
    const isSecond = kind === 'several' && at > steps.indexOf('fix.claimed') && random.chance(0.3);
    const nth = isSecond ? 2 : nthOf(steps, at);
    return { at, death: { step: steps[at] ?? 'phase.fix', nth } };
  }).sort((a, b) => a.at - b.at);
  const deaths: Death[] = chosen.map(({ death }) => death);
  for (let index = atSteps; index < count; index++) {
    const death: Death = random.chance(0.25)
      ? { step: random.pick(recovery), nth: 1 }
      : { afterMs: random.whole(longestLifeMs) };
    deaths.splice(random.whole(deaths.length + 1), 0, death);
  }
  return deaths;
}

/** A step that stands there again is meant the next time that it is come to. */
function nthOf(steps: readonly Failpoint[], at: number): number {
  return steps.slice(0, at + 1).filter((step) => step === steps[at]).length;
}
