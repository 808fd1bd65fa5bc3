import { describe, expect, test } from 'vitest';
import type { Line } from '../../src/cli/line.ts';
import { lineOf, statisticsLines } from '../../src/cli/lines.ts';
import { count } from '../../src/cli/quantities.ts';
import { linesOf } from '../../src/cli/view.ts';
import type { AgentFact } from '../../src/events.ts';

const cost = { costUsd: 0.01234, durationMs: 2_345 };
const free = { costUsd: 0, durationMs: 2_345 };
const taskId = 'task_0000000a';
const statistics = {
  tasks_processed: 8,
  tasks_succeeded: 7,
  tasks_failed: 1,
  tasks_escalated: 1,
  uptime_start: null,
  cost_usd: 1.5,
};

const lineFor = (fact: AgentFact): Line | undefined => lineOf({ ...fact, at: 0 });

/** One row and more for each kind of event. `undefined`: it is for the log alone. */
const table: readonly (readonly [AgentFact, Line['tone'] | undefined, string])[] = [
  [
    { type: 'agent.starting', projectRoot: '/p', runner: 'r', claude: 'c', stateFile: 's', logFile: 'l' },
    undefined,
    '',
  ],
  [{ type: 'agent.running', watching: ['.'], files: 12, autoFix: true }, 'good', 'watching 12 files'],
  [
    { type: 'agent.running', watching: ['.'], files: 1, autoFix: false },
    'good',
    'watching 1 file; regressions are reported, nothing is fixed',
  ],
  [
    { type: 'agent.stopping', reason: 'SIGINT' },
    'quiet',
    'stopping: SIGINT; what is under way may come to its end, Ctrl-C again ends it at once',
  ],
  [{ type: 'agent.stopping', reason: 'told to stop' }, 'quiet', 'stopping: told to stop'],
  [
    { type: 'agent.held', pausedAt: '2026-01-02T03:04:05.000Z', snoozedUntil: '2026-01-02T03:04:05.000' },
    'quiet',
    'paused: no task is taken up until `mendwatch resume`; snoozed: no fix is begun before 2026-01-02 03:04:05',
  ],
  [{ type: 'agent.held' }, 'quiet', 'going on'],
  [{ type: 'agent.stopped', statistics, uptimeMs: 1 }, undefined, ''],
  [{ type: 'baseline.started' }, 'quiet', 'running all tests once, to know what is green now'],
  [{ type: 'baseline.made', tests: 5, green: 5, red: 0, durationMs: 1_234 }, 'good', '5 of 5 tests green (1.2 s)'],
  [
    { type: 'baseline.made', tests: 5, green: 3, red: 2, durationMs: 1_234 },
    'good',
    '3 of 5 tests green, 2 red before (left alone) (1.2 s)',
  ],
  [{ type: 'baseline.unavailable', reason: 'no vitest' }, 'warn', 'the tests could not be run: no vitest'],
  [{ type: 'watch.batch', files: ['a.ts', 'b.ts'], total: 2 }, 'quiet', 'changed: a.ts, b.ts'],
  [{ type: 'watch.batch', files: ['a', 'b', 'c', 'd'], total: 300 }, 'quiet', 'changed: a, b, c and 297 more'],
  [{ type: 'watch.fault', message: 'no watches left' }, 'warn', 'no watches left'],
  [{ type: 'task.created', taskId, file: 'a.ts' }, undefined, ''],
  [{ type: 'triage.started', files: ['a.ts'] }, undefined, ''],
  [{ type: 'lane.ready', taskId, lane: 'fix', durationMs: 40 }, undefined, ''],
  [{ type: 'triage.red', tests: ['adds'], count: 1 }, 'warn', '1 test red, running it once more: adds'],
  [
    { type: 'triage.red', tests: ['a', 'b', 'c', 'd', 'e'], count: 9 },
    'warn',
    '9 tests red, running them once more: a, b, c and 6 more',
  ],
  [
    { type: 'triage.finished', ran: 3, red: 0, knownRed: 0, flaky: 0, durationMs: 900 },
    'good',
    'nothing broken: 3 tests ran (0.9 s)',
  ],
  [
    { type: 'triage.finished', ran: 1, red: 0, knownRed: 1, flaky: 0, durationMs: 900 },
    'good',
    'nothing broken: 1 test ran (0.9 s), 1 red as before',
  ],
  [
    { type: 'triage.finished', ran: 0, red: 0, knownRed: 0, flaky: 0, durationMs: 9 },
    'good',
    'no test depends on this',
  ],
  [{ type: 'triage.finished', ran: 3, red: 1, knownRed: 0, flaky: 0, durationMs: 9 }, undefined, ''],
  [{ type: 'triage.finished', ran: 3, red: 0, knownRed: 0, flaky: 1, durationMs: 9 }, undefined, ''],
  [{ type: 'triage.broken', reason: 'timed-out', detail: 'It hung.' }, 'warn', 'the tests could not be run: It hung.'],
  [
    { type: 'test.flaky', file: 'a.test.ts', title: 'b', during: 'triage' },
    'warn',
    'flaky, passes without a change: b (a.test.ts)',
  ],
  [
    { type: 'test.steady', file: 'a.test.ts', title: 'b', status: 'green' },
    'quiet',
    'no longer flaky, green again: b (a.test.ts)',
  ],
  [
    { type: 'test.steady', file: 'a.test.ts', title: 'b', status: 'red' },
    'quiet',
    'no longer flaky, red every time: b (a.test.ts)',
  ],
  [
    { type: 'baseline.outdated', reason: 'the branch was switched', files: ['a.ts'], total: 9 },
    'quiet',
    'the branch was switched (a.ts and 8 more): a new baseline is made, nobody is blamed',
  ],
  [
    { type: 'baseline.outdated', reason: 'LANE_LINKS was changed', files: [], total: 0 },
    'quiet',
    'LANE_LINKS was changed: a new baseline is made, nobody is blamed',
  ],
  [
    { type: 'baseline.unlinked', files: 3, paths: ['dist'], setting: 'dist' },
    'warn',
    '3 test files cannot run in a private copy: dist is ignored by git. Set LANE_LINKS=dist to link it',
  ],
  [
    { type: 'baseline.barred', files: ['a.test.ts'], total: 1 },
    'warn',
    'a.test.ts writes into the project, which is read-only for test runs: red from the start. Set PROJECT_READ_ONLY=off to let it',
  ],
  [
    { type: 'baseline.unlinked', files: 1, paths: ['dist', '.env.test'], setting: 'a,dist,.env.test' },
    'warn',
    '1 test file cannot run in a private copy: dist, .env.test are ignored by git. Set LANE_LINKS=a,dist,.env.test to link them',
  ],
  [
    { type: 'regression.found', taskId, fingerprint: 'f', tests: ['a'], count: 2, files: ['a.ts'] },
    'bad',
    'task_0000000a: 2 tests broken by a.ts',
  ],
  [
    { type: 'regression.muted', fingerprint: 'f', files: ['a.ts'], tests: ['adds'], byHand: true },
    'quiet',
    'left red, since you took the fix back: adds',
  ],
  [
    { type: 'regression.muted', fingerprint: 'f', files: ['a.ts'], tests: ['adds'], byHand: false },
    'quiet',
    'left red, since you undid its fix: adds',
  ],
  [{ type: 'regression.joined', taskId, files: ['b.ts'] }, 'warn', 'task_0000000a is joined by b.ts'],
  [
    { type: 'task.phase', taskId, phase: 'triage', attempt: 1, of: 5 },
    'step',
    'looking at the change (attempt 1 of 5)',
  ],
  [{ type: 'task.phase', taskId, phase: 'plan', attempt: 1, of: 5 }, 'step', 'asking the planner (attempt 1 of 5)'],
  [{ type: 'task.phase', taskId, phase: 'fix', attempt: 2, of: 5 }, 'step', 'asking the fixer (attempt 2 of 5)'],
  [{ type: 'task.phase', taskId, phase: 'verify', attempt: 1, of: 5 }, 'step', 'proving the patch (attempt 1 of 5)'],
  [{ type: 'task.phase', taskId, phase: 'land', attempt: 1, of: 5 }, undefined, ''],
  [{ type: 'plan.ready', taskId, summary: 'Do it', source: 'claude', ...cost }, 'step', 'plan: Do it ($0.0123, 2.3 s)'],
  [
    { type: 'plan.ready', taskId, summary: 'Do it', source: 'basic', reason: 'overloaded', ...free },
    'step',
    'plan (without the planner: overloaded): Do it (2.3 s)',
  ],
  [{ type: 'fix.ready', taskId, files: ['a.ts'], ...cost }, 'step', 'patch: a.ts ($0.0123, 2.3 s)'],
  [
    { type: 'fix.ready', taskId, files: ['a.ts'], takesBack: true, ...cost },
    'step',
    'patch: a.ts, takes most of your change back ($0.0123, 2.3 s)',
  ],
  [
    { type: 'verdict', taskId, accepted: true, reasons: [], ran: 7, durationMs: 1_000 },
    'good',
    'proven: 7 tests ran in a clean copy (1.0 s)',
  ],
  [
    { type: 'verdict', taskId, accepted: false, reasons: ['One.', 'Two.'], ran: 7, durationMs: 1_000 },
    'bad',
    'refused: One. Two.',
  ],
  [
    { type: 'land.replayed', taskId, round: 1 },
    'warn',
    'the tree changed meanwhile: the fix is replayed on it and proven again',
  ],
  [{ type: 'land.landed', taskId, files: ['a.ts', 'b.ts'] }, 'good', 'landed in a.ts, b.ts'],
  [{ type: 'land.undone', taskId, files: ['a.ts'] }, 'quiet', 'taken back, as you said: a.ts'],
  [{ type: 'land.applied', taskId, files: [] }, 'quiet', 'put in, as you said: nothing had to be changed'],
  [
    { type: 'attempt.rejected', taskId, attempt: 1, of: 5, reasons: ['no'], retryInMs: 1_500 },
    'quiet',
    'next attempt in 1.5 s',
  ],
  [{ type: 'attempt.rejected', taskId, attempt: 5, of: 5, reasons: ['no'] }, undefined, ''],
  [
    { type: 'model.unavailable', taskId, kind: 'rate-limited', detail: 'slow down', retryInMs: 30_000 },
    'warn',
    'Claude is not available (rate-limited: slow down); trying again in 30.0 s',
  ],
  [
    { type: 'model.unavailable', taskId, kind: 'test runner', detail: 'no vitest', retryInMs: 30_000 },
    'warn',
    'the tests could not be run (no vitest); trying again in 30.0 s',
  ],
  [{ type: 'task.finished', taskId, file: 'a.ts', outcome: 'clean', ...free }, undefined, ''],
  [
    { type: 'task.finished', taskId, file: 'a.ts', outcome: 'clean', note: 'mended by the person', ...free },
    'quiet',
    'task_0000000a a.ts: clean, mended by the person (2.3 s)',
  ],
  [
    { type: 'task.finished', taskId, file: 'a.ts', outcome: 'cancelled', note: 'cancelled by you', ...free },
    'quiet',
    'task_0000000a a.ts: cancelled by you (2.3 s)',
  ],
  [
    { type: 'task.finished', taskId, file: 'a.ts', outcome: 'fixed', ...cost },
    'quiet',
    'task_0000000a a.ts: fixed ($0.0123, 2.3 s)',
  ],
  [
    { type: 'task.failed', taskId, file: 'a.ts', reason: 'gave up', ...cost },
    'bad',
    'task_0000000a a.ts: failed, gave up ($0.0123, 2.3 s)',
  ],
  [{ type: 'escalation.recorded', taskId, report: '/runs/report.md' }, 'warn', 'report: /runs/report.md'],
  [
    {
      type: 'escalation.sent',
      taskId,
      channel: 'github',
      event: 'opened',
      url: 'https://github.test/me/shop/issues/1',
    },
    'quiet',
    'task_0000000a: GitHub was told, https://github.test/me/shop/issues/1',
  ],
  [
    { type: 'escalation.sent', taskId, channel: 'slack', event: 'resolved' },
    'quiet',
    'task_0000000a: Slack was told that it is mended',
  ],
  [
    { type: 'escalation.waiting', channel: 'slack', reason: 'Slack answered 503', retryInMs: 5_000 },
    'warn',
    'Slack answered 503; the message waits and is tried again in 5.0 s',
  ],
  [
    { type: 'escalation.parked', taskId, channel: 'slack', reason: 'Slack answered 400: invalid_payload' },
    'warn',
    'task_0000000a: the message was not taken. Slack answered 400: invalid_payload. Its report is in its file',
  ],
  [
    {
      type: 'escalation.closed',
      channel: 'github',
      reason: 'GitHub answered 401: Bad credentials. Check GITHUB_TOKEN',
    },
    'bad',
    'GitHub answered 401: Bad credentials. Check GITHUB_TOKEN. Nothing is sent there before the next start; the messages are kept',
  ],
  [{ type: 'health.checked', healthy: true, checks: { a: true }, reasons: {} }, undefined, ''],
  [
    { type: 'health.checked', healthy: false, checks: { a: true, b: false, c: false }, reasons: { b: 'gone' } },
    'warn',
    'health: not well: b (gone), c',
  ],
  [{ type: 'state.notice', message: 'a notice' }, 'warn', 'a notice'],
  [{ type: 'state.unavailable', message: 'disk full' }, 'warn', 'disk full'],
  [{ type: 'fault', where: 'triage', message: 'a bug' }, 'bad', 'an error inside the agent (triage): a bug'],
];

