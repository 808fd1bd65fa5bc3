import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { execute, executeList } from '../../src/agent/execute.ts';
import { conversation, type RehearsalRequest, script } from '../../src/claude/rehearsal/server.ts';
import type { TaskEvent } from '../../src/domain/claude-task.ts';
import { verifyExecution } from '../../src/executor/verify.ts';
import { standIn, type TaskStage, taskStage } from './tasks-rig.ts';

interface ToldTask {
  readonly id: string;
  readonly outcome: string;
  readonly result: { readonly text: string };
}

const unused = () => ({ say: 'never' });

test('EXEC-10 EXEC-12: one call gives a task to Claude and resolves with what came of it, which can be proven', async () => {
  const stage: TaskStage = await taskStage(
    script(
      conversation('Write the page', [
        () => ({
          say: 'Writing.',
          calls: [{ tool: 'Write', input: { file_path: join(stage.project, 'page.md'), content: '# Page\n' } }],
        }),
        { say: 'The page is there.' },
      ]),
    ),
  );
  const { project, env, executions } = stage;
  const events: TaskEvent[] = [];
  const result = await execute('Write the page', { env, onEvent: (event) => events.push(event) });
  expect(result).toMatchObject({
    outcome: 'completed',
    reason: undefined,
    text: 'The page is there.',
    files: { created: ['page.md'], changed: [], deleted: [], isComplete: true },
    turns: 2,
  });
  expect(result.executionId).toMatch(/^exec_[0-9a-f]{16}$/);
  expect(result.costUsd).toBeGreaterThan(0);
  expect(result.durationMs).toBeGreaterThan(0);
  expect(await readFile(join(project, 'page.md'), 'utf8')).toBe('# Page\n');
  expect(events.map(({ type }) => type)).toEqual(['started', 'text', 'tool', 'text', 'ended']);
  expect(events[2]).toMatchObject({ tool: 'Write', subject: join(project, 'page.md') });

  const transcript = await readFile(result.transcript ?? '', 'utf8');
  expect(transcript).toContain(result.sessionId);
  const places = { folder: executions, logFile: join(executions, '..', '..', 'executor.log') };
  const verified = await verifyExecution(result.executionId, places, JSON.parse(JSON.stringify(result)));
  expect(verified).toMatchObject({ agrees: true, checks: { length: 4 } });
  await writeFile(result.transcript ?? '', transcript.replace('The page', 'No page'));
  const changed = await verifyExecution(result.executionId, places);
  expect(changed.checks.filter(({ difference }) => difference !== undefined)).toMatchObject([
    { what: `the transcript ${result.transcript}` },
  ]);
});

test('EXEC-1 EXEC-2 EXEC-10: a list from the shell runs in order, each in a fresh context; results pass through files', async () => {
  const seen: RehearsalRequest[] = [];
  const stage = await taskStage(
    script(
      conversation('Find the number', [{ say: 'It is 42, see MARK-1.' }]),
      conversation('Double the number', [
        ({ prompt }) => ({
          calls: [{ tool: 'Read', input: { file_path: /- (\/.*\.md) \(task find\)/.exec(prompt)?.[1] } }],
        }),
        (request) => {
          seen.push(request);
          return {
            say: request.results.some(({ text }) => text.includes('It is 42')) ? 'It is 84.' : 'I cannot read.',
          };
        },
      ]),
      conversation('Say it', [{ say: 'Said.' }]),
    ),
  );
  const file = join(stage.project, 'tasks.json');
  const tasks = [{ id: 'find', task: 'Find the number' }, { task: 'Double the number', after: ['find'] }, 'Say it'];
  await writeFile(file, `\uFEFF${JSON.stringify({ tasks })}`);
  const { end, stdout, stderr } = await stage.cli('execute', '--list', 'tasks.json', '--tools', 'Read').result;
  expect(end, stderr).toEqual({ kind: 'exited', code: 0 });
  const result = JSON.parse(stdout);
  expect(result.outcome).toBe('completed');
  const listed: readonly ToldTask[] = result.tasks;
  expect(listed.map(({ id, outcome, result: { text } }) => [id, outcome, text])).toEqual([
    ['find', 'completed', 'It is 42, see MARK-1.'],
    ['2', 'completed', 'It is 84.'],
    ['3', 'completed', 'Said.'],
  ]);
  expect(stderr).toMatch(/\[1\/3\] find[\s\S]*\[2\/3\] 2[\s\S]*· Read [\s\S]*\[3\/3\] 3/);
  const ofThird = stage.rehearsal.requests.filter(({ isMain, prompt }) => isMain && prompt.startsWith('Say it'));
  expect(ofThird).toHaveLength(1);
  expect(JSON.stringify(ofThird)).not.toContain('MARK-1');

  const [first] = result.tasks;
  expect(stderr).toContain(`started in ${stage.project}`);
  await writeFile(join(stage.project, 'result.json'), JSON.stringify(first.result));
  const verified = await stage.cli('verify', first.result.execution_id, '--result', 'result.json').result;
  expect(verified.end, verified.stdout + verified.stderr).toEqual({ kind: 'exited', code: 0 });
  expect(verified.stdout.match(/^✓/gm)).toHaveLength(4);
  const { text: _text, ...textless } = first.result;
  await writeFile(join(stage.project, 'result.json'), JSON.stringify(textless));
  const lacking = await stage.cli('verify', first.result.execution_id, '--result', 'result.json').result;
  expect([lacking.end, lacking.stdout]).toEqual([
    { kind: 'exited', code: 1 },
    expect.stringContaining('it has no text'),
  ]);
  const nowhere = await stage.cli('verify', first.result.execution_id, '--result', 'nowhere.json').result;
  expect([nowhere.end, nowhere.stderr]).toEqual([
    { kind: 'exited', code: 2 },
    expect.stringContaining(`--result nowhere.json: there is no file ${join(stage.project, 'nowhere.json')}.`),
  ]);
});

