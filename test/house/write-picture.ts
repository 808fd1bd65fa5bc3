import { mkdir, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { renderPicture } from './picture.ts';
import { type RecordedLine, recordDemo } from './recording.ts';

const folder = resolve(import.meta.dirname, '../../docs');
const all = await recordDemo();
await mkdir(folder, { recursive: true });
await writeFile(resolve(folder, 'demo.svg'), renderPicture(chosen(all)));
process.stdout.write('written: docs/demo.svg\n');

/** The acts that say most: a save that is mended, and a model that cheats. */
function chosen(lines: readonly RecordedLine[]): readonly RecordedLine[] {
  const first = { atMs: 0, spans: [['bold', '$ npm run automation:demo'] as const] };
  const second = between(lines, 'Act 2:', 'Act 3:');
  const fourth = between(lines, 'Act 4:', 'The report begins');
  const last = lines.filter((line) => textOf(line).startsWith('✓'));
  const blank = { spans: [] };
  const parts = [second, fourth, last].flatMap((part) => [{ ...blank, atMs: part[0]?.atMs ?? 0 }, ...part]);
  return [first, ...parts].map(({ atMs, spans }) => ({ atMs, spans }));
}

function between(lines: readonly RecordedLine[], from: string, to: string): readonly RecordedLine[] {
  const begin = lines.findIndex((line) => textOf(line).startsWith(from));
  const end = lines.findIndex((line, index) => index > begin && textOf(line).startsWith(to));
  if (begin === -1 || end === -1) throw new Error(`The demo printed no ${begin === -1 ? from : to}`);
  return lines.slice(begin, end).filter((line) => textOf(line) !== '');
}

function textOf({ spans }: RecordedLine): string {
  return spans.map(([, part]) => part).join('');
}
