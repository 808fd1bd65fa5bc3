import { appendFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rangeOf } from '../../src/cli/logs.ts';
import { findPackageRoot } from '../../src/config/package-root.ts';
import { type ProcessResult, run } from '../../src/process/process.ts';
import { compiled } from '../rig/compiled.ts';
import { placesIn } from '../rig/places.ts';
import { scratch } from '../rig/scratch.ts';
import { onTerminal } from '../rig/terminal.ts';

const time = '2026-01-02T03:04:05.000Z';
const refused = {
  event: 'verdict',
  taskId: 'task_0000000a',
  accepted: false,
  reasons: ['It is red.'],
  ran: 1,
  durationMs: 1,
};

function line(fields: object): string {
  return `${JSON.stringify({ level: 'info', time, pid: 7, ...fields })}\n`;
}

async function place() {
  const folder = await scratch('logs');
  await mkdir(join(folder, 'logs'));
  await mkdir(join(folder, 'project'));
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    PROJECT_ROOT: join(folder, 'project'),
    ...placesIn(folder),
    ...compiled,
  };
  const words = [process.execPath, join(findPackageRoot(), 'automation', 'mendwatch.ts'), 'logs'];
  const [command = '', ...args] = words;
  return {
    log: env.LOG_FILE,
    logs: (...more: string[]): Promise<ProcessResult> =>
      run({ command, args: [...args, ...more], cwd: folder, env: { ...env, TZ: 'UTC' }, timeoutMs: 30_000 }),
    onTerminal: (...more: string[]) => onTerminal([...words, ...more], { cwd: folder, env }),
  };
}

describe('logs', () => {
  test('for people: time, level, what happened, and the task; --json gives the lines as they are', async () => {
    const { log, logs } = await place();
    const fault = { level: 'error', msg: 'it broke', err: { type: 'Error', message: 'no \x1b[2J disk' }, attempts: 3 };
    const all = [
      line({ msg: 'watch.batch', event: 'watch.batch', files: ['a\u202e.ts'], total: 1 }),
      line({ msg: 'verdict', ...refused }),
      line({ msg: 'task.created', event: 'task.created', taskId: 'task_0000000b', file: 'b.ts' }),
      line({ msg: 'of another version', event: 'plan.ready', taskId: 'task_0000000c' }),
      line(fault),
      'torn {\n',
    ];
    await writeFile(log, all.join(''));
    const { end, stdout } = await logs();
    expect(end).toEqual({ kind: 'exited', code: 0 });
    expect(stdout.split('\n')).toEqual([
      '2026-01-02 03:04:05 info  changed: a .ts',
      '2026-01-02 03:04:05 info  refused: It is red. (task_0000000a)',
      '2026-01-02 03:04:05 info  task.created file=b.ts (task_0000000b)',
      '2026-01-02 03:04:05 info  of another version (task_0000000c)',
      '2026-01-02 03:04:05 error it broke no  [2J disk attempts=3',
      'torn {',
      '',
    ]);
    const raw = (await logs('--json', '--level', 'error')).stdout;
    expect(JSON.parse(raw)).toMatchObject(fault);
    expect((await logs('--task', '0000000a', '-n', '5')).stdout.split('\n')).toHaveLength(2);
    expect((await logs('--json', '-n', '6')).stdout).not.toContain('\u202e');
  });

  test('4: there is none yet; 2: what was asked for cannot be', async () => {
    const { logs } = await place();
    const none = await logs();
    expect([none.end, none.stderr]).toEqual([
      { kind: 'exited', code: 4 },
      expect.stringContaining('There is no log at'),
    ]);
    const wrong = { lines: 'many', level: 'loud', task: 'x y', since: 'soon' };
    for (const [name, value] of Object.entries(wrong)) {
      expect(() => rangeOf({ [name]: value }, 0)).toThrow(new RegExp(`^--${name} ${value}: expected`));
    }
    for (const since of ['1', '0', 'soon 5', '2026-13-45']) {
      expect(() => rangeOf({ since }, 0), since).toThrow(/expected a time as in 45s/);
    }
    expect(rangeOf({ since: '2026-01-02' }, 5)).toMatchObject({ sinceMs: Date.parse('2026-01-02') });
    expect(rangeOf({ since: '2h' }, 10_000_000)).toMatchObject({ sinceMs: 2_800_000, lines: undefined });
    expect(rangeOf({}, 0)).toMatchObject({ lines: 50 });
  });

  test('--follow on a terminal goes on over the file being moved aside, until Ctrl-C', async () => {
    const { log, onTerminal: follow } = await place();
    await writeFile(log, line({ msg: 'one' }));
    const following = follow('--follow');
    await following.shows('one');
    await appendFile(log, line({ msg: 'two', level: 'warn' }));
    await following.shows('two');
    await rename(log, `${log}.1`);
    await writeFile(log, line({ msg: 'three' }));
    await following.shows('three');
    expect(following.screen.filter((row) => row.includes('two'))).toHaveLength(1);
    expect(following.output).toContain('\x1b[33mwarn');
    following.type('\x03');
    expect(await following.ended).toEqual({ kind: 'exited', code: 0 });
  });
});
