import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { conversation, type Scenario, script } from '../../src/claude/rehearsal/server.ts';
import { type SchemaName, schemas } from '../../src/cli/schemas/schemas.ts';
import { findPackageRoot } from '../../src/config/package-root.ts';
import { type ProcessResult, start } from '../../src/process/process.ts';
import { ownClone } from '../config/command-line.ts';
import { isFixer } from '../rig/menders.ts';
import { onTerminal } from '../rig/terminal.ts';
import { type RealAgent, realAgent } from './real-agent.ts';

const entry = join(findPackageRoot(), 'automation', 'mendwatch.ts');
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
  conversation('Say hello', [{ say: 'hello' }]),
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

/** Described by its schema to the last field. */
function expectDescribed(name: SchemaName, text: string, words: string): void {
  const value: unknown = JSON.parse(text);
  const parsed = schemas[name].safeParse(value);
  expect(parsed.error?.message, `${words}: ${text}`).toBeUndefined();
  expect(parsed.data, `${words} says more than its schema`).toEqual(value);
}

/** What nobody should read. */
const slips = /undefined|NaN|\[object |This is a bug|^\s+at /m;

function expectRefused({ stdout, stderr }: ProcessResult, words: string): void {
  expect(stdout, words).toBe('');
  expect(stderr, words).not.toBe('');
  expect(stderr, words).not.toMatch(slips);
}

interface Said {
  readonly code: number;
  /** On the terminal. */
  readonly shows: RegExp;
  readonly schema?: SchemaName;
}

/** Once for a program, and once on a terminal. */
async function say(on: RealAgent, words: string, { code, shows, schema }: Said): Promise<void> {
  const args = words.split(' ');
  const terminal = onTerminal([process.execPath, entry, ...args], { cwd: on.folder, env: on.env });
  const result = await on.cli(...args, '--json');
  expect(result.end, `${words} --json: ${result.stdout}${result.stderr}`).toEqual({ kind: 'exited', code });
  if (schema === undefined) expectRefused(result, words);
  else if (schema === 'logs')
    for (const line of result.stdout.trimEnd().split('\n')) expectDescribed(schema, line, words);
  else expectDescribed(schema, result.stdout, words);
  expect(await terminal.ended, `${words}: ${terminal.screen.join('\n')}`).toEqual({ kind: 'exited', code });
  expect(terminal.screen.join('\n'), words).toMatch(shows);
  expect(terminal.screen.join('\n'), words).not.toMatch(slips);
}

const none: Said = { code: 4, shows: /There is no state file at .*\n?Start one with/s };

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

test('every command, before an agent has run', async () => {
  const on = await realAgent(files, { settings: compiled });
  for (const words of ['status', 'show 1', 'pause']) await say(on, words, none);
  const ofState = ['status --check', 'tasks', 'escalations', 'stop', 'resume', 'snooze 1m'];
  for (const words of [...ofState, 'retry 1', 'cancel 1', 'undo 1', 'apply 1']) {
    const result = await on.cli(...words.split(' '), '--json');
    expect(result.end, words).toEqual({ kind: 'exited', code: 4 });
    expectRefused(result, words);
  }
  await say(on, 'logs', { code: 4, shows: /There is no log at/ });
  await say(on, 'events', { code: 4, shows: /No agent is running on/ });
  await say(on, 'clean --dry-run', { code: 0, shows: /There is nothing of/, schema: 'clean' });
  await say(on, 'clean --stale --dry-run', { code: 0, shows: /Nothing to remove/, schema: 'clean' });
  await say(on, 'service status', { code: 4, shows: /There is no service for/, schema: 'service-status' });
  await say(on, 'service uninstall', { code: 0, shows: /There was no service for/, schema: 'service-uninstall' });
  await say(on, 'verify --list', { code: 0, shows: /No executions yet/, schema: 'verify-list' });
  await say(on, 'verify 1', { code: 2, shows: /There is no execution 1 in/ });

  const clone = await ownClone();
  const { stdout, stderr } = await clone.mendwatch(['init', clone.shop, '--json']);
  expect(stderr).toBe('');
  expectDescribed('init', stdout, 'init');
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
    expect(task?.outcome ?? task?.status).toBe({ mended: 'fixed', parked: 'parked', failed: 'failed' }[name]);
    ids[name] = task?.id.slice('task_'.length) ?? '';
  }
  const { mended = '', parked = '', failed = '' } = ids;
  await say(on, 'status', { code: 0, shows: /running.*Lately:.*Tasks:/s, schema: 'status' });
  await say(on, 'status --check', { code: 0, shows: /running, all well/, schema: 'status-check' });
  await say(on, 'tasks', { code: 0, shows: new RegExp(`task_${failed}.*failed +failed.ts`), schema: 'tasks' });
  await say(on, `show ${mended}`, { code: 0, shows: /mended\.ts: fixed/, schema: 'show' });
  await say(on, `show ${parked} --timing`, { code: 0, shows: /parked\.ts: parked.*Times: \d+ ms/s, schema: 'show' });
  await say(on, `show ${failed}`, { code: 0, shows: /failed\.ts: failed.*Reason: /s, schema: 'show' });
  await say(on, 'show x', { code: 2, shows: /There is no task x\.\n`mendwatch tasks` lists them/ });
  await say(on, 'logs -n 30', { code: 0, shows: /info/, schema: 'logs' });
  await say(on, `logs --task ${failed.slice(0, 6)}`, { code: 0, shows: /failed/, schema: 'logs' });
  await say(on, 'escalations', { code: 0, shows: new RegExp(`task_${failed}.*Report: `, 's'), schema: 'escalations' });
  await say(on, 'doctor', { code: 0, shows: /running: process \d+/, schema: 'doctor' });
  await say(on, 'clean', { code: 3, shows: /Nothing was removed, since it is in use/ });
  await say(on, 'start', { code: 3, shows: /already running/ });
  await say(on, 'pause', { code: 0, shows: /Paused: no task is taken up/, schema: 'pause' });
  await say(on, 'snooze 5m', { code: 0, shows: /No fix is begun before/, schema: 'snooze' });
  await say(on, `retry ${failed}`, { code: 0, shows: /waits, and is due at once/, schema: 'retry' });
  await say(on, `cancel ${failed}`, { code: 0, shows: /cancelled/, schema: 'cancel' });
  await say(on, 'resume', { code: 0, shows: /Going on/, schema: 'resume' });
  expectDescribed('undo', (await on.cli('undo', mended, '--json')).stdout, 'undo');
  await say(on, `undo ${mended}`, { code: 1, shows: /./ });
  expectDescribed('apply', (await on.cli('apply', parked, '--json')).stdout, 'apply');

  const watching = onTerminal([process.execPath, entry, 'status', '--watch'], { cwd: on.folder, env: on.env });
  await watching.shows('Tasks:');
  watching.type('q');
  expect(await watching.ended).toEqual({ kind: 'exited', code: 0 });
  const stopped = await on.cli('stop', '--json');
  expectDescribed('stop', stopped.stdout, `stop ${stopped.stderr}`);
  await heard.ended;
  for (const line of heard.lines) expectDescribed('events', line, 'events');
  const told = new Set(heard.lines.map((line) => (JSON.parse(line) as { type: string }).type));
  for (const type of ['land.landed', 'land.parked', 'task.failed', 'escalation.recorded', 'agent.stopped'])
    expect([...told]).toContain(type);

  await say(on, 'status', { code: 0, shows: /stopped/, schema: 'status' });
  await say(on, 'status --check', { code: 4, shows: /not running/, schema: 'status-check' });
  await say(on, 'stop', { code: 4, shows: /No agent is running on/ });
  await say(on, 'clean --runs --older 30d --dry-run', { code: 0, shows: /Nothing to remove/, schema: 'clean' });
  // Two of them at once would be in each other's way.
  expectDescribed('clean', (await on.cli('clean', '--json')).stdout, 'clean');
}, 180_000);

