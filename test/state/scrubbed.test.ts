import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createScrubber } from '../../src/secrets/scrubber.ts';
import { openStateStore } from '../../src/state/store.ts';
import { scratch } from '../rig/scratch.ts';
import { taskOf } from './samples.ts';

const secret = 'hunter2-of-the-shop';

async function open() {
  const folder = await scratch('state');
  const [file, lockFile] = [join(folder, 'state.json'), join(folder, 'state.lock')];
  const { scrub } = createScrubber([secret]);
  const store = await openStateStore({ file, lockFile, clock: systemClock, scrub });
  return { store, text: () => readFile(file, 'utf8') };
}

test('RUN-9: no text in the state holds a secret, in the file or in memory; what is found by its name keeps it', async () => {
  const { store, text } = await open();
  await store.update((draft) => {
    draft.queues.pending.push(taskOf(1, { description: `Mend ${secret}`, file_path: `src/${secret}.ts` }));
    draft.conversation_history.push({
      timestamp: '2026-01-01T00:00:00Z',
      type: 'note',
      deep: [{ said: `"${secret}"` }],
    });
  });
  expect((await text()).split(secret)).toHaveLength(2);
  expect(store.current.queues.pending[0]).toMatchObject({
    description: 'Mend [secret]',
    file_path: `src/${secret}.ts`,
  });
  expect(store.current.conversation_history.at(-1)).toMatchObject({ deep: [{ said: '"[secret]"' }] });
  await store.close();
});

test.each([
  ['x\nghp_', `x\nghp_${'Zx9Qw8Er7T'.repeat(4)}`, 'Zx9Qw8Er7T'],
  ['DB_PASSWORD="…"', 'DB_PASSWORD="correcthorsebattery"', 'correcthorse'],
  ['a tab behind a name', `aws_secret_access_key\t= ${'Zx9Qw8Er7T'.repeat(4)}`, 'Zx9Qw8Er7T'],
])('F57: a text is scrubbed as it is, whatever its JSON looks like: %s', async (_kind, description, secret) => {
  const { store, text } = await open();
  await store.update((draft) => void draft.queues.pending.push(taskOf(1, { description })));
  expect(store.current.queues.pending[0]?.description).toContain('[secret]');
  expect(await text()).not.toContain(secret);
  await store.close();
});

test('a text that the replacement makes longer still fits its record', async () => {
  const { store, text } = await open();
  const description = `${'x'.repeat(4_981)}${secret}`;
  await store.update((draft) => void draft.queues.pending.push(taskOf(1, { description })));
  expect(store.current.queues.pending[0]?.description.length).toBeLessThanOrEqual(5_000);
  expect(await text()).not.toContain(secret);
  await store.close();
});
