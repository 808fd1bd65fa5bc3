import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { runWithFamily, troubleOf } from '../../bench/family.ts';
import { isGone } from '../process/until.ts';

const bench = resolve(import.meta.dirname, '../../bench');
const leaves = relative(bench, resolve(import.meta.dirname, 'fixtures/leaves.ts'));
const timeoutMs = 60_000;

interface Said {
  readonly pid: number;
  readonly folder: string;
}

function expectGone({ pid, folder }: Said): void {
  expect(isGone(pid)).toBe(true);
  expect(existsSync(folder)).toBe(false);
}

test('whoever stops a measurement leaves no process and no folder of it behind', async () => {
  const stop = new AbortController();
  let said = '';
  const onSaid = (text: string): void => {
    said += text;
    if (said.endsWith('\n')) stop.abort(new Error('SIGINT'));
  };
  const { end } = await runWithFamily(leaves, [], { timeoutMs, signal: stop.signal, onSaid });
  expect(troubleOf(end)).toBe('it was stopped: SIGINT');
  expectGone(JSON.parse(said) as Said);
});

test('what ends by itself and leaves a process behind is told of', async () => {
  const { signal } = new AbortController();
  const { end, stderr, reaped } = await runWithFamily(leaves, ['end'], { timeoutMs, signal });
  expect(troubleOf(end)).toBeUndefined();
  expect(reaped).toBe(1);
  expectGone(JSON.parse(stderr) as Said);
});

test('what fails says how', async () => {
  const { signal } = new AbortController();
  const failed = await runWithFamily('run-suite.ts', ['nothing'], { timeoutMs, signal });
  expect(troubleOf(failed.end)).toBe('it ended with 1');
  expect(failed.stderr).toContain('There is no suite nothing');
});
