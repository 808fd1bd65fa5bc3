import { describe, expect, test } from 'vitest';
import type { Reply } from '../../src/claude/rehearsal/server.ts';
import { isFixer, mender } from '../rig/menders.ts';
import { setStage } from '../rig/set-stage.ts';

const [was, is] = ['subtotal >= 10_000', 'subtotal > 10_000'];

interface Outage {
  readonly what: string;
  readonly reply: Reply;
  readonly cause: string;
  readonly opensByItself: boolean;
  /** What the person breaks meanwhile. */
  readonly file: string;
  readonly good: string;
  readonly bad: string;
}

const outages: readonly Outage[] = [
  {
    what: 'F36: 529',
    reply: { status: 529 },
    cause: 'overloaded',
    opensByItself: true,
    ...{ file: 'src/discount.ts', good: was, bad: is },
  },
  {
    what: 'F37: 429 with retry-after',
    reply: { status: 429, headers: { 'retry-after': '1' } },
    cause: 'rate-limited',
    opensByItself: true,
    ...{ file: 'src/shipping.ts', good: 'return 490', bad: 'return 480' },
  },
  {
    what: 'a cut network',
    reply: { say: 'half', cut: true },
    cause: 'unreachable',
    opensByItself: true,
    ...{ file: 'src/checkout.ts', good: 'goods - less + freight', bad: 'goods - less - freight' },
  },
  {
    what: 'F38: an expired login',
    reply: { status: 401 },
    cause: 'not-logged-in',
    opensByItself: false,
    ...{ file: 'src/money.ts', good: '(amount * percent) / 100', bad: '(amount * percent) / 101' },
  },
];

test.each(outages)(
  'CLAUDE-4: with the real Claude Code, $what burns no attempt, and what waits is mended after it',
  { timeout: 240_000 },
  async (outage) => {
    const { reply, file, good, bad, cause, opensByItself } = outage;
    const mends = mender({ file, from: bad, to: good });
    let isOver = false;
    const stage = await setStage({ scenario: (request) => (isOver || !request.isMain ? mends(request) : reply) });
    await stage.edit(file, good, bad);
    const gate = await stage.until('gate.shut');
    expect(gate).toMatchObject({ cause, probes: 0 });
    expect(gate.opensAt !== undefined).toBe(opensByItself);
    const { taskId } = await stage.until('task.waiting');
    // No fixer is asked after a planner that was not answered; the gate may have let some through to see.
    expect(stage.rehearsal.requests.some((request) => request.isMain && isFixer(request))).toBe(false);
    isOver = true;
    // A try that was under way may still have met the outage, and the gate be shut once more.
    const again = (): Promise<unknown> => stage.agent.retry(taskId).catch(() => undefined);
    stage.agent.onEvent(({ type }) => void (type === 'gate.shut' && again()));
    await again();
    await stage.until('task.finished', (event) => event.outcome === 'fixed');
    const { queues, gates, circuit_breakers, statistics } = await stage.state();
    const task = queues.completed.find(({ id }) => id === taskId);
    expect(task?.attempts.map(({ number, verdict }) => [number, verdict])).toEqual([[1, 'accepted']]);
    expect([gates, circuit_breakers, statistics.tasks_failed]).toEqual([{}, {}, 0]);
  },
);

describe('CLAUDE-5: with the real Claude Code, a model that wastes as fast as it can', () => {
  test('overspends its task by no more than one request, and the day waits', { timeout: 240_000 }, async () => {
    const perRequest = { inputTokens: 60_000 };
    const stage = await setStage({
      settings: { MAX_COST_PER_TASK_USD: '1', MAX_COST_PER_DAY_USD: '1.1', MAX_RETRIES: '5' },
      scenario: (request) => {
        if (!request.isMain) return { say: 'a side request' };
        return { calls: [{ tool: 'Read', input: { file_path: 'src/cart.ts' } }], usage: perRequest };
      },
    });
    await stage.edit('src/discount.ts', was, is);
    const failed = await stage.until('task.failed');
    expect(failed.reason).toMatch(/^over budget: \$/);
    await stage.until('budget.reached', ({ limit }) => limit === 'task');
    const first = await stage.state();
    const requests = stage.rehearsal.requests.filter(({ isMain }) => isMain).length;
    // Not even the planner can spend it all by itself.
    expect(stage.events.find(({ type }) => type === 'plan.ready')).toMatchObject({
      source: 'basic',
      reason: expect.stringMatching(/^over-budget/),
    });
    const each = first.statistics.cost_usd / requests;
    expect(first.statistics.cost_usd).toBeLessThanOrEqual(1 + 1.5 * each);
    expect(first.budget).toMatchObject({ reserved: [], spent_usd: first.statistics.cost_usd });

    await stage.edit('src/shipping.ts', 'return 490', 'return 480');
    expect(await stage.until('budget.reached', ({ limit }) => limit === 'day')).toMatchObject({ limitUsd: 1.1 });
    await stage.until('task.waiting', (event) => event.for === 'daily-limit');
    const last = await stage.state();
    expect(last.statistics.cost_usd).toBe(first.statistics.cost_usd);
    expect(last.gates).toHaveProperty('daily-limit');
  });
});
