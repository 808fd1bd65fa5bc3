import { appendFile, mkdir, rename, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { LogEntry } from '../../src/agent/log-entry.ts';
import { type LogRange, readLog } from '../../src/agent/read-log.ts';
import { scratch } from '../rig/scratch.ts';

const begun = Date.parse('2026-01-02T03:00:00.000Z');

function line(number: number, fields: object = {}): string {
  const time = new Date(begun + number * 1_000).toISOString();
  return `${JSON.stringify({ level: 'info', time, pid: 1, number, ...fields })}\n`;
}

async function place(): Promise<string> {
  const file = join(await scratch('log'), 'logs', 'a.log');
  await mkdir(dirname(file));
  return file;
}

async function entries(file: string, range: LogRange): Promise<LogEntry[]> {
  const found: LogEntry[] = [];
  for await (const entry of readLog(file, range)) found.push(entry);
  return found;
}

async function numbers(file: string, range: LogRange): Promise<unknown[]> {
  return (await entries(file, range)).map(({ fields }) => fields.number);
}

const lines = (from: number, to: number, fields?: object): string =>
  Array.from({ length: to - from }, (_, index) => line(from + index, fields)).join('');

describe('the latest lines', () => {
  test('come from the end, over more than one chunk, and from the file that was moved aside', async () => {
    const file = await place();
    await writeFile(`${file}.1`, lines(0, 1_000));
    await writeFile(file, lines(1_000, 4_000));
    expect(await numbers(file, { lines: 3 })).toEqual([3_997, 3_998, 3_999]);
    const many = await numbers(file, { lines: 3_500 });
    expect([many.length, many[0], many.at(-1)]).toEqual([3_500, 500, 3_999]);
    expect(await numbers(file, { lines: 0 })).toEqual([]);
    expect((await numbers(file, {})).length).toBe(4_000);
  });

  test('of a level, of a task by the beginning of its id, since a time', async () => {
    const file = await place();
    const bad = { level: 'error', taskId: 'task_0000000a' };
    await writeFile(file, `${lines(0, 10, bad)}${lines(10, 500)}${line(500, { level: 'warn' })}`);
    expect(await numbers(file, { lines: 2, level: 'warn' })).toEqual([9, 500]);
    expect(await numbers(file, { lines: 2, task: '0000000a' })).toEqual([8, 9]);
    expect(await numbers(file, { lines: 2, task: 'task_0000000b' })).toEqual([]);
    expect(await numbers(file, { sinceMs: begun + 498_000 })).toEqual([498, 499, 500]);
    expect(await numbers(file, { lines: 1, sinceMs: begun + 498_000 })).toEqual([500]);
  });

  test('a line that is being written, a torn one and one longer than a chunk', async () => {
    const file = await place();
    const long = 'x'.repeat(300_000);
    await writeFile(file, `${line(1, { long })}torn {\n\n${line(2)}{"level":"info","ti`);
    const found = await entries(file, { lines: 10 });
    expect(found.map(({ fields }) => fields.number)).toEqual([1, undefined, 2]);
    expect(found[1]?.line).toBe('torn {');
    await writeFile(file, 'no line end at all');
    expect(await numbers(file, { lines: 10 })).toEqual([]);
  });

  test('of a line without end only the end is kept, and it takes no time that grows with its square', async () => {
    const file = await place();
    await writeFile(file, `${line(1)}${'x'.repeat(48 * 1024 * 1024)}é end\n${line(2)}`);
    const before = process.cpuUsage();
    const found = await entries(file, { lines: 3 });
    const { user, system } = process.cpuUsage(before);
    expect(found.map(({ fields }) => fields.number)).toEqual([1, undefined, 2]);
    expect(found[1]?.line).toMatch(/^x{60000,200000}é end$/);
    expect((user + system) / 1_000).toBeLessThan(2_000);
  });
});

test('what comes is followed from a log that is not there yet, over the file being moved aside and emptied', async () => {
  const file = await place();
  const over = new AbortController();
  onTestFinished(() => over.abort());
  const following = readLog(file, { lines: 10 }, over.signal);
  const next = async (): Promise<unknown> => (await following.next()).value?.fields.number;
  const first = next();
  await writeFile(file, line(1));
  expect(await first).toBe(1);
  const second = next();
  await appendFile(file, line(2).slice(0, 20));
  await appendFile(file, line(2).slice(20));
  expect(await second).toBe(2);
  const third = next();
  await appendFile(file, line(3));
  await rename(file, `${file}.1`);
  await writeFile(file, line(4));
  expect([await third, await next()]).toEqual([3, 4]);
  const fifth = next();
  await truncate(file);
  await appendFile(file, line(5, { after: 'it was emptied' }));
  expect(await fifth).toBe(5);
  const end = following.next();
  over.abort();
  expect((await end).done).toBe(true);
});
