import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { findPackageRoot } from '../../src/config/package-root.ts';
import type { Landing, Task } from '../../src/domain/task.ts';
import { type ProcessResult, run } from '../../src/process/process.ts';
import { freshState } from '../../src/state/schema.ts';
import { compiled } from '../rig/compiled.ts';
import { placesIn } from '../rig/places.ts';
import { scratch } from '../rig/scratch.ts';

const task: Task = {
  id: 'task_0000000a',
  type: 'file_change',
  file_path: 'src/sum.ts',
  description: 'Process changes in src/sum.ts',
  created_at: '2026-01-02T03:04:05.000Z',
  status: 'completed',
  outcome: 'fixed',
  retry_count: 0,
  priority: 0,
  attempts: [],
};
const executions = ['exec_00000000000000aa', 'exec_00000000000000ab', 'exec_b000000000000000'];

interface Place {
  mendwatch(...words: string[]): Promise<ProcessResult>;
  /** What bash offers for the last word of each line. */
  completed(...lines: string[]): Promise<Readonly<Record<string, readonly string[]>>>;
}

async function place(): Promise<Place> {
  const folder = await scratch('ids');
  const places = placesIn(folder);
  const state = freshState(Date.now());
  const landed = { task_id: task.id, status: 'landed', landed_at: task.created_at, files: [], folder: 'f' };
  state.queues.completed.push(
    task,
    { ...task, id: 'task_37f2f7e8' },
    { ...task, id: 'task_37aaaaaa', outcome: 'parked' },
  );
  state.landings.push(landed as Landing);
  const records = join(dirname(places.STATE_FILE), 'executor', 'executions');
  await mkdir(records, { recursive: true });
  await mkdir(join(folder, 'project'));
  await writeFile(places.STATE_FILE, JSON.stringify(state));
  await mkdir(dirname(places.LOG_FILE));
  await writeFile(places.LOG_FILE, '');
  for (const id of executions) {
    const record = { executionId: id, startedAt: '2026-01-02T03:04:05.000Z', outcome: 'completed', task: 'Say\nhello' };
    await writeFile(join(records, `${id}.json`), JSON.stringify(record));
  }
  const entry = join(findPackageRoot(), 'automation', 'mendwatch.ts');
  const program = join(folder, 'mendwatch');
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${entry}' "$@"\n`, { mode: 0o755 });
  const env = {
    ...{ PATH: `${folder}:${process.env.PATH}`, HOME: folder, PROJECT_ROOT: join(folder, 'project') },
    ...places,
    ...compiled,
  };
  const call = { cwd: folder, env, timeoutMs: 30_000 };
  const script = `eval "$(mendwatch completion bash)"
for line in "$@"; do
  COMP_WORDS=(mendwatch) COMP_CWORD=0
  while read -r word; do COMP_WORDS[++COMP_CWORD]=$word; done <<< "\${line// /$'\\n'}"
  _mendwatch
  printf '%s|' "$line" "\${COMPREPLY[@]}"
  echo
done`;
  return {
    mendwatch: (...words) => run({ ...call, command: program, args: words }),
    completed: async (...lines) => {
      const args = ['--norc', '-c', script, 'bash', ...lines];
      const { stdout, stderr } = await run({ ...call, command: 'bash', args });
      expect(stderr).toBe('');
      const rows = stdout.trimEnd().split('\n');
      return Object.fromEntries(
        rows.map((row) => {
          const [line = '', ...offered] = row.split('|').slice(0, -1);
          return [line, offered.filter((word) => word !== '').sort()];
        }),
      );
    },
  };
}

