import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { Report } from '../../src/agent/doctor/doctor.ts';
import { type ContractRow, replayContract } from '../../src/claude/contract/replay.ts';
import { contract } from '../../src/claude/contract/table.ts';
import { askOnce } from '../../src/claude/one-shot.ts';
import { type ProcessResult, run } from '../../src/process/process.ts';
import { exists, opened, packageRoot, patiently, stage, until } from './rig.ts';

const rows = new Map<string, ContractRow>();
let replayed: Pick<ProcessResult, 'stdout' | 'end'> | undefined;

beforeAll(async () => {
  const CLAUDE_COMMAND = join(packageRoot, 'node_modules', '.bin', 'claude');
  const { stdout, end } = await run({
    command: process.execPath,
    args: [join(packageRoot, 'automation', 'mendwatch.ts'), 'doctor', '--contract', '--json'],
    cwd: packageRoot,
    env: { PATH: process.env.PATH ?? '', TMPDIR: process.env.TMPDIR ?? '/tmp', CLAUDE_COMMAND },
    timeoutMs: 170_000,
  });
  replayed = { stdout, end };
  for (const row of (JSON.parse(stdout) as Report).contract ?? []) rows.set(row.name, row);
}, 180_000);

test('CLAUDE-7: `doctor --contract` finds the installed Claude Code to be as it is relied on', () => {
  expect(replayed).toMatchObject({ end: { kind: 'exited', code: 0 } });
  expect(rows.size).toBe(contract.length);
});

/** The rows that answer to a fault of the list. */
const faults: readonly (readonly [fault: string, names: RegExp])[] = [
  ['F36', /^(529|500)/],
  ['F37', /^429/],
  ['F38', /^(401|403|no key)/],
  ['F39', /^the limit of|never fits|schema that is ignored/],
  ['F40', /^an empty answer/],
  ['F33', /never comes/],
];
const titled = contract.map(({ name }) => {
  const cited = faults.filter(([, names]) => names.test(name)).map(([fault]) => fault);
  return [['CLAUDE-4', ...cited].join(', '), name] as const;
});

test.each(titled)('%s: %s', (_ids, name) => {
  const { expected, got } = rows.get(name) ?? {};
  expect(got).toBe(expected);
  expect(got).toBeDefined();
});

test('the replay of the contract stops when it is told to, and says what it has', async () => {
  const abort = new AbortController();
  const seen: string[] = [];
  const played = await replayContract({
    command: '/nowhere/claude',
    env: {},
    signal: abort.signal,
    onRow: ({ name, ok }) => {
      seen.push(`${name}: ${ok}`);
      if (seen.length === 3) abort.abort();
    },
  });
  expect(seen).toContain('an answer: false');
  expect(played.map(({ name, ok }) => `${name}: ${ok}`).sort()).toEqual(seen.sort());
  expect(played.length).toBeLessThan(contract.length);
});

test('F37: what the service asks to wait is known from the real CLI, as far as the CLI itself has waited', async () => {
  const { spec } = await stage(() => ({ status: 429, headers: { 'retry-after': '2' } }));
  const { outcome } = await askOnce(spec({ env: { CLAUDE_CODE_MAX_RETRIES: '1' } }), 'hello', patiently());
  expect(outcome).toMatchObject({ kind: 'rate-limited', retryAfterMs: expect.any(Number) });
  expect((outcome as { retryAfterMs: number }).retryAfterMs).toBeGreaterThanOrEqual(2_000);
});

test('a session survives a failed request and answers the next question', async () => {
  const { spec } = await stage(({ prompt }) => (prompt === 'busy' ? { status: 529 } : { say: 'here' }));
  const session = opened(spec());
  const kinds: string[] = [];
  for (const prompt of ['hello', 'busy', 'hello']) {
    kinds.push((await session.ask(prompt, patiently())).outcome.kind);
  }
  expect(kinds).toEqual(['done', 'overloaded', 'done']);
});

test('the limit of turns is for each question, the budget for the whole session', async () => {
  const { spec } = await stage(({ step, questions }) =>
    step === 0 ? { calls: [{ tool: 'Read', input: { file_path: 'a.txt' } }] } : { say: `${questions}` },
  );
  const turns = opened(spec({ maxTurns: 2 }));
  for (const text of ['1', '2', '3']) {
    expect((await turns.ask('x', patiently())).outcome).toMatchObject({ kind: 'done', text });
  }
  const { usage } = await turns.ask('x', patiently());
  const budget = opened(spec({ maxBudgetUsd: usage.costUsd * 1.5 }));
  const kinds: string[] = [];
  for (let count = 0; count < 4; count += 1) kinds.push((await budget.ask('x', patiently())).outcome.kind);
  expect(kinds[0]).toBe('done');
  expect(kinds.at(-1)).toBe('over-budget');
});

test('a wrong flag crashes the question with what the command said', async () => {
  const { spec } = await stage(() => ({}));
  const { outcome } = await askOnce(spec({ maxBudgetUsd: -1 }), 'hello', patiently());
  expect(outcome).toMatchObject({ kind: 'crashed', detail: expect.stringContaining('--max-budget-usd') });
});

test('F33: a model that never answers ends by the idle limit, and leaves no process', async () => {
  const { spec } = await stage(() => ({ hang: true }));
  const session = opened(spec());
  const { outcome } = await session.ask('hello', patiently({ idleTimeoutMs: 3_000 }));
  expect(outcome.kind).toBe('timed-out');
  await until(() => !session.alive);
  expect(exists(session.pid ?? 0)).toBe(false);
});

test('a warm process answers sooner than a cold one', async () => {
  const { spec } = await stage(() => ({ say: 'ok' }));
  const began = performance.now();
  await askOnce(spec(), 'cold', patiently());
  const coldMs = performance.now() - began;
  const session = opened(spec());
  // The CLI says nothing before its first question: give it as long as a cold start took.
  await new Promise((resolve) => setTimeout(resolve, coldMs));
  const { durationMs } = await session.ask('warm', patiently());
  const second = await session.ask('again', patiently());
  process.stdout.write(
    `      cold ${Math.round(coldMs)} ms, warm ${Math.round(durationMs)} ms, next ${Math.round(second.durationMs)} ms\n`,
  );
  expect(second.outcome.kind).toBe('done');
});
