import type { Missed } from '../agent/last-looked.ts';

/** One line for who comes back. `now` in epoch ms. */
export function missedLine({ sinceMs, costUsd, ...ends }: Missed, now: number): string {
  const { fixed, parked, failed, reported } = ends;
  const told = Object.entries({ fixed, parked, failed, reported }).flatMap(([word, number]) =>
    number === 0 ? [] : [`${number} ${word}`],
  );
  return `Since you last looked (${whenWords(sinceMs, now)}): ${told.join(', ')}, $${costUsd.toFixed(2)}.`;
}

/** Local time, with the day where it was not today. */
export function whenWords(at: number, now: number): string {
  const [day = '', time = ''] = local(at).split(' ');
  const daysAgo = (days: number): string => {
    const then = new Date(now);
    then.setDate(then.getDate() - days);
    return local(then.getTime()).slice(0, 10);
  };
  const clock = time.slice(0, 5);
  if (day === daysAgo(0)) return `today ${clock}`;
  return `${day === daysAgo(1) ? 'yesterday' : day} ${clock}`;
}

/** `2026-01-31 18:02:11`. */
function local(at: number): string {
  return new Date(at).toLocaleString('sv-SE');
}
