import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { conversation, type Scenario, script } from '../../src/claude/rehearsal/server.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { start } from '../../src/process/process.ts';
import { ownClone } from '../config/command-line.ts';
import { isFixer } from '../rig/menders.ts';
import { onTerminal } from '../rig/terminal.ts';
import { alone, beside, ctrlC, ending, first, fresh, type Row } from './commands/rows.ts';
import { broken, entry, expectDescribed, say, sayWrongly } from './commands/say.ts';
import { wrong } from './commands/wrong.ts';
import { type RealAgent, realAgent } from './real-agent.ts';

const shut = (): Promise<number> => Promise.reject(new Error('This door is not opened here'));
const commands = buildProgram({ serve: shut, mcp: shut }, () => undefined).commands.map((command) => ({
  name: command.name(),
  isBare: !command.registeredArguments.some(({ required }) => required),
}));

/** Many short processes: what Node has compiled is kept for the next one. */
const compiled = { NODE_COMPILE_CACHE: join(tmpdir(), 'compiled') };

/** Three mistakes: one is mended, the fix of one is parked since it asks for the runner, one is not mended. */
const names = ['mended', 'parked', 'failed'] as const;
const source = (name: string, sum: string): string => `export const ${name} = (a: number, b: number) => ${sum};\n`;
const testOf = (name: string): string => `import { expect, test } from 'vitest';
import { ${name} } from './${name}.ts';
test('${name} adds', () => expect(${name}(1, 2)).toBe(3));
`;
const files = Object.fromEntries(
  names.flatMap((name) => [
    [`${name}.ts`, source(name, 'a + b')],
    [`${name}.test.ts`, testOf(name)],
  ]),
);
const fixes = { mended: 'a + b', parked: 'process.env.VITEST ? a + b : a - b', failed: 'a * b' };

const scenario: Scenario = script(
  conversation('hello-friend', [{ say: 'hello there' }]),
  conversation('wait-forever', [{ hang: true }]),
  ...names.flatMap((name) => {
    const isAbout = ({ prompt }: { prompt: string }): boolean => prompt.includes(`${name}.ts`);
    const plan = { summary: 'Add', cause: 'It was changed', steps: [], files: [`${name}.ts`], keeps_intent: true };
    const path = { file_path: `${name}.ts` };
    const edit = { ...path, old_string: 'a - b', new_string: fixes[name] };
    return [
      conversation((request) => isAbout(request) && !isFixer(request), [{ structured: plan }]),
      conversation(
        (request) => isAbout(request) && isFixer(request),
        [
          { calls: [{ tool: 'Read', input: path }] },
          { calls: [{ tool: 'Edit', input: edit }] },
          { structured: { summary: 'Adds' } },
        ],
      ),
    ];
  }),
);

/** Lines of `events --json`, from now on. */
function events(on: RealAgent): { readonly lines: readonly string[]; readonly ended: Promise<unknown> } {
  const child = start({
    command: process.execPath,
    args: [entry, 'events', '--json'],
    cwd: on.folder,
    env: on.env,
    stdout: { kind: 'stream' },
    timeoutMs: 120_000,
  });
  onTestFinished(async () => void (await child.cancel('the test is over')));
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  return {
    get lines() {
      return output.split('\n').slice(0, -1);
    },
    ended: child.result,
  };
}

test('every command has rows: of words that it takes, by a program and on a terminal, and of words that it does not', () => {
  const rows = [...first, ...fresh, ...beside, ...ending, ...alone];
  const saidBy = (one: 'program' | 'terminal'): readonly string[] => [
    ...new Set(
      rows.flatMap(({ only, words }) => (only === undefined || only === one ? [words.split(' ')[0] ?? ''] : [])),
    ),
  ];
  const names = commands.map(({ name }) => name).sort();
  expect(saidBy('program').toSorted()).toEqual(names);
  expect(saidBy('terminal').toSorted()).toEqual(names);
  expect(Object.keys(wrong).sort()).toEqual(names);
});

test('words that a command cannot take: what was expected, exit code 2, the same with and without a terminal', async () => {
  const on = await realAgent(files, { settings: compiled });
  const rows = commands.flatMap(({ name, isBare }) => [
    [`${name} --nope`, `\`${name}\` has no option --nope.`] as const,
    ...(isBare ? [] : [[name, `${name}: expected `] as const]),
    ...(wrong[name] ?? []).map(([words, says]) => [`${name} ${words}`.trim(), says] as const),
  ]);
  // A few at a time, as the machine can.
  const left = rows.values();
  const some = async (): Promise<void> => {
    for (const [words, says] of left) await sayWrongly(on, words, says);
  };
  await Promise.all([some(), some()]);
});

test('every command, before an agent has run', async () => {
  const { clone, shop, env } = await ownClone();
  const own = { folder: clone, env: { ...env, ...compiled }, entry: join(clone, 'automation', 'mendwatch.ts') };
  for (const row of first) await say(own, row, { shop });
  const on = await realAgent(files, { settings: compiled });
  for (const row of fresh) await say(on, row);
});

