import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { Scenario } from '../../src/claude/rehearsal/server.ts';
import { codeOf } from '../../src/errors.ts';
import type { StateDocument } from '../../src/state/schema.ts';
import { mender } from '../rig/menders.ts';
import { type RealAgent, realAgent } from './real-agent.ts';

const file = 'sum.ts';
const source = (sum: string): string => `export const sum = (a: number, b: number): number => ${sum};\n`;
const files = {
  [file]: source('a + b'),
  'sum.test.ts': `import { expect, test } from 'vitest';
import { sum } from './sum.ts';
test('sums', () => {
  expect(sum(1, 2)).toBe(3);
});
`,
};

/** The agent with a small file system of its own under its state; others reach it through the process. */
function onSmallDisk({ stateFile }: RealAgent): readonly string[] {
  const script = 'mount -t tmpfs -o size=2m none "$1" && shift && exec "$@"';
  return ['unshare', '-rm', 'sh', '-c', script, 'sh', dirname(stateFile)];
}

async function fill(folder: string): Promise<void> {
  for (const bytes of [64 * 1024, 4 * 1024]) {
    for (let number = 0; number < 1_000; number++) {
      try {
        await writeFile(join(folder, `filler-${bytes}-${number}`), Buffer.alloc(bytes));
      } catch (error) {
        if (codeOf(error) !== 'ENOSPC') throw error;
        break;
      }
    }
  }
}

async function empty(folder: string): Promise<void> {
  for (const bytes of [64 * 1024, 4 * 1024]) {
    for (let number = 0; number < 1_000; number++) await rm(join(folder, `filler-${bytes}-${number}`), { force: true });
  }
}

test('F12 F13: while the state cannot be written a break is shown, nothing is paid or landed; then all goes on by itself', {
  timeout: 180_000,
}, async () => {
  let asked = 0;
  const mend = mender({ file, from: source('a - b'), to: source('a + b') });
  const counting: Scenario = (request) => {
    asked++;
    return mend(request);
  };
  const on = await realAgent(files, {
    scenario: counting,
    settings: { HEARTBEAT_SECONDS: '0.5', HEALTH_CHECK_SECONDS: '2' },
  });
  await mkdir(dirname(on.stateFile));
  const agent = on.launch(undefined, onSmallDisk(on));
  await agent.said('of 1 test green');
  const inside = (path: string): string => join('/proc', String(agent.pid), 'root', path);
  const whole = await readFile(inside(on.stateFile), 'utf8');
  await fill(inside(dirname(on.stateFile)));
  await on.save(file, source('a - b'));
  await agent.said('1 test red');
  await agent.said('cannot be written');
  expect(asked).toBe(0);
  expect(await readFile(join(on.project, file), 'utf8')).toBe(source('a - b'));
  expect(JSON.parse(await readFile(inside(on.stateFile), 'utf8')).epoch).toBe(JSON.parse(whole).epoch);
  await empty(inside(dirname(on.stateFile)));
  await expect.poll(() => readFile(join(on.project, file), 'utf8'), { timeout: 90_000 }).toBe(source('a + b'));
  const state = async (): Promise<StateDocument> => JSON.parse(await readFile(inside(on.stateFile), 'utf8'));
  await expect
    .poll(async () => (await state()).queues.completed, { timeout: 10_000 })
    .toMatchObject([{ outcome: 'fixed', attempts: [{ number: 1 }] }]);
  await expect.poll(async () => (await state()).health.checks.state_manager, { timeout: 10_000 }).toBe(true);
  agent.signal('SIGTERM');
  expect(await agent.ended).toEqual({ kind: 'exited', code: 0 });
});
