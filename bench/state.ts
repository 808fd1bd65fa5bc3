import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import lockfile from 'proper-lockfile';
import writeFileAtomic from 'write-file-atomic';
import { isoTime, systemClock } from '../src/clock.ts';
import type { Attempt } from '../src/domain/task.ts';
import { freshState, type StateDocument } from '../src/state/schema.ts';
import { openStateStore } from '../src/state/store.ts';

/** So many updates are started at once. */
const groupSize = 1_000;

export interface StateBench {
  readonly stateBytes: number;
  /** Updates a second. */
  readonly naivePerSecond: number;
  readonly oneByOnePerSecond: number;
  readonly groupPerSecond: number;
  readonly groupOverNaive: number;
  readonly oneByOneOverNaive: number;
}

/**
 * Updates of a 200 KB state: ours and, in turns with it so that both meet the same disk, the plain way with the same two
 * libraries. Medians.
 */
export async function stateBench(options: { updates?: number; groups?: number } = {}): Promise<StateBench> {
  const { updates = 200, groups = 5 } = options;
  const folder = await mkdtemp(join(tmpdir(), 'mendwatch-bench-state-'));
  try {
    const [naiveFile, ourFile] = [join(folder, 'naive.json'), join(folder, 'ours.json')];
    const text = JSON.stringify(stateOfSize(200_000));
    await writeFile(naiveFile, text);
    await writeFile(ourFile, text);
    const store = await openStateStore({
      file: ourFile,
      lockFile: `${ourFile}.lock`,
      clock: systemClock,
      guarded: true,
    });
    const ours = () => store.update(touch);
    const naiveMs: number[] = [];
    const oursMs: number[] = [];
    for (let update = 0; update < updates; update++) {
      naiveMs.push(await timed(() => naiveUpdate(naiveFile, touch)));
      oursMs.push(await timed(ours));
    }
    const groupMs: number[] = [];
    for (let group = 0; group < groups; group++) {
      groupMs.push(await timed(() => Promise.all(Array.from({ length: groupSize }, ours))));
    }
    await store.close();
    const naivePerSecond = 1_000 / median(naiveMs);
    const oneByOnePerSecond = 1_000 / median(oursMs);
    const groupPerSecond = (groupSize * 1_000) / median(groupMs);
    return {
      stateBytes: text.length,
      naivePerSecond: Math.round(naivePerSecond),
      oneByOnePerSecond: Math.round(oneByOnePerSecond),
      groupPerSecond: Math.round(groupPerSecond),
      groupOverNaive: groupPerSecond / naivePerSecond,
      oneByOneOverNaive: oneByOnePerSecond / naivePerSecond,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What one writes without further thought: lock, read, change, write, unlock. */
async function naiveUpdate(file: string, change: (draft: StateDocument) => void): Promise<void> {
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

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
