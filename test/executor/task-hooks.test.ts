import { chmod, cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { ListEvent } from '../../src/domain/claude-task.ts';
import { ClaudeTasks } from '../../src/executor/claude-task.ts';
import { runList } from '../../src/executor/task-list.ts';
import { Transcripts } from '../../src/executor/transcripts.ts';
import { hooksFolder, hooksIn, notAborted } from '../hooks/rig.ts';
import { scratch } from '../rig/scratch.ts';
import { standIn } from './tasks-rig.ts';

const samples = join(import.meta.dirname, '..', '..', 'automation', 'hooks', 'samples');

async function tasksWith(hooks: string): Promise<{ tasks: ClaudeTasks; folder: string }> {
  const folder = await scratch('task-hooks');
  const tasks = new ClaudeTasks({
    command: await standIn('word'),
    cwd: folder,
    env: { PATH: '/usr/bin:/bin', HOME: folder },
    defaults: { timeoutMs: 60_000, tools: ['Read'], maxCostUsd: 1 },
    walls: () => ({ hidden: [], shown: [] }),
    ownFolders: [],
    hooks: hooksIn(hooks, { env: { PATH: `${join(process.execPath, '..')}:/usr/bin:/bin` } }),
    transcripts: new Transcripts(join(folder, 'executions'), async (text) => text),
    logger: pino({ level: 'silent' }),
    clean: async (text) => text,
    scrub: (text) => text,
  });
  return { tasks, folder };
}

test('EXEC-7: a hook refuses a task before Claude is started, and is told of one that was run', async () => {
  const refusing = `case "$(cat)" in *secret*) echo 'not that' >&2; exit 2;; esac`;
  const { tasks } = await tasksWith(
    await hooksFolder({
      'pre-execute.d/1': refusing,
      'post-execute.d/1': `grep -q '"outcome":"completed"' && echo '{"note": "went well"}'`,
    }),
  );
  const context = { signal: notAborted, onEvent: () => undefined, readable: [], part: {} };
  const refused = await tasks.run('tell the secret', {}, context);
  expect(refused).toMatchObject({ outcome: 'refused', reason: 'the hook pre-execute.d/1 refused: not that', turns: 0 });
  const ran = await tasks.run('hello', {}, context);
  expect(ran).toMatchObject({ outcome: 'completed', text: 'hello', notes: [{ note: 'went well' }] });
});

test('EXEC-7: the samples: one says how much work each task is, one refuses a list in the wrong order', async () => {
  const hooks = await scratch('samples');
  await mkdir(join(hooks, 'pre-execute.d'));
  for (const name of ['task-complexity.mjs', 'task-order.mjs']) {
    await cp(join(samples, name), join(hooks, 'pre-execute.d', name));
    await chmod(join(hooks, 'pre-execute.d', name), 0o755);
  }
  const { tasks, folder } = await tasksWith(hooks);
  const events: ListEvent[] = [];
  const list = (first: string, second: string) =>
    runList(
      [{ task: first }, { task: second }],
      {
        name: first,
        folder,
        resume: false,
        keepGoing: false,
        signal: notAborted,
        onEvent: (event) => events.push(event),
      },
      () => tasks,
    );
  const wrong = await list('Summarise notes.md', 'Create notes.md with an outline');
  expect(wrong).toMatchObject({
    outcome: 'refused',
    reason: 'the hook pre-execute.d/task-order.mjs refused: 1 needs notes.md, which 2 makes after it',
    tasks: [{ outcome: 'not-run' }, { outcome: 'not-run' }],
  });
  const right = await list('Create notes.md with an outline', 'Summarise notes.md');
  expect(right.outcome).toBe('completed');
  const notes = events.flatMap((event) => (event.type === 'hook-note' ? [event.note] : []));
  expect(notes).toEqual([
    'complexity of 5 each: 1: 1, 2: 1',
    'complexity of 5 each: 1: 1, 2: 1',
    'complexity 1 of 5; 60 s may be too short, 120 s fit better',
    'complexity 1 of 5; 60 s may be too short, 120 s fit better',
  ]);
});
