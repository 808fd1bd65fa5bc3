import { readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { endFamily, freeze, thaw } from '../../src/process/control.ts';
import { Family } from '../../src/process/family.ts';
import { reapMarked } from '../../src/process/process.ts';
import { psTable } from '../../src/process/ps-table.ts';
import { scratch } from '../rig/scratch.ts';
import { isGone, linesOf, numberIn, runBash, startBash, until } from './until.ts';

const COUNTER = fileURLToPath(new URL('fixtures/counter.sh', import.meta.url));
const NESTED = fileURLToPath(new URL('fixtures/nested.mjs', import.meta.url));
const NOBODY = { reached: 0, survivors: [] };

/** Two counters write to the file: one in the session of the child, one in its own. */
async function startCounters(options: Parameters<typeof startBash>[1] = {}) {
  const file = join(await scratch(), 'ticks');
  const child = startBash(`bash ${COUNTER} ${file} apart & bash ${COUNTER} ${file} here & wait`, options);
  const ticks = () => linesOf(file).length;
  await until('both count', () => ticks() > 10);
  const moves = async () => {
    const before = ticks();
    await until('the counters go on', () => ticks() > before + 3);
  };
  const standsStill = async () => {
    const before = ticks();
    await delay(200);
    expect(ticks()).toBe(before);
  };
  return { child, moves, standsStill };
}

describe('what a process leaves behind', () => {
  test('F42: a daemon in a session of its own is ended and counted, though it holds the outputs open', async () => {
    const pidFile = join(await scratch(), 'pid');
    const result = await runBash(
      `setsid nohup bash -c 'echo $$ >${pidFile}; exec sleep 1000' & until [ -s ${pidFile} ]; do sleep 0.01; done`,
    );
    expect(result).toMatchObject({ end: { kind: 'exited', code: 0 }, reaped: 1, survivors: [] });
    expect(isGone(await numberIn(pidFile))).toBe(true);
    expect(result.durationMs).toBeLessThan(10_000);
  });

  test('F42: one that ignores TERM and has cleared its environment', async () => {
    const pidFile = join(await scratch(), 'pid');
    const script = `env -i bash -c 'trap "" TERM HUP; echo $$ >${pidFile}; while true; do sleep 0.1; done' & until [ -s ${pidFile} ]; do sleep 0.01; done`;
    const result = await runBash(script);
    expect(result.end).toEqual({ kind: 'exited', code: 0 });
    expect(result.reaped).toBeGreaterThanOrEqual(1);
    expect(isGone(await numberIn(pidFile))).toBe(true);
  });

  test('a process that ends with a clean tree is not slowed down', async () => {
    const startedMs = performance.now();
    for (let round = 0; round < 10; round += 1) expect((await runBash(':')).reaped).toBe(0);
    expect((performance.now() - startedMs) / 10).toBeLessThan(1_000);
  });

  test('a tree that forks all the time is gone after a cancel', async () => {
    const child = startBash(
      'grow() { trap "" TERM; while true; do (sleep 40 &); setsid sleep 40 & sleep 0.01; done; }; grow & grow & echo up; wait',
      { graceMs: 200, stdout: { kind: 'stream' } },
    );
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    await until('it has grown', async () => (await new Family(child.marker).look()).members.length > 20);
    const report = await child.cancel('enough');
    expect(report.survivors).toEqual([]);
    expect(report.reached).toBeGreaterThan(20);
    expect((await new Family(child.marker).look()).members).toEqual([]);
  });
});

describe('EXEC-3: pause, resume and cancel act on every descendant', () => {
  test('a pause freezes all, in every session, and a resume lets all go on', async () => {
    const { child, moves, standsStill } = await startCounters();
    const paused = await child.pause();
    expect(paused.reached).toBeGreaterThanOrEqual(4);
    await standsStill();
    expect((await child.pause()).reached).toBe(paused.reached);
    expect((await child.resume()).reached).toBe(paused.reached);
    await moves();
    expect(await child.resume()).toEqual(NOBODY);
    const report = await child.cancel('done');
    expect(report.survivors).toEqual([]);
    await standsStill();
  });

  test('a resume right after a pause wins', async () => {
    const { child, moves } = await startCounters();
    await Promise.all([child.pause(), child.resume(), child.pause(), child.resume()]);
    await moves();
  });

  test('F61: cancel while paused is quick; double cancel and resume after the end do nothing', async () => {
    const { child } = await startCounters({ graceMs: 10_000 });
    await child.pause();
    const startedMs = performance.now();
    const [first, second] = await Promise.all([child.cancel('one'), child.cancel('two')]);
    const result = await child.result;
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    expect(first.reached).toBeGreaterThanOrEqual(4);
    expect(second).toEqual(first);
    expect(result.end).toEqual({ kind: 'cancelled', reason: 'one' });
    expect(await Promise.all([child.pause(), child.resume(), child.cancel('three')])).toEqual([NOBODY, NOBODY, NOBODY]);
    expect(await child.result).toBe(result);
  });

  test('neither limit counts the time of a pause', async () => {
    const child = startBash('echo up; sleep 100', { idleTimeoutMs: 500, timeoutMs: 3_000 });
    await child.pause();
    await delay(900);
    await child.resume();
    const result = await child.result;
    expect(result.end).toEqual({ kind: 'timed-out', limit: 'idle', afterMs: 500 });
    expect(result.activeMs).toBeGreaterThanOrEqual(499);
    expect(result.durationMs - result.activeMs).toBeGreaterThanOrEqual(890);
  });

  test('a paused process that a stranger kills has ended', async () => {
    const child = startBash('sleep 100; true');
    await until('the tree is there', async () => (await new Family(child.marker).look()).members.length === 2);
    await child.pause();
    process.kill(child.pid ?? 0, 'SIGKILL');
    const result = await child.result;
    expect(result.end).toEqual({ kind: 'signalled', signal: 'SIGKILL' });
    expect(result.reaped).toBe(1);
  });
});

describe('the marker', () => {
  test('the environment is exactly what was given, and the marker', async () => {
    const child = startBash('/usr/bin/env -0', { env: { PATH: '/usr/bin:/bin', A: 'b=c\nd', LANG: 'C' } });
    const ownAdditions = /^(PWD|SHLVL|_|OLDPWD)=/;
    const seen = (await child.result).stdout.split('\0').filter((line) => line && !ownAdditions.test(line));
    expect(seen.sort()).toEqual(['A=b=c\nd', 'LANG=C', `MENDWATCH_MARKER=${child.marker}`, 'PATH=/usr/bin:/bin']);
  });

  test('is a list: a marked process inside a marked process belongs to both', async () => {
    const folder = await scratch();
    const pidFile = join(folder, 'pid');
    const args = `${process.execPath} ${NESTED} ${pidFile}`;
    const outer = startBash(`exec ${args}`);
    const innermost = await numberIn(pidFile);
    const environment = readFileSync(`/proc/${innermost}/environ`, 'utf8');
    expect(environment).toMatch(new RegExp(`(^|\\0)MENDWATCH_MARKER=${outer.marker}:[^:\\0]+\\0`));
    // Killed, not asked: the inner one has no chance to tidy up.
    process.kill(outer.pid ?? 0, 'SIGKILL');
    expect((await outer.result).reaped).toBeGreaterThanOrEqual(1);
    expect(isGone(innermost)).toBe(true);
  });

  test('a marker in the environment that was given is kept as the outer one', async () => {
    const child = startBash('true', { env: { MENDWATCH_MARKER: 'one:two' } });
    expect(child.marker).toMatch(/(^|:)one:two:[^:]+$/);
    await child.result;
  });

  test('reapMarked finds what a crashed agent left, and nobody else', async () => {
    const [lost, other] = [startBash('setsid sleep 100 & sleep 100 & wait'), startBash('sleep 100; true')];
    await until('the tree is there', async () => (await new Family(lost.marker).look()).members.length === 3);
    const report = await reapMarked(lost.marker);
    expect(report).toEqual({ reached: 3, survivors: [] });
    expect((await lost.result).end).toEqual({ kind: 'signalled', signal: 'SIGTERM' });
    expect(isGone(other.pid ?? 0)).toBe(false);
    expect(await reapMarked(lost.marker)).toEqual(NOBODY);
    expect(await reapMarked('')).toEqual(NOBODY);
  });

  test('a process is not mistaken for a later one with its number', async () => {
    const child = startBash('sleep 100; true');
    const family = new Family('nobody-carries-this', child.pid, {
      birthSlack: 0,
      birthOf: () => 1,
      read: async () => ({ rows: [{ ...stranger, pid: child.pid ?? 0, session: child.pid ?? 0 }], unclear: [] }),
      ownMarker: () => [],
    });
    expect((await family.look()).members).toEqual([]);
  });
});

const stranger = {
  ppid: 1,
  group: 1,
  birth: 2,
  stopped: false,
  blocked: false,
  marker: () => [],
  endsAtTerm: () => false,
};

test('the portable way finds, stops, resumes and ends a family too', async () => {
  const child = startBash('setsid sleep 100 & sleep 100 & wait');
  const family = new Family(child.marker, child.pid, psTable);
  const states = async () => (await family.look()).members.map((row) => row.stopped);
  await until('the tree is there', async () => (await states()).length === 3);
  expect(await freeze(family, () => true)).toBe(3);
  expect(await states()).toEqual([true, true, true]);
  expect(await thaw(family, () => true)).toBe(3);
  expect(await states()).toEqual([false, false, false]);
  expect(await endFamily(family, 2_000)).toEqual({ reached: 3, survivors: [] });
});

test('where nothing lists processes, the group of the child is left', async () => {
  const child = startBash('exec sleep 100');
  const blind = { birthSlack: 0, birthOf: () => undefined, read: async () => undefined, ownMarker: () => [] };
  const family = new Family(child.marker, child.pid, blind);
  expect(await freeze(family, () => true)).toBe(1);
  expect(await thaw(family, () => true)).toBe(1);
  expect(await endFamily(family, 2_000)).toEqual({ reached: 1, survivors: [] });
  expect((await child.result).end.kind).toBe('signalled');
});

test.each([
  [true, 10],
  [15, 15],
  [0, 0],
])('low priority: %s is %i', async (lowPriority, priority) => {
  const child = startBash('sleep 100; true', { lowPriority });
  expect(getPriority(child.pid ?? 0)).toBe(priority);
});
