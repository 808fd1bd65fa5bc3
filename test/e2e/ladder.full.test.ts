import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { agentMarker } from '../../src/agent/agent-marker.ts';
import { conversation, type Scenario, script } from '../../src/claude/rehearsal/server.ts';
import { findPackageRoot } from '../../src/config/package-root.ts';
import { reapMarked } from '../../src/process/process.ts';
import { isFixer, isPlanner, mender } from '../rig/menders.ts';
import { type Launched, type RealAgent, realAgent } from './real-agent.ts';

const file = 'sum.ts';
/** The test takes as long as the source says, so that a run of it can be caught in the middle. */
const source = (sum: string, waitMs = 0): string =>
  `export const waitMs = ${waitMs};\nexport const sum = (a: number, b: number): number => ${sum};\n`;
const files = {
  [file]: source('a + b'),
  'sum.test.ts': `import { expect, test } from 'vitest';
import { sum, waitMs } from './sum.ts';
test('sums', async () => {
  expect(sum(1, 2)).toBe(3);
  await new Promise((resolve) => setTimeout(resolve, waitMs));
}, 120_000);
`,
};
const hangs = (who: typeof isFixer): Scenario => script(conversation(who, [{ hang: true }]));
const strategy = { summary: 'Sum', cause: 'It was changed', steps: [], files: [file], keeps_intent: false };
const planned = conversation(isPlanner, [{ structured: strategy }]);
const slowMender = mender({ file, from: source('a - b'), to: source('a + b', 60_000) });

interface Phase {
  readonly name: string;
  readonly scenario?: Scenario;
  readonly files?: Readonly<Record<string, string>>;
  /** Brings the agent to this phase. */
  readonly come: (on: RealAgent, agent: Launched) => Promise<void>;
  /** What waits for the next start. */
  readonly left: number;
}

async function breakIt(on: RealAgent, agent: Launched, text: string, said: string): Promise<void> {
  await agent.said('of 1 test green');
  await on.save(file, text);
  await agent.said(said);
}

const phases: readonly Phase[] = [
  { name: 'while it starts', come: (_on, agent) => agent.said('Mendwatch on'), left: 0 },
  {
    name: 'while it makes the baseline',
    files: { ...files, [file]: source('a + b', 60_000) },
    come: (_on, agent) => agent.said('running all tests once'),
    left: 0,
  },
  { name: 'idle', come: (_on, agent) => agent.said('of 1 test green'), left: 0 },
  { name: 'in triage', come: (on, agent) => breakIt(on, agent, source('a + b', 60_000), 'changed: sum.ts'), left: 1 },
  {
    name: 'while it plans',
    scenario: hangs(isPlanner),
    come: (on, agent) => breakIt(on, agent, source('a - b'), 'asking the planner'),
    left: 1,
  },
  {
    name: 'while it fixes',
    scenario: script(planned, conversation(isFixer, [{ hang: true }])),
    come: (on, agent) => breakIt(on, agent, source('a - b'), 'asking the fixer'),
    left: 1,
  },
  {
    name: 'while it verifies',
    scenario: slowMender,
    come: (on, agent) => breakIt(on, agent, source('a - b'), 'proving the patch'),
    left: 1,
  },
];

async function lastLogLine(on: RealAgent): Promise<{ event?: string }> {
  return JSON.parse(
    (await readFile(join(on.folder, 'logs', 'automation.log'), 'utf8')).trim().split('\n').at(-1) ?? '',
  );
}

