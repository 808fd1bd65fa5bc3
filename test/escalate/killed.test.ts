import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { AgentEvent } from '../../src/events.ts';
import { noteGivenUp } from '../../src/pipeline/escalations.ts';
import { stateSchema } from '../../src/state/schema.ts';
import { openStateStore } from '../../src/state/store.ts';
import { GitHubServer } from '../rig/github-server.ts';
import { scratch } from '../rig/scratch.ts';
import { killHard, nextMessage, startFixture } from '../state/children.ts';

test('F6: killed after GitHub has made the issue and before it was known: found by its marker, no second one', async () => {
  const github = await new GitHubServer().start();
  onTestFinished(() => github.close());
  const file = join(await scratch('outbox'), 'state.json');
  const state = await openStateStore({ file, lockFile: `${file}.lock`, clock: systemClock, guarded: true });
  const given = { taskId: 'task_00000001', fingerprint: 'aaaa', title: 'a test', reason: 'gave up' };
  await state.update((draft) =>
    noteGivenUp(draft, ['github'], { ...given, page: 'report.md', report: 'report.json', nowMs: systemClock.now() }),
  );
  await state.close();
  const start = () =>
    startFixture('../../escalate/fixtures/teller.ts', [file, github.url, github.token, github.repository]);
  const read = () => stateSchema.parse(JSON.parse(readFileSync(file, 'utf8')));

  const first = start();
  const killed = new Promise<void>((resolve) => {
    github.onCommit = () => {
      github.onCommit = undefined;
      first.kill('SIGKILL');
      resolve();
    };
  });
  await killed;
  await killHard(first);
  expect(github.issues).toHaveLength(1);
  expect(read().outbox).toMatchObject([{ status: 'sending', attempts: 1 }]);

  const second = start();
  const sent = await nextMessage<AgentEvent>(second);
  expect(sent).toMatchObject({ type: 'escalation.sent', channel: 'github', url: expect.stringContaining('/issues/1') });
  expect(github.issues).toHaveLength(1);
  expect(github.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
  // What the lost answer may have made beside it is looked for once more, later.
  expect(read().outbox).toMatchObject([{ event: 'check', status: 'waiting' }]);
});
