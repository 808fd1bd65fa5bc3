/** Numbers from a seed, so that what went wrong once can be made to happen again. */
export interface Random {
  /** From 0 up to `below`, whole. */
  whole(below: number): number;
  chance(of: number): boolean;
  pick<T>(list: readonly T[]): T;
}

/** Mulberry32 (T. Ettinger): small, and good enough to choose by. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (below: number): number => Math.floor(next() * below);
  return {
    whole,
    chance: (of) => next() < of,
    pick: (list) => {
      const found = list[whole(list.length)];
      if (found === undefined) throw new Error('There is nothing to pick from');
      return found;
    },
  };
}
