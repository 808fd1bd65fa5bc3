import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findPackageRoot } from '../../src/config/package-root.ts';
import type { Task } from '../../src/domain/task.ts';
import { type ProcessResult, run } from '../../src/process/process.ts';
import { freshState, type StateDocument } from '../../src/state/schema.ts';
import { compiled } from '../rig/compiled.ts';
import { placesIn } from '../rig/places.ts';
import { scratch } from '../rig/scratch.ts';
import { type OnTerminal, onTerminal } from '../rig/terminal.ts';

const minuteMs = 60_000;
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

const task: Task = {
  id: 'task_0000000a',
  type: 'file_change',
  file_path: 'src/sum.ts',
  description: 'Process changes in src/sum.ts',
  created_at: ago(10 * minuteMs),
  status: 'in_progress',
  retry_count: 0,
  priority: 0,
  attempts: [],
};
const fixing: Task = { ...task, phase: 'fix', phase_at: ago(72_500), cost_usd: 0.0312 };
const fixed: Task = {
  ...{ ...task, id: 'task_0000000b', status: 'completed', outcome: 'fixed', cost_usd: 0.25 },
  finished_at: ago(5 * minuteMs + 400),
};

/** What a running agent writes; it is this process. */
function running(): StateDocument {
  const state = freshState(Date.now());
  const birth = { pid: process.pid, host: hostname(), started_at: ago(9 * minuteMs) };
  Object.assign(state.processes.orchestrator, { status: 'running', last_heartbeat: ago(12_400), ...birth });
  state.health.healthy = true;
  return state;
}

interface Place {
  readonly folder: string;
  readonly env: Record<string, string>;
  write(state: StateDocument): Promise<void>;
  status(...words: string[]): Promise<ProcessResult>;
  onTerminal(...words: string[]): OnTerminal;
}

async function place(): Promise<Place> {
  const folder = await scratch('status');
  await mkdir(join(folder, 'state'));
  await mkdir(join(folder, 'project'));
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    PROJECT_ROOT: join(folder, 'project'),
    ...placesIn(folder),
    ...compiled,
  };
  const command = [process.execPath, join(findPackageRoot(), 'automation', 'mendwatch.ts'), 'status'];
  const [first = '', ...rest] = command;
  return {
    folder,
    env,
    write: (state) => writeFile(env.STATE_FILE, JSON.stringify(state)),
    status: (...words) => run({ command: first, args: [...rest, ...words], cwd: folder, env, timeoutMs: 30_000 }),
    onTerminal: (...words) => onTerminal([...command, ...words], { cwd: folder, env }),
  };
}

test('status says what is done now, what waits, what was done lately, and what is wrong with the agent', async () => {
  const { write, status } = await place();
  const state = running();
  state.queues.in_progress.push(fixing);
  state.queues.completed.push(fixed);
  state.queues.pending.push({ ...task, id: 'task_0000000c', status: 'pending', file_path: 'src/later.ts' });
  state.processes.orchestrator.last_heartbeat = ago(7 * minuteMs);
  await write(state);
  const { stdout } = await status();
  expect(stdout).toMatch(/: running \(process \d+, since \w+ \d\d:\d\d, last heartbeat 7 min ago\)/);
  expect(stdout).toMatch(/No heartbeat for 7 min: the agent hangs/);
  expect(stdout).toMatch(
    /Now: asking the fixer: src\/sum\.ts, \$0\.0312, for 1 min \d+ s \(since [\d:]+\), task_0000000a/,
  );
  expect(stdout).toContain('Waiting: src/later.ts\n');
  expect(stdout).toMatch(/Lately:\n {2}5 min ago +fixed +src\/sum\.ts, task_0000000b, \$0\.2500/);
  expect(stdout).not.toContain('\x1b');
  const record = JSON.parse((await status('--json')).stdout);
  expect(record.now).toMatchObject([{ phase: 'fix', files: ['src/sum.ts'], task_id: 'task_0000000a', attempt: 1 }]);
  expect(record.recent).toMatchObject([{ id: 'task_0000000b', outcome: 'fixed' }]);
  expect(record.troubles).toMatchObject([{ kind: 'heartbeat' }]);
});

test('status says that all tests are being run for the first time, which is no task', async () => {
  const { write, status } = await place();
  const state = running();
  state.processes.orchestrator.baseline_since = ago(12_400);
  await write(state);
  const { stdout } = await status();
  expect(stdout).toMatch(/\nNow: running all tests for the first time, for 1\d s\n/);
  expect(stdout).not.toContain('not run yet');
});

test('status names the folders where only part of the project is watched', async () => {
  const { env, write, status } = await place();
  await mkdir(join(env.PROJECT_ROOT ?? '', 'packages', 'one'), { recursive: true });
  await write(running());
  expect((await status()).stdout).not.toContain('Watched of it');
  env.WATCH_PATHS = 'packages/one';
  expect((await status()).stdout).toContain('\nWatched of it: packages/one\n');
});

