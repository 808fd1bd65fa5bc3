import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

/** A stretch of text that looks the same: names of styles with a space between, or none. */
export type Span = readonly [style: string, text: string];

/** A line of a terminal, and when it was there. */
export interface RecordedLine {
  readonly atMs: number;
  readonly spans: readonly Span[];
}

const styles: Readonly<Record<string, string>> = {
  1: 'bold',
  3: 'italic',
  31: 'red',
  32: 'green',
  33: 'yellow',
  36: 'cyan',
  90: 'gray',
};
/** What each of these ends. */
const ends: Readonly<Record<string, readonly string[]>> = {
  22: ['bold'],
  23: ['italic'],
  39: ['red', 'green', 'yellow', 'cyan', 'gray'],
};

/** What is drawn by lot in each run, named as in the README, so that two pictures differ by their times alone. */
const taskNames = ['37f2f7e8', '5c0be192', 'a81d406f'];

/** Plays the demo as a person would and takes down what it prints. */
export async function recordDemo(): Promise<readonly RecordedLine[]> {
  const repository = resolve(import.meta.dirname, '../..');
  const demo = spawn(process.execPath, ['automation/demo.ts'], {
    cwd: repository,
    env: { ...process.env, FORCE_COLOR: '1', TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((settle, fail) => demo.on('close', settle).on('error', fail));
  const began = Date.now();
  const lines: { atMs: number; text: string }[] = [];
  let rest = '';
  for await (const part of demo.stdout.setEncoding('utf8')) {
    const texts = `${rest}${part}`.split('\n');
    rest = texts.pop() ?? '';
    lines.push(...texts.map((text) => ({ atMs: Date.now() - began, text })));
  }
  const exitCode = await ended;
  if (exitCode !== 0) throw new Error(`The demo ended with exit code ${exitCode}; there is nothing to show.`);
  const texts = withoutLots(lines.map(({ text }) => text).join('\n')).split('\n');
  const spans = styled(texts);
  return lines.map(({ atMs }, index) => ({ atMs, spans: spans[index] ?? [] }));
}

/** The spans of lines with escape sequences; a style may begin in one line and end in another. */
export function styled(lines: readonly string[]): readonly (readonly Span[])[] {
  const on = new Set<string>();
  return lines.map((line) => {
    const spans: Span[] = [];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
    for (const [index, part] of line.split(/\x1b\[([\d;]*)m/).entries()) {
      if (index % 2 === 0) {
        if (part !== '') spans.push([[...on].join(' '), part]);
      } else switchStyle(on, part);
    }
    return spans;
  });
}

function switchStyle(on: Set<string>, code: string): void {
  const begins = styles[code];
  const over = ends[code];
  if (begins !== undefined) on.add(begins);
  else if (over !== undefined) for (const style of over) on.delete(style);
  else if (code === '' || code === '0') on.clear();
  else throw new Error(`The demo used the escape sequence ${JSON.stringify(code)}, which the picture does not know.`);
}

function withoutLots(text: string): string {
  const ids = [...new Set([...text.matchAll(/task_([0-9a-f]{8})/g)].map(([, id]) => id ?? ''))];
  return text
    .replaceAll(/task_([0-9a-f]{8})/g, (_, id) => `task_${taskNames[ids.indexOf(id)] ?? id}`)
    .replaceAll(/\S*\/mendwatch-demo-\w+/g, '/tmp/demo');
}