describe('what a person at the terminal reads of', () => {
  test.each(table)('%j', (fact, tone, text) => {
    expect(lineFor(fact)).toEqual(tone === undefined ? undefined : { tone, text });
  });

  test('a parked patch: where it is and how to apply it', () => {
    const line = lineFor({
      type: 'land.parked',
      taskId,
      reason: 'LAND is set to park.',
      patch: '/runs/x/parked.patch',
    });
    expect(line?.tone).toBe('warn');
    expect(line?.text).toBe(`parked, since LAND is set to park: \`mendwatch apply ${taskId}\` puts it into your files`);
  });
});

test('F31 F52: names and messages cannot move the cursor, colour the screen or make a line of their own', () => {
  const evil = 'a\u001b[2J\u001b]0;title\u0007\n✓ proven: all\r\u009bK\u2028x.ts';
  for (const fact of [
    { type: 'watch.batch', files: [evil], total: 1 },
    { type: 'fault', where: evil, message: evil },
    { type: 'plan.ready', taskId, summary: evil, source: 'claude', ...free },
    { type: 'verdict', taskId, accepted: false, reasons: [evil], ran: 1, durationMs: 1 },
  ] satisfies AgentFact[]) {
    expect(lineFor(fact)?.text).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
    expect(lineFor(fact)?.text).toContain('✓ proven: all');
  }
});

