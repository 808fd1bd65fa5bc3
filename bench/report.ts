import { type Figure, isMet } from './suite.ts';

/** What came of a suite. */
export interface Came {
  readonly suite: string;
  readonly durationMs: number;
  readonly title?: string;
  readonly quickly?: string;
  readonly figures: readonly Figure[];
  /** What did not work; times are none of it. */
  readonly faults: readonly string[];
}

export function heading(machine: string, isQuick: boolean): string {
  const quick = isQuick
    ? 'Quick form: to see that all of it works. Its figures are not those of the whole form.\n'
    : '';
  return `${machine}\n${quick}Each line: median, where the middle half of the samples lies, how many samples.\n`;
}

export function textOf({ suite, title, quickly, durationMs, figures, faults }: Came, isQuick: boolean): string {
  const width = Math.max(0, ...figures.map(({ name }) => name.length));
  const lines = [
    title === undefined ? suite : `${suite}: ${title}`,
    ...(isQuick && quickly !== undefined ? [`  (quick: ${quickly})`] : []),
    ...figures.map((figure) => lineOf(figure, width, isQuick)),
    ...faults.map((fault) => `  FAILED: ${fault.replaceAll('\n', '\n    ')}`),
    `  took ${(durationMs / 1_000).toFixed(0)} s`,
  ];
  return `${lines.join('\n')}\n`;
}

export function jsonOf(machine: string, isQuick: boolean, all: readonly Came[]): string {
  const results = all.map(({ figures, ...came }) => ({
    ...came,
    figures: figures.map((figure) => {
      const met = isMet(figure);
      return met === undefined ? figure : { ...figure, met };
    }),
  }));
  return `${JSON.stringify({ machine, isQuick, results }, null, 2)}\n`;
}

function lineOf(figure: Figure, width: number, isQuick: boolean): string {
  const { name, value, unit, spread, samples, note } = figure;
  const inUnit = (number: number): string => (unit === 'ratio' || unit === '%' ? number.toFixed(2) : plain(number));
  const shown = `${inUnit(value)}${unit === 'ratio' ? '' : ` ${unit}`}`;
  const lies = spread === undefined ? '' : `${inUnit(spread[0])} to ${inUnit(spread[1])}`;
  const count = samples === undefined ? '' : `n ${samples}`;
  const about = [isQuick ? '' : promiseOf(figure), note === undefined ? '' : `  (${note})`].join('');
  return `  ${name.padEnd(width)} ${shown.padStart(12)}  ${lies.padEnd(20)} ${count.padEnd(6)}${about}`.trimEnd();
}

/** A promise is one for the whole form on a machine that has nothing else to do. */
function promiseOf(figure: Figure): string {
  const met = isMet(figure);
  return met === undefined ? '' : `  target ${figure.target}, ${met ? 'met' : 'missed'}`;
}

function plain(number: number): string {
  return number < 100 ? number.toFixed(1) : number.toFixed(0);
}
