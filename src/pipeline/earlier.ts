import { z } from 'zod';
import type { Attempt, Task } from '../domain/task.ts';
import type { RedTest } from '../domain/tests.ts';
import type { Runs } from './runs.ts';

/** All that is told of the earlier attempts stays under this many bytes. */
const limitBytes = 40_000;
const maxKeptTests = 20;
const maxKeptOutput = 20_000;
/** Of the output of the runner, which says little beside the failures. */
const maxOutputBytes = 3_000;

const verdictSchema = z.object({
  red: z.array(z.object({ file: z.string(), title: z.string(), message: z.string() })),
  output: z.string(),
});

/** An attempt with what it left in its folder. */
export interface EarlierAttempt extends Attempt {
  readonly patchText?: string | undefined;
  /** What was red with its patch, and the end of what the runner printed. */
  readonly verdictRun?: z.infer<typeof verdictSchema> | undefined;
}

export const patchName = (attempt: number): string => `attempt-${attempt}/fix.patch`;
export const verdictFile = (attempt: number): string => `attempt-${attempt}/verdict.json`;

/** What a rejected patch's run said, for the attempts to come. */
export function verdictText(red: readonly RedTest[], output: string): string {
  const kept = red.slice(0, maxKeptTests).map(({ file, title, message }) => ({ file, title, message }));
  return JSON.stringify({ red: kept, output: output.slice(-maxKeptOutput) });
}

/** What the earlier attempts tried, and what came of it. A file that is gone or damaged is left out. */
export async function earlierAttempts(runs: Runs, { id, attempts }: Task): Promise<readonly EarlierAttempt[]> {
  return Promise.all(
    attempts.map(async (attempt) => ({
      ...attempt,
      patchText: await runs.read(id, patchName(attempt.number)),
      verdictRun: parsed(await runs.read(id, verdictFile(attempt.number))),
    })),
  );
}

function parsed(text: string | undefined): EarlierAttempt['verdictRun'] {
  if (text === undefined) return undefined;
  try {
    return verdictSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** For the prompt: the newest attempt gets half of the room, the one before half of the rest, and so on. */
export function earlierText(attempts: readonly EarlierAttempt[], limit = limitBytes): string {
  const told: string[] = [];
  let left = limit;
  for (const [index, attempt] of attempts.toReversed().entries()) {
    const isOldest = index === attempts.length - 1;
    const text = attemptText(attempt, isOldest ? left : Math.floor(left / 2));
    told.unshift(text);
    left -= Buffer.byteLength(text) + 2;
    if (left <= 0) break;
  }
  return told.join('\n\n');
}

function attemptText(attempt: EarlierAttempt, room: number): string {
  const { number, strategy, reasons, patchText, verdictRun } = attempt;
  const head = shorten(`Attempt ${number}: ${strategy}\nRejected: ${reasons.join(' ')}`, room);
  const parts = [head];
  let left = room - Buffer.byteLength(head);
  const add = (title: string, text: string | undefined, atMost: number): void => {
    // Two line breaks belong to a part.
    const bytes = Math.min(atMost, left) - Buffer.byteLength(title) - 2;
    if (text === undefined || text.trim() === '' || bytes <= 0) return;
    const part = `${title}\n${shorten(text.trimEnd(), bytes)}`;
    parts.push(part);
    left -= Buffer.byteLength(part) + 1;
  };
  const [first, ...others] = verdictRun?.red ?? [];
  // The first failure is kept whole as long as there is any room for it: it is what the next attempt has to answer.
  if (first !== undefined) add('Red with this patch:', failureText(first), left);
  add('Its patch:', patchText, Math.floor(left * 0.6));
  if (others.length > 0) add('Red, too:', others.map(failureText).join('\n'), Math.floor(left * 0.7));
  add('The runner printed:', verdictRun?.output, maxOutputBytes);
  return parts.join('\n');
}

function failureText({ file, title, message }: { file: string; title: string; message: string }): string {
  return `${file} > ${title}\n${message}`;
}

/** Head and tail of a text, at most so many bytes of UTF-8: the middle is what one can most easily do without. */
export function shorten(text: string, bytes: number): string {
  const all = Buffer.from(text);
  if (all.length <= bytes) return text;
  const note = `\n[… ${all.length - bytes} bytes left out …]\n`;
  const room = bytes - Buffer.byteLength(note);
  if (room <= 0) return whole(all.subarray(0, Math.max(0, bytes)));
  const half = Math.floor(room / 2);
  return `${whole(all.subarray(0, room - half))}${note}${whole(all.subarray(all.length - half))}`;
}

/** Text of a cut: half a character at its ends is left out. */
function whole(bytes: Buffer): string {
  return bytes.toString('utf8').replace(/^\uFFFD+|\uFFFD+$/g, '');
}
