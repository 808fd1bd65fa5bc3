import { settings } from '../../src/config/settings.ts';
import { afterBreakdown, atGate, type BackOff, betweenAttempts, retryRangeMs } from '../../src/pipeline/back-off.ts';

const failures = [1, 2, 3, 4, 5, 6, 10];

/** The table of the waits, from the formula by which they are made. */
function renderBackOffTable(): string {
  const attempts = betweenAttempts(Number(settings.RETRY_DELAY_SECONDS.default) * 1_000);
  const rows: readonly (readonly [string, BackOff])[] = [
    ['between two attempts at a fix (`RETRY_DELAY_SECONDS` at its default)', attempts],
    ['while Claude is overloaded or cannot be reached, or limits the rate without saying for how long', atGate],
    ['while the tests cannot be run, or while nothing goes well for any task', afterBreakdown],
  ];
  return [
    `| wait in seconds, after failure | ${failures.join(' | ')} |`,
    `|---${'|---'.repeat(failures.length)}|`,
    ...rows.map(([what, backOff]) => `| ${what} | ${failures.map((count) => range(count, backOff)).join(' | ')} |`),
  ].join('\n');
}

/** The README with the table put between its markers; undefined where the markers are missing. */
export function withBackOffTable(readme: string): string | undefined {
  const markers = /(<!-- back-off -->\n)[\s\S]*(<!-- \/back-off -->)/;
  return markers.test(readme)
    ? readme.replace(markers, (_, begin, end) => `${begin}${renderBackOffTable()}\n${end}`)
    : undefined;
}

function range(count: number, backOff: BackOff): string {
  const { least, most } = retryRangeMs(count, backOff);
  return `${least / 1_000}–${most / 1_000}`;
}
