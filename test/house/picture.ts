import type { RecordedLine, Span } from './recording.ts';

const columns = 80;
const charWidth = 8.4;
const lineHeight = 19;
const margin = 18;
/** Nobody wants to wait for tests that others run. */
const longestGapMs = 900;
const stillBefore = 400;

interface Palette {
  readonly back: string;
  readonly edge: string;
  readonly text: string;
  readonly gray: string;
  readonly red: string;
  readonly green: string;
  readonly yellow: string;
  readonly cyan: string;
}

const light: Palette = {
  back: '#ffffff',
  edge: '#d0d7de',
  text: '#1f2328',
  gray: '#656d76',
  red: '#c4232c',
  green: '#116329',
  yellow: '#7d4e00',
  cyan: '#0b6374',
};
const dark: Palette = {
  back: '#0d1117',
  edge: '#30363d',
  text: '#e6edf3',
  gray: '#8b949e',
  red: '#ff7b72',
  green: '#56d364',
  yellow: '#e3b341',
  cyan: '#56c8d8',
};

const css = `
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; white-space: pre; animation: show 1ms backwards }
.bold { font-weight: bold } .italic { font-style: italic }
${coloursOf(light)}
@media (prefers-color-scheme: dark) {
${coloursOf(dark)}
}
@keyframes show { from { visibility: hidden } }
@media (prefers-reduced-motion: reduce) { text { animation: none } }
`;

/** A recording of a terminal as SVG, which plays once; where nothing can move, all of it is there at once. */
export function renderPicture(lines: readonly RecordedLine[]): string {
  const rows: string[] = [];
  let shownMs = stillBefore;
  let lastMs = lines[0]?.atMs ?? 0;
  for (const { atMs, spans } of lines) {
    shownMs += Math.min(Math.max(atMs - lastMs, 0), longestGapMs);
    lastMs = atMs;
    for (const row of wrapped(spans)) rows.push(textOf(row, rows.length, shownMs));
  }
  const width = Math.ceil(columns * charWidth + 2 * margin);
  const height = rows.length * lineHeight + 2 * margin;
  const told = escaped(JSON.stringify(lines));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" xml:space="preserve">`,
    '<title>Mendwatch, the demo</title>',
    '<desc>Made by `npm run picture` from a run of the demo; waits are shortened.</desc>',
    `<metadata>${told}</metadata>`,
    `<style>${css}</style>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>`,
    ...rows.filter((row) => row !== ''),
    '</svg>',
    '',
  ].join('\n');
}

/** What a picture was made from. */
export function recordingIn(svg: string): readonly RecordedLine[] {
  const told = /<metadata>(.*)<\/metadata>/.exec(svg)?.[1] ?? '[]';
  return JSON.parse(told.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'));
}

/** Rows that are no wider than the terminal; words stay whole, and what goes on is set in as far as the text above. */
function wrapped(spans: readonly Span[]): readonly (readonly Span[])[] {
  const text = spans.map(([, part]) => part).join('');
  if (text.length <= columns) return [spans];
  const indent = /^(?:\d\d:\d\d:\d\d . |\s*)/.exec(text)?.[0].length ?? 0;
  const rows: Span[][] = [[]];
  let used = 0;
  for (const [style, part] of spans) {
    for (const word of part.split(/(?<= )/)) {
      if (used > indent && used + word.trimEnd().length > columns) {
        rows.push([['', ' '.repeat(indent)]]);
        used = indent;
      }
      rows.at(-1)?.push([style, word]);
      used += word.length;
    }
  }
  return rows;
}

function coloursOf({ back, edge, text, ...named }: Palette): string {
  const classes = Object.entries(named).map(([name, colour]) => `.${name} { fill: ${colour} }`);
  return [`rect { fill: ${back}; stroke: ${edge} }`, `text { fill: ${text} }`, ...classes].join('\n');
}

function textOf(spans: readonly Span[], row: number, atMs: number): string {
  const length = spans.reduce((sum, [, part]) => sum + part.length, 0);
  if (length === 0) return '';
  const y = margin + row * lineHeight + 14;
  const parts = joined(spans).map(([style, part]) =>
    style === '' ? escaped(part) : `<tspan class="${style}">${escaped(part)}</tspan>`,
  );
  const wide = Math.round(length * charWidth * 10) / 10;
  return `<text x="${margin}" y="${y}" textLength="${wide}" style="animation-delay:${atMs / 1_000}s">${parts.join('')}</text>`;
}

function joined(spans: readonly Span[]): readonly Span[] {
  const all: Span[] = [];
  for (const [style, part] of spans) {
    const last = all.at(-1);
    if (last?.[0] === style) all[all.length - 1] = [style, last[1] + part];
    else all.push([style, part]);
  }
  return all;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
