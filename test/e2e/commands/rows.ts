import type { SchemaName } from '../../../src/cli/schemas/schemas.ts';

/** A command line, said by a program (with `--json` where the command has that) and by a person at a terminal. */
export interface Row {
  /** `{mended}` is the id of that task. */
  readonly words: string;
  readonly code: number;
  /** What the person reads. */
  readonly shows: RegExp;
  /** What a program reads, to the last field; without it: nothing on standard output, and why on the other. */
  readonly schema?: SchemaName;
  /** For commands without `--json`: what a program reads. */
  readonly prints?: RegExp;
  /** Where a second time would find something else, or one of them does not end by itself. */
  readonly only?: 'terminal' | 'program';
  /** What is typed after what was seen: `ctrlC` is SIGINT for a program, `ctrlD` the end of its input. */
  readonly keys?: ReadonlyArray<readonly [seen: string, keys: string]>;
}

export const ctrlC = '\x03';
export const ctrlD = '\x04';

const notThere = { code: 4, shows: /There is no state file at .*Start one with/s };
const hello = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'a person', version: '1' } },
};
const initialize = `${JSON.stringify(hello)}\n`;

/** In a clone that nobody has set up: `{shop}` is the project. */
export const first: readonly Row[] = [
  { words: 'init /nowhere/at/all', code: 2, shows: /\/nowhere\/at\/all/ },
  { words: 'init {shop}', only: 'terminal', code: 130, shows: /Stopped\./, keys: [['dollars [10]:', ctrlC]] },
  { words: 'init {shop}', only: 'terminal', code: 130, shows: /Stopped\./, keys: [['dollars [10]:', ctrlD]] },
  {
    words: 'init {shop}',
    only: 'terminal',
    code: 0,
    shows: /Expected a number of dollars from 0\.01.*Written to .*MAX_COST_PER_DAY_USD=2\.5/s,
    keys: [
      ['dollars [10]:', 'lots\r'],
      ['Expected a number', '2.5\r'],
      ['[apply]:', '\r'],
      ['doctor)? [Y/n]:', 'n\r'],
    ],
  },
  { words: 'init', only: 'program', code: 0, shows: /./, schema: 'init' },
];

/** Before an agent has run. */
export const fresh: readonly Row[] = [
  ...['status', 'show 1', 'pause'].map((words) => ({ words, ...notThere })),
  ...['status --check', 'tasks', 'escalations', 'stop', 'resume', 'snooze 1m'].map(ofProgram),
  ...['retry 1', 'cancel 1', 'undo 1', 'apply 1'].map(ofProgram),
  { words: 'logs', code: 4, shows: /There is no log at/ },
  { words: 'events', code: 4, shows: /No agent is running on/ },
  { words: 'clean --dry-run', code: 0, shows: /There is nothing of/, schema: 'clean' },
  { words: 'clean --stale --dry-run', code: 0, shows: /Nothing to remove/, schema: 'clean' },
  { words: 'service status', code: 4, shows: /There is no service for/, schema: 'service-status' },
  { words: 'service uninstall', code: 0, shows: /There was no service for/, schema: 'service-uninstall' },
  { words: 'verify --list', code: 0, shows: /No executions yet/, schema: 'verify-list' },
  { words: 'verify 1', code: 2, shows: /There is no execution 1 in/ },
  { words: 'help', code: 0, shows: /Usage: mendwatch COMMAND/, prints: /^Usage: mendwatch COMMAND/ },
  { words: 'help snooze', code: 0, shows: /Usage: mendwatch snooze/, prints: /^Usage: mendwatch snooze/ },
  { words: 'schema', code: 0, shows: /^status$/m, prints: /^status$/m },
  { words: 'schema status', code: 0, shows: /"\$schema": /, prints: /"\$schema": / },
  { words: 'completion bash', code: 0, shows: /complete .*mendwatch/, prints: /complete .*mendwatch/ },
  // A person who types it is told that it is not for her.
  { words: 'mcp', only: 'terminal', code: 0, shows: /nothing to type here\./, keys: [['Ctrl-C', ctrlD]] },
  {
    words: 'mcp',
    only: 'terminal',
    code: 0,
    shows: /"serverInfo":/,
    keys: [
      ['Ctrl-C', initialize],
      ['"serverInfo":', ctrlC],
    ],
  },
  {
    words: 'mcp',
    only: 'program',
    code: 0,
    shows: /./,
    prints: /"serverInfo":/,
    keys: [
      ['', initialize],
      ['"serverInfo":', ctrlD],
    ],
  },
];

