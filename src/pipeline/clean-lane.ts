import type { Lane, Snapshot } from '../workspace/types.ts';

/**
 * The lane of the verdict, cleaned while the models think: what is left to do when the patch is there is to move it
 * there. Nothing may run in it between; after a run it is cleaned anew.
 */
export class CleanLane {
  readonly lane: Lane;
  #cleaned: Promise<boolean> | undefined;

  constructor(lane: Lane) {
    this.lane = lane;
  }

  prepare(base: Snapshot): void {
    this.#cleaned = this.lane.ready(base, 'renew').then(
      () => true,
      () => false,
    );
  }

  async bringUp(to: Snapshot): Promise<void> {
    const isClean = (await this.#cleaned) ?? false;
    this.#cleaned = undefined;
    await (isClean ? this.lane.move(to) : this.lane.renew(to));
  }

  /** Waits until nothing is under way in the lane. */
  async settled(): Promise<void> {
    await this.#cleaned;
  }
}
