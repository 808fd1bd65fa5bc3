import { availableParallelism } from 'node:os';
import { FileClaims } from './file-claims.ts';
import { Landed } from './landed.ts';
import { Turns } from './turns.ts';

/** What the workers share: whose turn it is, and who has which files. */
export class Crew {
  readonly size: number;
  /** To take a task from the queue, and to look after what was left there. */
  readonly choosing = new Turns(1);
  /** One Claude plans for all: one question at a time, in one lane. */
  readonly planning = new Turns(1);
  /** From the last look at the tree until the task is settled: what was proven beside it is proven anew afterwards. */
  readonly landing = new Turns(1);
  /**
   * From the verdict until the task is settled, so that the next one is proven on the tree with it. Several at a time
   * where there are cores for it; the run that looks at the person's changes waits for none of them.
   */
  readonly proving: Turns;
  readonly claims = new FileClaims();
  readonly landed = new Landed();

  constructor(size: number, cores = availableParallelism()) {
    this.size = size;
    this.proving = new Turns(Math.max(1, Math.floor(cores / 2)));
  }
}

/** A worker, as the attempt sees it that is made by it. */
export interface Colleague {
  /** From 1: its lanes are named after it. */
  readonly number: number;
  readonly crew: Crew;
  /** What waits for its turn behind the others takes no time of its own. */
  aside<T>(turn: Promise<T>): Promise<T>;
  /** Until the task is settled, it is its turn in this. Gives false when the signal aborts before. */
  takeTurn(turns: 'proving' | 'landing', signal: AbortSignal): Promise<boolean>;
}
