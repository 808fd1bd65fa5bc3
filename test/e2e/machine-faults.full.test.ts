import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { isFixer, mender } from '../rig/menders.ts';
import { setStage } from '../rig/set-stage.ts';

/** A test of the project that needs a port of its own, and the code it is for. */
const listens = (port: number): string => `import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { formatCents } from '../src/money.ts';

test('serves a price', async () => {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(${port}, '127.0.0.1', resolve);
  });
  server.close();
  expect(formatCents(100)).toBe('$1.00');
});
`;

/** Somebody else, and the port that they take and leave. */
async function neighbour() {
  const other = createServer();
  onTestFinished(() => void other.close());
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      other.once('error', reject);
      other.listen(port, '127.0.0.1', resolve);
    });
  const leave = (): Promise<unknown> => new Promise((resolve) => other.close(resolve));
  await listen(0);
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await leave();
  return { port, take: () => listen(port), leave };
}

test('F69, CLAUDE-5: a taken port is named, and no regression; a fix that it keeps from being judged is judged again, not bought again', {
  timeout: 240_000,
}, async () => {
  const { port, take, leave } = await neighbour();
  const [good, bad] = ["padStart(2, '0')", "padStart(3, '0')"];
  const mends = mender({ file: 'src/money.ts', from: bad, to: good });
  let takenAgain: Promise<void> | undefined;
  const stage = await setStage({
    files: { 'test/server.test.ts': listens(port) },
    scenario: async (request) => {
      if (request.isMain && isFixer(request)) takenAgain ??= take();
      await takenAgain;
      return mends(request);
    },
  });
  await take();
  await stage.edit('src/money.ts', 'Amounts are', 'All amounts are');
  expect(await stage.until('triage.machine')).toMatchObject({ what: 'a port is in use', tests: ['serves a price'] });
  expect(await stage.until('task.finished')).toMatchObject({ outcome: 'clean' });
  expect(stage.rehearsal.requests).toEqual([]);
  // It counts as green as ever: broken for real, it is a regression.
  await leave();
  await stage.edit('src/money.ts', good, bad);
  const found = await stage.until('regression.found');
  expect(found.tests).toContain('serves a price');

  const held = await stage.until('model.unavailable');
  expect(held).toMatchObject({
    kind: 'test runner',
    detail: expect.stringMatching(/^a port is in use, without the patch as well: serves a price/),
  });
  const [paid, asked] = [(await stage.state()).statistics.cost_usd, stage.rehearsal.requests.length];
  expect(paid).toBeGreaterThan(0);
  await leave();
  await stage.agent.retry(held.taskId);
  await stage.until('task.finished', (event) => event.outcome === 'fixed');
  const { statistics, queues } = await stage.state();
  expect([statistics.cost_usd, stage.rehearsal.requests.length]).toEqual([paid, asked]);
  expect(queues.completed.at(-1)?.attempts).toMatchObject([{ number: 1, verdict: 'accepted', cost_usd: paid }]);
});