describe('RUN-3 F63: SIGTERM ends it in good order', () => {
  test.each(phases)('$name', async ({ scenario, come, left, files: own = files }) => {
    const on = await realAgent(own, {
      ...(scenario === undefined ? {} : { scenario }),
      settings: { SHUTDOWN_GRACE_SECONDS: '0.3' },
    });
    const agent = on.launch();
    await come(on, agent);
    agent.signal('SIGTERM');
    expect(await agent.ended).toEqual({ kind: 'exited', code: 0 });
    expect(await agent.orphans).toBe(0);
    expect(agent.output).toContain('Session Statistics:');
    expect(await lastLogLine(on)).toMatchObject({ event: 'agent.stopped' });
    const state = await on.state();
    expect(state.processes.orchestrator.status).toBe('stopped');
    expect([state.queues.pending.length, state.queues.in_progress]).toEqual([left, []]);
    expect(state.queues.pending.flatMap(({ attempts }) => attempts)).toEqual([]);
    await on.expectNothingLeft();
  });
});

describe('F63: the ladder', () => {
  test('within the grace the step under way comes to its end; SIGHUP is as SIGTERM', async () => {
    const on = await realAgent(files, { scenario: mender({ file, from: source('a - b'), to: source('a + b') }) });
    const agent = on.launch();
    await breakIt(on, agent, source('a - b'), 'asking the fixer');
    agent.signal('SIGHUP');
    expect(await agent.ended).toEqual({ kind: 'exited', code: 0 });
    expect((await on.state()).queues.completed).toMatchObject([{ outcome: 'fixed' }]);
    await on.expectNothingLeft();
  });

  test('a second signal does not wait for the grace, and the exit code tells', async () => {
    const on = await realAgent(files, { settings: { SHUTDOWN_GRACE_SECONDS: '3600' } });
    const agent = on.launch();
    await breakIt(on, agent, source('a + b', 60_000), 'changed: sum.ts');
    agent.signal('SIGINT');
    await agent.said('stopping: SIGINT');
    agent.signal('SIGINT');
    expect(await agent.ended).toEqual({ kind: 'exited', code: 130 });
    expect((await on.state()).queues.pending).toMatchObject([{ attempts: [] }]);
    await on.expectNothingLeft();
  });

  test('a terminal that is gone stops nothing, and the log has the rest', async () => {
    const on = await realAgent(files);
    const agent = on.launch();
    await agent.said('of 1 test green');
    agent.hangUp();
    await on.save(file, source('a - b'));
    await expect.poll(async () => (await on.state()).queues.completed.length, { timeout: 30_000 }).toBe(1);
    agent.signal('SIGTERM');
    expect(await agent.ended).toEqual({ kind: 'exited', code: 0 });
    expect(await lastLogLine(on)).toMatchObject({ event: 'agent.stopped' });
  });
});

describe('F64: what nobody catches', () => {
  test.each([
    ['an exception', 'SIGUSR2', 'thrown by nobody', hangs(isPlanner), source('a - b'), 'asking the planner'],
    ['a rejection', 'SIGWINCH', 'rejected by nobody', undefined, source('a + b', 60_000), 'changed: sum.ts'],
  ] as const)('%s is logged with its stack, the task put back, children ended; exit 1', async (...given) => {
    const [, signal, said, scenario, text, when] = given;
    const on = await realAgent(files, scenario === undefined ? {} : { scenario });
    const agent = on.launch(join(findPackageRoot(), 'test', 'e2e', 'fixtures', 'uncaught.ts'));
    await breakIt(on, agent, text, when);
    agent.signal(signal);
    expect(await agent.ended).toEqual({ kind: 'exited', code: 1 });
    expect(await agent.orphans).toBe(0);
    const log = (await readFile(join(on.folder, 'logs', 'automation.log'), 'utf8')).split('\n');
    const fault = log.find((line) => line.includes('"fault"') && line.includes(said));
    expect(JSON.parse(fault ?? '{}').stack).toMatch(/uncaught\.ts/);
    expect((await on.state()).queues.pending).toMatchObject([{ attempts: [] }]);
    await on.expectNothingLeft();
  });
});