test('EXEC-1: a list stops at a failure or goes on, skips what depends on it, and is resumed where it stopped', async () => {
  const command = await standIn(`word === 'two' && !has('mended') ? undefined : 'did ' + word`);
  const { env } = await taskStage(unused, { CLAUDE_COMMAND: command });
  const asked = (): Promise<string> => readFile(join(command, '..', 'asked'), 'utf8');
  const tasks = ['one', 'two', { task: 'three', after: ['2'] }, 'four'];
  const outcomes = async (more: object) => {
    const { outcome, tasks: all, reason } = await executeList(tasks, { env, tools: ['Read'], ...more });
    return { outcome, reason, all: all.map((each) => each.outcome), resumed: all.map(({ isResumed }) => isResumed) };
  };
  expect(await outcomes({})).toMatchObject({ outcome: 'failed', all: ['completed', 'failed', 'not-run', 'not-run'] });
  expect(await outcomes({ keepGoing: true })).toMatchObject({ all: ['completed', 'failed', 'skipped', 'completed'] });
  await writeFile(join(command, '..', 'mended'), '');
  const before = await asked();
  expect(await outcomes({ resume: true })).toMatchObject({
    outcome: 'completed',
    all: ['completed', 'completed', 'completed', 'completed'],
    resumed: [true, false, false, true],
  });
  expect((await asked()).slice(before.length)).toBe('two\nthree\n');
  expect((await executeList(['a', 'b', 'c'], { env })).costUsd).toBe(0.03);
  await expect(
    executeList(['another', ...tasks.slice(1)], { env, name: 'other', resume: true }),
  ).resolves.toMatchObject({ outcome: 'completed' });
  await expect(executeList(['yet another'], { env, name: 'other', resume: true })).rejects.toThrow(
    'Task 1 (1) was completed and is another one in the list now.',
  );
});

test('EXEC-1: Ctrl-C ends a task with all its processes, and the list goes on from there', async () => {
  const command = await standIn(`word === 'two' && !has('free') ? null : 'done'`);
  const stage = await taskStage(unused, { CLAUDE_COMMAND: command });
  const asked = (): Promise<string> => readFile(join(command, '..', 'asked'), 'utf8').catch(() => '');
  await writeFile(join(stage.project, 'tasks.json'), '["one", "two"]');
  const running = stage.cli('execute', '--json', '--list', 'tasks.json');
  await expect.poll(asked, { timeout: 20_000 }).toBe('one\ntwo\n');
  process.kill(running.pid ?? 0, 'SIGINT');
  const { end, stdout, reaped } = await running.result;
  expect([end, reaped]).toEqual([{ kind: 'exited', code: 130 }, 0]);
  expect(JSON.parse(stdout)).toMatchObject({
    outcome: 'canceled',
    tasks: [
      { outcome: 'completed' },
      { outcome: 'canceled', result: { outcome: 'canceled', reason: 'canceled by SIGINT', cost_usd: null } },
    ],
    cost_usd: null,
  });
  await writeFile(join(command, '..', 'free'), '');
  const resumed = await stage.cli('execute', '--json', '--list', 'tasks.json', '--resume').result;
  const { tasks, ...result } = JSON.parse(resumed.stdout);
  expect(result).toMatchObject({ outcome: 'completed', cost_usd: 0.01 });
  expect([tasks[0].is_resumed, Object.keys(tasks[0].result).sort()]).toEqual([
    true,
    Object.keys(tasks[1].result).sort(),
  ]);
});

test('EXEC-10: what is wrong is said before anything is run', async () => {
  const { env, cli, executions, project } = await taskStage(unused, { CLAUDE_COMMAND: await standIn('null') });
  await expect(execute('  ', { env })).rejects.toThrow('The task is empty.');
  await expect(execute('x', { env, tools: ['Telepathy'] })).rejects.toThrow('There is no tool Telepathy');
  await expect(executeList([], { env })).rejects.toThrow('A list has 1 to 1000 tasks');
  await expect(executeList([{ task: 'x', after: ['2'] }, 'y'], { env })).rejects.toThrow('not a task before it');
  await writeFile(join(project, 'wrong.json'), '[{"task": "x", "tmeout": 3}]');
  const { end, stdout, stderr } = await cli('execute', '--list', 'wrong.json').result;
  expect([end, stdout], stderr).toEqual([{ kind: 'exited', code: 2 }, '']);
  expect(stderr).toContain('wrong.json is no list of tasks: task 1: ');
  for (const model of ['', ' ', '--print']) {
    const { end: code, stderr: said } = await cli('execute', 'x', `--model=${model}`).result;
    expect([code, said]).toEqual([{ kind: 'exited', code: 2 }, expect.stringContaining('the name of a model')]);
  }
  const nowhere = await cli('execute', 'x', '--cwd', 'nowhere').result;
  expect(nowhere).toMatchObject({
    end: { kind: 'exited', code: 2 },
    stderr: expect.stringContaining('--cwd nowhere: '),
  });
  expect(await readdir(executions).catch(() => [])).toEqual([]);
});
