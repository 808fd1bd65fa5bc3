import { mkdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MendwatchError } from '../../src/errors.ts';
import { createLogger, type Log } from '../../src/log.ts';
import { createScrubber } from '../../src/secrets/scrubber.ts';
import { scratch } from '../rig/scratch.ts';

const secret = 'sk-ant-"quoted"-0123';

async function open(secrets: readonly string[] = [secret]): Promise<Log & { file: string }> {
  const file = join(await scratch('log'), 'logs/automation.log');
  const log = createLogger({ logFile: file, logLevel: 'info' }, createScrubber(secrets).scrub);
  return { ...log, file };
}

async function linesOf(file: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(file, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

test('a line is on disk when the call returns, as JSON with level, ISO time, pid and fields; the file is private', async () => {
  const { logger, file, close } = await open();
  logger.info({ task: 'task_1' }, 'took %d ms', 12);
  logger.debug('not at this level');
  const lines = await linesOf(file);
  expect(lines).toEqual([
    { level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), pid: process.pid, task: 'task_1', msg: 'took 12 ms' },
  ]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  close();
  logger.info('after the end: dropped without an error');
  close();
});

test('RUN-9: secrets are in no message, field, error, stack, cause or binding', async () => {
  const { logger, file, close } = await open();
  const error = new Error(`cannot use ${secret}`, { cause: new TypeError(secret) });
  Object.assign(error, { headers: { 'x-api-key': 'another' }, stdout: [`key ${secret}`] });
  logger.error(error);
  logger.error({ err: error }, 'with %s and %j', secret, { deep: { list: [secret] } });
  logger
    .child({ key: secret })
    .child({ token: 'anything' })
    .info({ nested: { [secret]: new Map([['a', secret]]) } }, 'x');
  logger.info({ url: new URL(`http://x/?k=${encodeURIComponent(secret)}`), apiKey: 'anything', contextTokens: 7 });
  close();
  const text = await readFile(file, 'utf8');
  expect(text).not.toMatch(/0123|anything|another/);
  const [first, , third, fourth] = await linesOf(file);
  expect(first).toMatchObject({
    msg: 'cannot use [secret]',
    err: {
      type: 'Error',
      message: 'cannot use [secret]',
      stack: expect.stringContaining('log.test.ts'),
      cause: { type: 'TypeError', message: '[secret]' },
      headers: { 'x-api-key': '[secret]' },
      stdout: ['key [secret]'],
    },
  });
  expect(third).toMatchObject({ key: '[secret]', token: '[secret]', nested: { '[secret]': [['a', '[secret]']] } });
  expect(fourth).toMatchObject({ url: 'http://x/?k=[secret]', apiKey: '[secret]', contextTokens: 7 });
});

test('a secret of digits leaves the line valid', async () => {
  const { logger, file, close } = await open([String(process.pid).padStart(6, '1'), '2026-01', '":"info']);
  logger.info({ n: 111111 }, '2026-01 ":"info');
  close();
  expect(await linesOf(file)).toMatchObject([{ level: 'info', msg: '[secret] [secret]' }]);
});

test('what cannot be logged is named, never thrown: circles, depth, size, getters, big integers, bytes', async () => {
  const { logger, file, close } = await open();
  const circle: Record<string, unknown> = { id: 1n, bytes: Buffer.alloc(9) };
  circle.self = circle;
  const deep = Array.from({ length: 20 }).reduce<unknown>((inner) => ({ inner }), 'end');
  const broken = {
    get field(): string {
      throw new Error('no');
    },
  };
  logger.info({ circle, deep, broken, long: 'x'.repeat(40_000), many: Array.from({ length: 1000 }, () => 0) }, 'odd');
  close();
  const [line] = await linesOf(file);
  expect(line).toMatchObject({
    circle: { id: '1', bytes: '[9 bytes]', self: '[circular]' },
    broken: '[cannot be logged: no]',
    long: expect.stringContaining('8000 characters left out'),
  });
  expect(JSON.stringify(line?.deep)).toContain('[too deep]');
  expect(line?.many).toHaveLength(200);
});

test('a log file that is too large is moved aside, at start and while running', async () => {
  const folder = await scratch('log');
  const file = join(folder, 'a.log');
  await writeFile(file, 'old\n');
  await truncate(file, 21 * 1024 * 1024);
  const { logger, close } = createLogger({ logFile: file, logLevel: 'info' }, (text) => text);
  logger.info('first');
  expect((await stat(`${file}.1`)).size).toBe(21 * 1024 * 1024);
  for (let line = 0; line < 700; line += 1) logger.info('y'.repeat(31_000));
  logger.info('last');
  close();
  expect(await linesOf(file).then((lines) => lines.at(-1))).toMatchObject({ msg: 'last' });
  expect((await stat(file)).size).toBeLessThan(5 * 1024 * 1024);
  expect(await readFile(`${file}.1`, 'utf8')).toContain('"msg":"first"');
});

test('F13: a full disk throws nothing into the caller', () => {
  const { logger, close } = createLogger({ logFile: '/dev/full', logLevel: 'info' }, (text) => text);
  for (let line = 0; line < 1000; line += 1) logger.info('z'.repeat(10_000));
  close();
});

test('a log file that cannot be opened is told with a remedy', async () => {
  const folder = await scratch('log');
  await mkdir(join(folder, 'taken'));
  const opening = (): unknown => createLogger({ logFile: join(folder, 'taken'), logLevel: 'info' }, (text) => text);
  expect(opening).toThrow(MendwatchError);
  expect(opening).toThrow(/cannot be written/);
});
