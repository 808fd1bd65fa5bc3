import type { Watched } from '../agent/watched.ts';
import { inOneLine } from './line.ts';
import { barred, unlinked } from './lines.ts';
import { count } from './quantities.ts';

const maxFlaky = 10;
const maxBarred = 5;

export function watchedLines(watched: Watched | undefined, laneLinks: readonly string[]): readonly string[] {
  if (watched === undefined) return ['Tests: not run yet'];
  const { red_before, flaky, skipped, cannot_load } = watched;
  const why = [
    ...(red_before > 0 ? [`${red_before} red before`] : []),
    ...(flaky.length > 0 ? [`${flaky.length} flaky`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(cannot_load.length > 0 ? [`${count(cannot_load.length, 'test file')} cannot load`] : []),
  ];
  const more = flaky.length - maxFlaky;
  const paths = watched.unlinked.map(({ path }) => path);
  const files = new Set(watched.unlinked.flatMap((link) => link.files)).size;
  const setting = [...laneLinks, ...paths].join(',');
  return [
    `Tests: ${watched.watched} of ${count(watched.tests, 'test')} watched${why.length === 0 ? '' : ` (${why.join(', ')})`}`,
    ...flaky
      .slice(0, maxFlaky)
      .map(
        ({ name, file, rate, runs }) =>
          `  flaky: ${inOneLine(name)} (${inOneLine(file)}), red in ${percent(rate)} of ${count(runs, 'run')}`,
      ),
    ...(more > 0 ? [`  and ${more} more flaky`] : []),
    ...(paths.length === 0 ? [] : [`  ${inOneLine(unlinked({ files, paths, setting }))}`]),
    ...(watched.barred.length === 0
      ? []
      : [`  ${inOneLine(barred(watched.barred.slice(0, maxBarred), watched.barred.length))}`]),
  ];
}

function percent(rate: number): string {
  return `${Math.round(rate * 100)}%`;
}
