import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Rehearsal, type Scenario, startRehearsal } from '../../src/claude/rehearsal/server.ts';
import { type RunningProcess, start } from '../../src/process/process.ts';
import { compiled } from '../rig/compiled.ts';
import { scratch } from '../rig/scratch.ts';

const repository = join(import.meta.dirname, '..', '..');
const entry = join(repository, 'automation', 'mendwatch.ts');
const realClaude = join(repository, 'node_modules', '.bin', 'claude');

export interface TaskStage {
  readonly rehearsal: Rehearsal;
  readonly project: string;
  /** For `execute()` and for the command line: the real CLI, the rehearsal, a scratch home. */
  readonly env: Readonly<Record<string, string>>;
  /** Beside the state file. */
  readonly executions: string;
  readonly entry: string;
  cli(...args: readonly string[]): RunningProcess;
}

/** An empty project, and tasks that a scripted model answers; gone with the test. */
export async function taskStage(scenario: Scenario, settings: Record<string, string> = {}): Promise<TaskStage> {
  const root = await scratch('tasks');
  const [home, project, state] = [join(root, 'home'), join(root, 'project'), join(root, 'state')];
  await Promise.all([home, project, state].map((folder) => mkdir(folder)));
  const rehearsal = await startRehearsal(scenario);
  onTestFinished(() => rehearsal.close());
  const env = {
    PATH: ['/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    TMPDIR: process.env.TMPDIR ?? '/tmp',
    ...rehearsal.environment(home),
    PROJECT_ROOT: project,
    STATE_FILE: join(state, 'app_state.json'),
    LOG_FILE: join(state, 'automation.log'),
    CLAUDE_COMMAND: realClaude,
    ...compiled,
    ...settings,
  };
  return {
    rehearsal,
    project,
    env,
    entry,
    executions: join(state, 'executor', 'executions'),
    cli: (...args) => {
      const running = start({ command: process.execPath, args: [entry, ...args], cwd: project, env });
      onTestFinished(async () => void (await running.cancel('the test is over')));
      return running;
    },
  };
}

/** Answers each prompt by `answer`, an expression of `word`, its first line: a text, undefined to fail, null to hang. */
export async function standIn(answer: string): Promise<string> {
  const folder = await scratch('stand-in');
  const file = join(folder, 'claude');
  const source = `#!${process.execPath}
const { appendFileSync, existsSync } = require('node:fs');
const { join } = require('node:path');
const has = (name) => existsSync(join(__dirname, name));
if (process.argv.includes('--version')) process.exit(console.log('2.1.330 (Claude Code)'));
process.stdin.once('data', (data) => {
  const [word] = JSON.parse(data).message.content[0].text.split('\\n');
  appendFileSync(join(__dirname, 'asked'), word + '\\n');
  const text = ${answer};
  if (text === null) return setInterval(() => undefined, 1000);
  const isError = text === undefined;
  const rest = { num_turns: 1, total_cost_usd: 0.01, session_id: 'stand-in' };
  console.log(JSON.stringify({ type: 'result', subtype: 'success', is_error: isError, result: text ?? 'no', ...rest }));
});
`;
  await writeFile(file, source, { mode: 0o755 });
  return file;
}