describe('status --check', () => {
  const check = async (change: (state: StateDocument) => void, ...words: string[]) => {
    const { write, status } = await place();
    const state = running();
    change(state);
    await write(state);
    const { end, stdout } = await status('--check', ...words);
    return { code: end.kind === 'exited' ? end.code : end, said: stdout.trim().split('\n') };
  };

  test('0: all well', async () => {
    const { code, said } = await check(() => undefined);
    expect([code, said]).toEqual([0, [expect.stringMatching(/: running, all well$/)]]);
  });

  test('1: each thing that is not as it should be has a line', async () => {
    const { code, said } = await check((state) => {
      state.health = { ...state.health, healthy: false, reasons: { test_runner: 'vitest is gone' } };
      const since = { since: ago(minuteMs), opens_at: null, probes: 0, configuration: '' };
      state.gates['no-credit'] = { reason: 'the credit is used up', ...since };
      state.circuit_breakers['*'] = { state: 'open', failures: [], trips: 1, reason: 'disk full' };
    });
    expect(code).toBe(1);
    expect(said).toEqual([
      expect.stringContaining('vitest is gone'),
      expect.stringContaining('the credit is used up'),
      expect.stringContaining('disk full'),
    ]);
  });

  test('4: stopped, gone without a word, or never there', async () => {
    const stopped = await check((state) => {
      state.processes.orchestrator.status = 'stopped';
    });
    expect(stopped).toEqual({ code: 4, said: [expect.stringMatching(/: not running$/)] });
    const gone = await check((state) => {
      state.processes.orchestrator.pid = 2 ** 22 + 1;
    }, '--json');
    expect([gone.code, JSON.parse(gone.said.join('\n'))]).toEqual([
      4,
      { ok: false, status: 'not running', troubles: [] },
    ]);
    const { status } = await place();
    expect((await status('--check')).end).toEqual({ kind: 'exited', code: 4 });
  });
});

test('on a terminal the first look after a while says what was missed, and only that counts as a look', async () => {
  const { folder, write, status, onTerminal: look } = await place();
  const state = running();
  state.queues.completed.push(fixed);
  await write(state);
  const note = join(folder, 'state', 'last_looked');
  await writeFile(note, ago(3 * 60 * minuteMs));
  const before = await readFile(note, 'utf8');
  for (const words of [[], ['--check']]) expect((await status(...words)).stdout).not.toContain('Since you');
  expect(await readFile(note, 'utf8')).toBe(before);
  const first = look();
  expect(await first.ended).toEqual({ kind: 'exited', code: 0 });
  expect(first.screen.find((row) => row.startsWith('Since'))).toMatch(
    /^Since you last looked \(\w+ \d\d:\d\d\): 1 fixed, \$0\.25\.$/,
  );
  const second = look();
  await second.ended;
  expect(second.output).not.toContain('Since you');
});

describe('status --watch', () => {
  test('shows changes in the same place until q, and leaves the terminal as it was', async () => {
    const { write, onTerminal: look } = await place();
    await write(running());
    const watching = look('--watch');
    await watching.shows('0 in progress');
    const state = running();
    state.queues.in_progress.push(fixing);
    await write(state);
    await watching.shows(/Now: asking the fixer: src\/sum\.ts/);
    expect(watching.screen.filter((line) => line.includes(': running (process'))).toHaveLength(1);
    watching.type('q');
    expect(await watching.ended).toEqual({ kind: 'exited', code: 0 });
    expect(watching.output).not.toContain('\x1b[?');
  });

  test('without a terminal prints what has changed, as JSON one line each', async () => {
    const { folder, env, write } = await place();
    await write(running());
    const script =
      'node "$0" status --watch --json | { read -r one; echo "$one" > one; read -r two; echo "$two" > two; }';
    const entry = join(findPackageRoot(), 'automation', 'mendwatch.ts');
    const PATH = `${join(process.execPath, '..')}:${env.PATH}`;
    const piped = run({
      command: '/bin/sh',
      args: ['-c', script, entry],
      cwd: folder,
      env: { ...env, PATH },
      timeoutMs: 30_000,
    });
    const saved = async (name: string) => (await readFile(join(folder, name), 'utf8').catch(() => '')).trim();
    await expect.poll(() => saved('one'), { timeout: 10_000 }).not.toBe('');
    const state = running();
    state.queues.in_progress.push(fixing);
    await write(state);
    await expect.poll(() => saved('two'), { timeout: 10_000 }).not.toBe('');
    const shown = await Promise.all(
      ['one', 'two'].map(async (name) => JSON.parse(await saved(name)).queues.in_progress),
    );
    expect(shown).toEqual([0, 1]);
    // Its reader has gone: the next line that it writes ends it.
    await write(running());
    expect((await piped).end).toEqual({ kind: 'exited', code: 0 });
  });
});