describe('RUN-5: the statistics', () => {
  test('with success rate and cost', () => {
    expect(statisticsLines(statistics, 3_661_000)).toEqual([
      'Session Statistics:',
      '  Uptime: 1:01:01',
      '  Tasks processed: 8',
      '  Tasks succeeded: 7',
      '  Tasks failed: 1',
      '  Tasks escalated: 1',
      '  Success rate: 87.5%',
      '  Cost: $1.50',
    ]);
  });

  test('of a session without a task', () => {
    const none = {
      ...statistics,
      tasks_processed: 0,
      tasks_succeeded: 0,
      tasks_failed: 0,
      tasks_escalated: 0,
      cost_usd: 0,
    };
    expect(statisticsLines(none, 59_999).slice(1, 2).concat(statisticsLines(none, 59_999).slice(-2))).toEqual([
      '  Uptime: 0:00:59',
      '  Success rate: none yet',
      '  Cost: $0.00',
    ]);
  });
});

test('numbers agree with their noun', () => {
  expect([0, 1, 2].map((number) => count(number, 'test'))).toEqual(['0 tests', '1 test', '2 tests']);
});

test('what the project is called and says can neither steer a terminal nor turn its text around', () => {
  const evil = 'a\u202Etxt.js\u2066\u001B[31m\u2029b';
  expect(lineFor({ type: 'watch.batch', files: [evil], total: 1 })?.text).toBe('changed: a txt.js [31m b');
  const starting = { projectRoot: evil, runner: evil, claude: evil, stateFile: evil, logFile: evil, at: 0 };
  const text = linesOf({ type: 'agent.starting', ...starting }, process.stdout).join('\n');
  expect(text.match(/a txt\.js \[31m b/g)).toHaveLength(5);
});
