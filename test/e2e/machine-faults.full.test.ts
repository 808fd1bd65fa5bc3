import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
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

test('F69: a port that somebody else has taken is named, and no regression', async () => {
  const other = createServer();
  onTestFinished(() => void other.close());
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      other.once('error', reject);
      other.listen(port, '127.0.0.1', resolve);
    });
  await listen(0);
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await new Promise((resolve) => other.close(resolve));
  const stage = await setStage({ files: { 'test/server.test.ts': listens(port) } });
  await listen(port);
  await stage.edit('src/money.ts', 'Amounts are', 'All amounts are');
  expect(await stage.until('triage.machine')).toMatchObject({ what: 'a port is in use', tests: ['serves a price'] });
  expect(await stage.until('task.finished')).toMatchObject({ outcome: 'clean' });
  expect(stage.rehearsal.requests).toEqual([]);
  // It counts as green as ever: broken for real, it is a regression.
  await new Promise((resolve) => other.close(resolve));
  await stage.edit('src/money.ts', "padStart(2, '0')", "padStart(3, '0')");
  const found = await stage.until('regression.found');
  expect(found.tests).toContain('serves a price');
});