describe('commands', () => {
  test('F72: `stop` speaks to the agent itself, whatever started it, and exits with 4 where none runs', async () => {
    const on = await realAgent(files);
    expect((await on.cli('stop')).end).toEqual({ kind: 'exited', code: 4 });
    const agent = on.launch();
    await agent.said('of 1 test green');
    const paused = await on.cli('snooze', '30m', '--json');
    expect(JSON.parse(paused.stdout)).toMatchObject({ status: 'running', snoozed_until: expect.any(String) });
    expect((await on.cli('status')).stdout).toMatch(/: running, no fix is begun before (?:today|20).* \(process \d+/);
    const stopped = await on.cli('stop', '--json');
    expect([stopped.end, JSON.parse(stopped.stdout)]).toEqual([{ kind: 'exited', code: 0 }, { stopped: agent.pid }]);
    expect(await agent.ended).toEqual({ kind: 'exited', code: 0 });
    const again = await on.cli('stop');
    expect([again.end, again.stderr]).toEqual([{ kind: 'exited', code: 4 }, `No agent is running on ${on.project}.\n`]);
    expect((await on.cli('snooze', 'soon')).end).toEqual({ kind: 'exited', code: 2 });
    expect((await on.cli('resume', '--json')).stdout).not.toContain('snoozed_until');
  });

  test('F72: npm that is told to end leaves the agent to its work; `stop` ends it', async () => {
    const on = await realAgent(files);
    // Not through our own tools, which would end what npm leaves.
    const npm = spawn('npm', ['run', 'automation:start'], { cwd: findPackageRoot(), env: on.env, stdio: 'pipe' });
    const gone = once(npm, 'exit');
    let said = '';
    npm.stdout.on('data', (chunk) => {
      said += String(chunk);
    });
    await expect.poll(() => said, { timeout: 30_000 }).toContain('"baseline.made"');
    const { pid } = (await on.state()).processes.orchestrator;
    onTestFinished(async () => void (await reapMarked(agentMarker(on))));
    npm.kill('SIGTERM');
    await gone;
    const stopped = await on.cli('stop', '--json');
    expect([stopped.end, JSON.parse(stopped.stdout)]).toEqual([{ kind: 'exited', code: 0 }, { stopped: pid }]);
    expect((await on.state()).processes.orchestrator.status).toBe('stopped');
    await on.expectNothingLeft();
  });

  test('F7 RUN-4: of three starts at once on a stale lock one runs, and the others exit with 3', async () => {
    const on = await realAgent(files);
    const agents = [on.launch(), on.launch(), on.launch()];
    const ends: unknown[] = [];
    for (const agent of agents) void agent.ended.then((end) => ends.push(end));
    await expect.poll(() => ends.length, { timeout: 30_000 }).toBe(2);
    expect(ends).toEqual(Array(2).fill({ kind: 'exited', code: 3 }));
    const { pid } = (await on.state()).processes.orchestrator;
    const said = await Promise.all(agents.filter((agent) => agent.pid !== pid).map(({ errors }) => errors));
    const who = new RegExp(`already running.*: process ${pid} on .*, since \\d{4}-\\d\\d-\\d\\d \\d\\d:`);
    expect(said).toEqual([expect.stringMatching(who), expect.stringMatching(who)]);
    expect((await on.cli('stop')).end).toEqual({ kind: 'exited', code: 0 });
    await expect.poll(() => ends.length).toBe(3);
  });
});

test('F17: an agent that was frozen goes on where it was; nothing counts as timed out', async () => {
  const on = await realAgent(files, { settings: { HEARTBEAT_SECONDS: '0.2', SHUTDOWN_GRACE_SECONDS: '0.3' } });
  const agent = on.launch();
  await agent.said('of 1 test green');
  await on.save(file, source('a + b', 1_000));
  await agent.said('changed: sum.ts');
  agent.signal('SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  agent.signal('SIGCONT');
  await agent.said('nothing broken: 1 test ran');
  const before = (await on.state()).processes.orchestrator.last_heartbeat;
  await expect
    .poll(async () => (await on.state()).processes.orchestrator.last_heartbeat, { timeout: 10_000 })
    .not.toBe(before);
  agent.signal('SIGTERM');
  expect(await agent.ended).toEqual({ kind: 'exited', code: 0 });
});