test('what runs tasks: execute, a list, verify, serve', async () => {
  const on = await realAgent(files, { scenario, settings: { ...compiled, EXECUTOR_PORT: '0' } });
  const done = await on.cli('execute', 'Say hello', '--json');
  expect(done.end, done.stderr).toEqual({ kind: 'exited', code: 0 });
  expectDescribed('execute', done.stdout, 'execute');
  const list = join(on.folder, 'tasks.json');
  await writeFile(list, JSON.stringify(['Say hello', { task: 'Say hello again', id: 'two' }]));
  const listed = await on.cli('execute', '--list', list, '--json');
  expectDescribed('execute-list', listed.stdout, 'execute --list');
  const lines = `${done.stderr}${listed.stderr}`.trimEnd().split('\n');
  for (const line of lines) expectDescribed('execute-events', line, 'execute');
  expect(lines.length).toBeGreaterThan(5);
  const id = (JSON.parse(done.stdout) as { execution_id: string }).execution_id.slice('exec_'.length);
  await say(on, `verify ${id}`, { code: 0, shows: /✓ the record/, schema: 'verify' });
  await say(on, 'verify --list', { code: 0, shows: /completed +Say hello/, schema: 'verify-list' });
  const serving = onTerminal([process.execPath, entry, 'serve'], { cwd: on.folder, env: on.env });
  await serving.shows('The executor listens on');
  serving.type('\x03');
  expect(await serving.ended).toEqual({ kind: 'exited', code: 0 });
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
