import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Config } from '../../src/config/types.ts';
import type { Message } from '../../src/escalate/channel.ts';
import { reportSchema } from '../../src/escalate/report.ts';
import { Outbox } from '../../src/pipeline/outbox.ts';
import { snooze } from '../../src/state/holds.ts';
import { failing, passing } from '../rig/reports.ts';
import { type Bench, bench, ran } from './rig.ts';

const file = 'a.test.ts';
const green = passing(file, 'a', 'b');
const red = [...failing(file, 'a'), ...passing(file, 'b')];
const bothRed = failing(file, 'a', 'b');

interface Told {
  readonly on: Bench;
  /** What the one channel has been told. */
  readonly messages: readonly Message[];
}

/** An agent with a channel that takes everything. */
async function telling(settings: Partial<Config>): Promise<Told> {
  const on = await bench(green, settings);
  const { state, clock, events, runs, scrub } = on.parts;
  const messages: Message[] = [];
  const channel = {
    name: 'slack' as const,
    paceMs: 0,
    deliver: async (message: Message) => {
      messages.push(message);
      return { kind: 'sent' as const };
    },
  };
  const outbox = new Outbox({
    channels: [channel],
    state,
    clock,
    events,
    random: () => 0,
    scrub,
    runsFolder: runs.folder,
  });
  Object.assign(on.parts, { outbox });
  return { on, messages };
}

function start({ on }: Told): void {
  on.start();
  const end = new AbortController();
  const ended = on.parts.outbox.run(end.signal);
  onTestFinished(async () => {
    end.abort();
    await ended;
  });
}

async function save(on: Bench, tests: Parameters<typeof ran>[0], path = 'a.ts'): Promise<void> {
  on.world.tests = async () => ran(tests);
  const before = on.events.length;
  await on.pipeline.enqueue([path]);
  const isEnd = (type: string): boolean => ['task.finished', 'task.failed'].includes(type);
  await on.until(() => on.events.slice(before).some(({ type }) => isEnd(type)), 500);
}

test('ESC-1: ESC-4: what is given up is told with its report, and its message is written with the end of the task', async () => {
  const told = await telling({ maxRetries: 2 });
  const { on, messages } = told;
  start(told);
  await save(on, red);
  await on.until(() => messages.length === 1 && on.state().outbox.length === 0);
  const [task] = on.state().queues.failed;
  expect(messages[0]).toMatchObject({
    event: 'opened',
    taskId: task?.id,
    isRetry: false,
    report: {
      kind: 'failed',
      reason: expect.stringContaining('gave up after 2 attempts'),
      tests: [{ title: 'a', file, message: expect.stringContaining('a went wrong') }],
      files: ['a.ts'],
      diff: '- old\n+ new',
      attempts: [{ number: 1, verdict: 'rejected' }, { number: 2 }],
      cost_usd: expect.closeTo(0.04),
    },
  });
  const folder = on.parts.runs.folderOf(task?.id ?? '');
  expect(await readFile(join(folder, 'report.md'), 'utf8')).toContain('## Attempts');
  expect(reportSchema.parse(JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')))).toEqual(
    messages[0]?.report,
  );
  expect(on.state().escalations).toMatchObject([
    {
      task_id: task?.id,
      status: 'open',
      title: 'a',
      count: 1,
      channels: { slack: { status: 'sent', event: 'opened' } },
    },
  ]);
});

test('ESC-2: told once when it breaks, once when its tests are green again, and as red again the next time', async () => {
  const told = await telling({ autoFixEnabled: false });
  const { on, messages } = told;
  start(told);
  const events = (): string[] => messages.map(({ event }) => event);
  await save(on, red);
  await on.until(() => events().length === 1);
  // Red as before: nobody is told anything.
  await save(on, red, 'b.ts');
  // The other test of the file breaks: a regression of its own.
  await save(on, bothRed, 'c.ts');
  await on.until(() => events().length === 2);
  expect(new Set(messages.map(({ fingerprint }) => fingerprint)).size).toBe(2);
  await save(on, red);
  await on.until(() => events().length === 3);
  expect(messages[2]).toMatchObject({ event: 'resolved', fingerprint: messages[1]?.fingerprint });
  await save(on, green);
  await on.until(() => events().length === 4);
  expect(messages[3]).toMatchObject({ event: 'resolved', fingerprint: messages[0]?.fingerprint });
  await save(on, green);
  await save(on, red);
  await on.until(() => events().length === 5);
  expect(events()).toEqual(['opened', 'opened', 'resolved', 'resolved', 'recurred']);
  expect(on.state().escalations).toMatchObject([{ status: 'open', count: 2 }, { status: 'resolved' }]);
  expect(on.state().outbox).toEqual([]);
});

test('ESC-2: what a retry has mended is told at once', async () => {
  const told = await telling({ maxRetries: 1 });
  const { on, messages } = told;
  start(told);
  await save(on, red);
  await on.until(() => messages.length === 1 && on.state().outbox.length === 0);
  const id = on.state().queues.failed[0]?.id ?? '';
  await on.parts.state.update((draft) => snooze(draft, on.clock.now() + 60_000));
  await on.pipeline.retry(id);
  // Mended by the person while it waits: the clock stands still, so that no look now and then can find it.
  on.world.tests = async () => ran(green);
  await on.pipeline.enqueue(['a.ts']);
  await on.until(() => on.state().queues.completed.some((task) => task.id === id));
  await on.until(() => messages.length === 2);
  expect(messages[1]).toMatchObject({ event: 'resolved', fingerprint: messages[0]?.fingerprint });
});

test('ESC-3: what could not be told waits in the state, and a full disk does not send anything', async () => {
  const told = await telling({ autoFixEnabled: false });
  const { on, messages } = told;
  await on.pipeline.recover();
  const { stop } = on.start();
  await save(on, red);
  await stop();
  expect(on.state().outbox).toMatchObject([{ event: 'opened', status: 'waiting', attempts: 0 }]);
  on.world.isStateFaulty = () => true;
  start(told);
  await on.clock.advance(60_000);
  expect(messages).toEqual([]);
  on.world.isStateFaulty = () => false;
  await on.until(() => messages.length === 1, 1_000);
});

test('ESC-1: without a channel the report is in its file and named, and nothing waits', async () => {
  const on = await bench(green, { autoFixEnabled: false });
  on.start();
  await save(on, red);
  expect(on.events.find(({ type }) => type === 'escalation.recorded')).toMatchObject({
    report: expect.stringMatching(/report\.md$/),
  });
  expect(on.state()).toMatchObject({ outbox: [], escalations: [{ status: 'open' }] });
});