/** Beside an agent that has mended, parked and given up. */
export const beside: readonly Row[] = [
  { words: 'status', code: 0, shows: /running.*Lately:.*Tasks:/s, schema: 'status' },
  { words: 'status --check', code: 0, shows: /running, all well/, schema: 'status-check' },
  { words: 'status --watch', only: 'terminal', code: 0, shows: /Tasks:/, keys: [['Tasks:', ctrlC]] },
  { words: 'status --watch', only: 'terminal', code: 0, shows: /Tasks:/, keys: [['Tasks:', ctrlD]] },
  { words: 'tasks', code: 0, shows: /task_{failed}.*failed +failed.ts/, schema: 'tasks' },
  { words: 'show {mended}', code: 0, shows: /mended\.ts: fixed/, schema: 'show' },
  { words: 'show {parked} --timing', code: 0, shows: /parked\.ts: parked.*Times: \d+ ms/s, schema: 'show' },
  { words: 'show {failed}', code: 0, shows: /failed\.ts: failed.*Reason: /s, schema: 'show' },
  ...['show', 'undo', 'apply', 'retry', 'cancel'].map((command) => ({
    words: `${command} x`,
    code: 2,
    shows: /There is no task x\.\n`mendwatch tasks` lists them/,
  })),
  { words: 'logs -n 30', code: 0, shows: /info/, schema: 'logs' },
  { words: 'logs --task {failed}', code: 0, shows: /failed/, schema: 'logs' },
  { words: 'logs --follow', only: 'terminal', code: 0, shows: /info/, keys: [['info', ctrlC]] },
  { words: 'escalations', code: 0, shows: /task_{failed}.*Report: /s, schema: 'escalations' },
  { words: 'doctor', code: 0, shows: /running: process \d+/, schema: 'doctor' },
  { words: 'clean', code: 3, shows: /Nothing was removed, since it is in use/ },
  { words: 'start', code: 3, shows: /already running/ },
  { words: 'pause', code: 0, shows: /Paused: no task is taken up/, schema: 'pause' },
  { words: 'snooze 5m', code: 0, shows: /No fix is begun before/, schema: 'snooze' },
  { words: 'retry {failed}', code: 0, shows: /waits, and is due at once/, schema: 'retry' },
  { words: 'cancel {failed}', code: 0, shows: /cancelled/, schema: 'cancel' },
  { words: 'resume', code: 0, shows: /Going on/, schema: 'resume' },
  { words: 'undo {mended}', only: 'terminal', code: 0, shows: /Undone in mended\.ts\.\nIts tests are left alone/ },
  { words: 'undo {mended}', code: 1, shows: /nothing.* undo/i },
  { words: 'apply {parked}', only: 'terminal', code: 0, shows: /Applied in parked\.ts\./ },
  { words: 'undo {parked}', only: 'program', code: 0, shows: /./, schema: 'undo' },
  { words: 'apply {parked}', only: 'program', code: 0, shows: /./, schema: 'apply' },
];

/** The same agent, told to stop by a person. */
export const ending: readonly Row[] = [
  { words: 'stop', only: 'terminal', code: 0, shows: /Process \d+ has stopped\./ },
  { words: 'stop', code: 4, shows: /No agent is running on/ },
  { words: 'status', code: 0, shows: /stopped/, schema: 'status' },
  { words: 'status --check', code: 4, shows: /not running/, schema: 'status-check' },
  { words: 'start', only: 'terminal', code: 0, shows: /stopping: SIGINT/, keys: [['› watching', ctrlC]] },
  { words: 'start --detach', only: 'terminal', code: 0, shows: /in the background \(process \d+\)/ },
  { words: 'clean --runs --older 30d --dry-run', code: 0, shows: /Nothing to remove/, schema: 'clean' },
  { words: 'clean', only: 'terminal', code: 0, shows: /Removed: .*lanes/s },
  ...[
    ['no\r', 1, /Nothing was removed\./],
    [ctrlC, 130, /Stopped\./],
    [ctrlD, 130, /Stopped\./],
  ].map(([keys, code, shows]) => ({
    words: 'clean --all --force',
    only: 'terminal' as const,
    code: code as number,
    shows: shows as RegExp,
    keys: [['yes or no [no]: ', keys as string]] as const,
  })),
  { words: 'clean --all --force', only: 'program', code: 2, shows: /./ },
  { words: 'clean', only: 'program', code: 0, shows: /./, schema: 'clean' },
  {
    words: 'clean --all --force',
    only: 'terminal',
    code: 0,
    shows: /Expected one of yes.*Removed: /s,
    keys: [
      ['yes or no [no]: ', 'perhaps\r'],
      ['Expected one of yes', 'yes\r'],
    ],
  },
];

/** What runs without an agent. */
export const alone: readonly Row[] = [
  {
    words: 'execute hello-friend',
    code: 0,
    shows: /started in .*hello there.*"outcome": "completed"/s,
    schema: 'execute',
  },
  {
    words: 'execute wait-forever',
    only: 'terminal',
    code: 130,
    shows: /canceled.*"outcome": "canceled"/s,
    keys: [['started in', ctrlC]],
  },
  { words: 'execute --list tasks.json', only: 'terminal', code: 0, shows: /\[2\/2\] two/ },
  { words: 'execute --list tasks.json', only: 'program', code: 0, shows: /./, schema: 'execute-list' },
  { words: 'verify {execution}', code: 0, shows: /✓ the record/, schema: 'verify' },
  { words: 'verify --list', code: 0, shows: /completed +hello-friend/, schema: 'verify-list' },
  { words: 'serve', only: 'terminal', code: 0, shows: /Ctrl-C stops\./, keys: [['stops.', ctrlC]] },
  { words: 'serve', only: 'program', code: 0, shows: /./, prints: /Ctrl-C stops\./, keys: [['stops.', ctrlC]] },
];

function ofProgram(words: string): Row {
  return { words, ...notThere, only: 'program' };
}
