import type { Task } from '../../src/domain/task.ts';
import type { Message } from '../../src/escalate/channel.ts';
import { makeReport, type Report, type ReportInput } from '../../src/escalate/report.ts';
import { failing, redOf } from '../rig/reports.ts';
import { taskOf } from '../state/samples.ts';

export const attemptOf = (number: number, more: Partial<Task['attempts'][number]> = {}): Task['attempts'][number] => ({
  number,
  strategy: 'Compare with >= again',
  verdict: 'rejected',
  reasons: ['of 10000 cents is still red.'],
  patch: `task_00000001/attempt-${number}/fix.patch`,
  cost_usd: 0.0125,
  duration: 12.34,
  ...more,
});

export function inputOf(more: Partial<ReportInput> = {}): ReportInput {
  return {
    task: taskOf(1, { attempts: [attemptOf(1), attemptOf(2)], started_at: '2026-01-02T03:00:00.000Z' }),
    kind: 'failed',
    reason: 'gave up after 2 attempts. Last: of 10000 cents is still red.',
    fingerprint: 'abcdef0123456789',
    project: 'shop',
    tests: failing('test/discount.test.ts', 'of 10000 cents is 1000').map(redOf),
    files: ['src/discount.ts'],
    diff: '-  subtotal >= tenPercentFrom\n+  subtotal > tenPercentFrom',
    patches: new Map([[1, '--- a/src/discount.ts\n+++ b/src/discount.ts\n']]),
    now: '2026-01-02T03:04:05.000Z',
    ...more,
  };
}

export const reportOf = (more: Partial<ReportInput> = {}): Promise<Report> =>
  makeReport(inputOf(more), async (text) => text);

export async function messageOf(more: Partial<Message> = {}): Promise<Message> {
  return {
    key: 'slack-opened-task_00000001-abc',
    event: 'opened',
    fingerprint: 'abcdef0123456789',
    taskId: 'task_00000001',
    report: await reportOf(),
    isRetry: false,
    isMended: false,
    issueNumber: undefined,
    ...more,
  };
}
