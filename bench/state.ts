import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import lockfile from 'proper-lockfile';
import writeFileAtomic from 'write-file-atomic';
import { isoTime, systemClock } from '../src/clock.ts';
import type { Attempt } from '../src/domain/task.ts';
import { freshState, type StateDocument } from '../src/state/schema.ts';
import { openStateStore } from '../src/state/store.ts';
import { figureOf, leastRounds, median, paired, ratios, type Suite, scratch, timed, withReleases } from './suite.ts';

/** So many updates are started at once. */
const groupSize = 1_000;

export const state: Suite = {
  name: 'state',
  title:
    'durable updates of a 200 KB state file, against a plain lock-read-write-unlock loop with the same two libraries',
  quickly: '10 updates one by one in place of 200',
  promises: ['plain loop', 'one by one', 'one by one / plain', 'in a group', 'group / plain'],
  run: (isQuick) =>
    withReleases(async (defer) => {
      const folder = await scratch(defer);
      const [plainFile, ourFile] = [join(folder, 'plain.json'), join(folder, 'ours.json')];
      const text = JSON.stringify(stateOfSize(200_000));
      for (const file of [plainFile, ourFile]) await writeFile(file, text);
      const lockFile = `${ourFile}.lock`;
      const store = await openStateStore({ file: ourFile, lockFile, clock: systemClock, guarded: true });
      defer(() => store.close());
      const update = (): Promise<unknown> => store.update(touch);
      // In turns, so that both meet the same disk.
      const singles = isQuick ? 10 : 200;
      const single = await paired(
        { plain: () => timed(() => plainUpdate(plainFile, touch)), ours: () => timed(update) },
        singles,
      );
      const whole = (): Promise<unknown> => Promise.all(Array.from({ length: groupSize }, update));
      const { group } = await paired({ group: () => timed(whole) }, leastRounds);
      await expectTouched(plainFile, singles + 1);
      await expectTouched(ourFile, singles + 1 + (leastRounds + 1) * groupSize);
      const perSecond = (times: readonly number[], each = 1): readonly number[] =>
        times.map((ms) => (each * 1_000) / ms);
      const plain = perSecond(single.plain);
      const ours = perSecond(single.ours);
      const grouped = perSecond(group, groupSize);
      const note = `${groupSize.toLocaleString('en')} updates at once`;
      return [
        figureOf('plain loop', plain, '/s'),
        figureOf('one by one', ours, '/s'),
        figureOf('one by one / plain', ratios(ours, plain), 'ratio', { target: '≥ 1' }),
        figureOf('in a group', grouped, '/s', { note }),
        figureOf(
          'group / plain',
          grouped.map((rate) => rate / median(plain)),
          'ratio',
          { target: '≥ 20' },
        ),
      ];
    }),
};

/** What one writes without further thought: lock, read, change, write, unlock. */
async function plainUpdate(file: string, change: (draft: StateDocument) => void): Promise<void> {
  const release = await lockfile.lock(file, {
    realpath: false,
    retries: { retries: 50, minTimeout: 5, maxTimeout: 50 },
  });
  try {
    const draft: StateDocument = JSON.parse(await readFile(file, 'utf8'));
    change(draft);
    await writeFileAtomic(file, JSON.stringify(draft), {});
  } finally {
    await release();
  }
}

function touch(draft: StateDocument): void {
  draft.statistics.tasks_processed++;
}

/** Every update stands in the file, the warm-up's too. */
async function expectTouched(file: string, times: number): Promise<void> {
  const { statistics } = JSON.parse(await readFile(file, 'utf8')) as StateDocument;
  if (statistics.tasks_processed !== times)
    throw new Error(`${file} holds ${statistics.tasks_processed} of ${times} updates`);
}

/** A busy project's state: full lists of finished tasks, each with its regression and attempts. */
function stateOfSize(bytes: number): StateDocument {
  const document = freshState(0);
  const tests = Array.from(
    { length: 8 },
    (_, index) => `packages/core|test/some/folder/file-${index}.test.ts|a suite > does ${index}|0`,
  );
  for (let index = 0; JSON.stringify(document).length < bytes; index++) {
    const done = index < 50;
    const queue = done ? 'completed' : index < 100 ? 'failed' : 'pending';
    const id = `task_${index.toString(16).padStart(8, '0')}`;
    document.queues[queue].push({
      id,
      type: 'file_change',
      file_path: `src/some/folder/file-${index}.ts`,
      description: `Process changes in src/some/folder/file-${index}.ts`,
      created_at: isoTime(0),
      status: queue,
      retry_count: 0,
      priority: 0,
      ...(queue === 'pending' ? {} : { regression: { fingerprint: 'f'.repeat(64), tests, count: 8 } }),
      attempts: queue === 'pending' ? [] : [attempt(id, 1), attempt(id, 2)],
    });
    if (index < 100) {
      document.conversation_history.push({ timestamp: isoTime(0), type: 'task_created', task_id: id });
      document.test_results.push({
        task_id: id,
        timestamp: isoTime(0),
        passed: done,
        duration: 2.5,
        test_path: `test/file-${index}.test.ts`,
      });
    }
  }
  return document;
}

function attempt(id: string, number: number): Attempt {
  return {
    number,
    strategy: 'Restore the check of the lower bound that the change removed.',
    verdict: 'rejected',
    reasons: ['test/some/folder/file.test.ts > a suite > does 1 is still red: expected 2 to be 1'],
    patch: `runs/${id}/attempt-${number}.patch`,
    cost_usd: 0.12,
    duration: 41.5,
  };
}
