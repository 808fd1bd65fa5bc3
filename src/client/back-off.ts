const firstMs = 100;
const longestMs = 10_000;

/**
 * How long to wait before try number `attempt` (from 0) to connect again: twice as long each time up to a limit, and of
 * that between a half and all, so that many clients do not come back in the same moment.
 *
 * @param random from 0 to 1
 */
export function backOffMs(attempt: number, random: number): number {
  const wholeMs = Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 30));
  return Math.round(wholeMs * (0.5 + random / 2));
}