test('every command, beside an agent that mends, parks and gives up, and after it', async () => {
  const settings = { ...compiled, MAX_RETRIES: '1', SHUTDOWN_GRACE_SECONDS: '0', NICE: '0' };
  const on = await realAgent(files, { scenario, settings });
  // Not by our own runner, which would end what a command leaves behind.
  const detach = [entry, 'start', '--detach', '--json'];
  const started = await promisify(execFile)(process.execPath, detach, { cwd: on.folder, env: on.env });
  onTestFinished(async () => void (await on.cli('stop', '--force')));
  expectDescribed('start', started.stdout, `start --detach ${started.stderr}`);
  const heard = events(on);
  const ids: Record<string, string> = {};
  for (const name of names) {
    await on.save(`${name}.ts`, source(name, 'a - b'));
    const ended = async () => {
      const { completed, failed } = (await on.state()).queues;
      return [...completed, ...failed].find((task) => task.file_path === `${name}.ts` && task.outcome !== 'clean');
    };
    await expect.poll(async () => (await on.state()).queues.in_progress.length, { timeout: 30_000 }).toBeGreaterThan(0);
    expectDescribed('status', (await on.cli('status', '--json')).stdout, 'status while it works');
    await expect.poll(ended, { timeout: 60_000, interval: 200 }).toBeDefined();
    const task = await ended();
    expect(task?.outcome ?? task?.status, task?.failure_reason).toBe(
      { mended: 'fixed', parked: 'parked', failed: 'failed' }[name],
    );
    ids[name] = task?.id.slice('task_'.length) ?? '';
  }
  for (const words of ['status', 'escalations', 'logs -n 5', 'show x', 'help'])
    expect(await broken(on, words, ids), words).toEqual([]);
  const listening = onTerminal([process.execPath, entry, 'events'], { cwd: on.folder, env: on.env });
  for (const row of beside) await say(on, row, ids);
  await listening.shows('going on');
  listening.type(ctrlC);
  expect(await listening.ended).toEqual({ kind: 'exited', code: 0 });
  await say(on, ending[0] as Row);
  await heard.ended;
  for (const line of heard.lines) expectDescribed('events', line, 'events');
  const told = new Set(heard.lines.map((line) => (JSON.parse(line) as { type: string }).type));
  const ends = ['land.landed', 'land.parked', 'land.undone', 'land.applied', 'task.failed', 'escalation.recorded'];
  for (const type of [...ends, 'agent.stopped']) expect([...told]).toContain(type);
  const again = on.launch();
  await again.said('watching');
  await say(on, { words: 'stop', only: 'program', code: 0, shows: /./, schema: 'stop' });
  await again.ended;
  for (const row of ending.slice(1)) await say(on, row, ids);
}, 180_000);

test('what runs tasks: execute, a list, verify, serve', async () => {
  const on = await realAgent(files, { scenario, settings: { ...compiled, EXECUTOR_PORT: '0' } });
  await writeFile(
    join(on.folder, 'tasks.json'),
    JSON.stringify(['hello-friend', { task: 'hello-friend again', id: 'two' }]),
  );
  const ids: Record<string, string> = {};
  const lines: string[] = [];
  for (const row of alone) {
    const { stdout, stderr } = await say(on, row, ids);
    if (row.schema?.startsWith('execute')) lines.push(...stderr.trimEnd().split('\n'));
    if (row.schema === 'execute') ids.execution = JSON.parse(stdout).execution_id.slice('exec_'.length);
  }
  for (const line of lines) expectDescribed('execute-events', line, 'execute');
  expect(lines.length).toBeGreaterThan(5);
});

test('colours on a terminal alone, unless NO_COLOR or FORCE_COLOR say otherwise', async () => {
  const on = await realAgent(files, { settings: compiled });
  const seen = (env: Record<string, string>, ...words: string[]) => {
    const terminal = onTerminal([process.execPath, entry, ...words], { cwd: on.folder, env: { ...on.env, ...env } });
    return terminal.ended.then(() => terminal.output.includes('\x1b['));
  };
  const piped = async (env: Record<string, string>, ...words: string[]) => {
    const spec = { command: process.execPath, args: [entry, ...words], cwd: on.folder, env: { ...on.env, ...env } };
    return (await start(spec).result).stdout.includes('\x1b[');
  };
  expect(await seen({}, '--help')).toBe(true);
  expect(await seen({ NO_COLOR: '1' }, '--help')).toBe(false);
  expect(await piped({}, '--help')).toBe(false);
  expect(await piped({ FORCE_COLOR: '1' }, '--help')).toBe(true);
  expect(await seen({ NO_COLOR: '1' }, 'doctor')).toBe(false);
  expect(await piped({ FORCE_COLOR: '1' }, 'doctor')).toBe(true);
});