test('ids may be shortened, and say what there is when they fit none or several', async () => {
  const { mendwatch } = await place();
  const [whole, short, upper, several, none, empty, bare, log] = await Promise.all([
    mendwatch('show', 'task_37f2f7e8'),
    mendwatch('show', '37f'),
    mendwatch('show', '37F2'),
    mendwatch('show', '37'),
    mendwatch('cancel', 'beef'),
    mendwatch('undo', ''),
    mendwatch('retry', 'task_'),
    mendwatch('logs', '--task', 'task_37'),
  ]);
  expect(whole.stdout).toContain('task_37f2f7e8 src/sum.ts: fixed');
  expect([short.stdout, upper.stdout]).toEqual([whole.stdout, whole.stdout]);
  const candidates = `37 fits 2 tasks:
  task_37f2f7e8  fixed  src/sum.ts
  task_37aaaaaa  parked  src/sum.ts
Say more of the id.
`;
  expect(several).toMatchObject({ stdout: '', stderr: candidates, end: { code: 2 } });
  expect(log).toMatchObject({ stdout: '', stderr: candidates.replace('37', 'task_37'), end: { code: 2 } });
  expect(none).toMatchObject({ stderr: 'There is no task beef.\n`mendwatch tasks` lists them.\n', end: { code: 2 } });
  // An empty variable of a shell.
  expect(empty).toMatchObject({ stderr: expect.stringContaining('An empty id fits 3 tasks:\n  task_0000000a  fixed') });
  expect(bare).toMatchObject({ stderr: expect.stringContaining('task_ fits 3 tasks:\n  task_0000000a  fixed') });
});

test('ids of executions, too; `verify --list` names them', async () => {
  const { mendwatch } = await place();
  const [short, several, none, wrong, list, json] = await Promise.all([
    mendwatch('verify', 'b0'),
    mendwatch('verify', 'exec_0000'),
    mendwatch('verify', 'c'),
    mendwatch('verify', 'xyz'),
    mendwatch('verify', '--list'),
    mendwatch('verify', '--list', '--json'),
  ]);
  expect(short.stdout).toContain('exec_b000000000000000.json');
  expect(several.stderr).toMatch(/^exec_0000 fits 2 executions:\n( {2}exec_00000000000000a[ab]\n){2}/);
  expect(none.stderr).toMatch(/^There is no execution c in .*\n`mendwatch verify --list` lists the latest\.\n$/);
  expect(wrong.stderr).toContain('xyz is no execution id: expected exec_ and 16 hex digits, or the beginning of that.');
  for (const { end } of [several, none, wrong]) expect(end).toMatchObject({ code: 2 });
  expect(list.stdout).toMatch(/^exec_b000000000000000 {2}2026-01-0\d \d\d:\d\d:05 {2}completed {3}Say hello$/m);
  expect(JSON.parse(json.stdout)).toHaveLength(3);
});

test('bash completes commands, options, values and ids', async () => {
  const { completed } = await place();
  const expected = {
    st: ['start', 'status', 'stop'],
    'show --': ['--help', '--json', '--timing'],
    'service u': ['uninstall'],
    'logs --level w': ['warn'],
    'logs --lines ': [],
    'schema ev': ['events'],
    'completion ': ['bash', 'fish', 'zsh'],
    'status ': [],
    'verify --result sta': ['state'],
    'show ': ['task_0000000a', 'task_37aaaaaa', 'task_37f2f7e8'],
    'show 37': ['37aaaaaa', '37f2f7e8'],
    'undo task_': ['task_0000000a'],
    'apply ': ['task_37aaaaaa'],
    'logs --task 37f': ['37f2f7e8'],
    'verify exec_b': ['exec_b000000000000000'],
  };
  expect(await completed(...Object.keys(expected))).toEqual(expected);
});

test('without settings and state completion offers nothing, and says nothing', async () => {
  const { mendwatch } = await place();
  expect((await mendwatch('complete-ids', 'show', '')).stdout).toMatch(/^task_37aaaaaa\tsrc\/sum\.ts, parked$/m);
  const folder = await scratch('nothing');
  const entry = join(findPackageRoot(), 'automation', 'mendwatch.ts');
  const env = { PATH: process.env.PATH ?? '', HOME: folder, PROJECT_ROOT: join(folder, 'gone') };
  const args = [entry, 'complete-ids', 'show', ''];
  const { stdout, stderr, end } = await run({ command: process.execPath, args, cwd: folder, env, timeoutMs: 30_000 });
  expect({ stdout, stderr, end }).toEqual({ stdout: '', stderr: '', end: { kind: 'exited', code: 0 } });
});
