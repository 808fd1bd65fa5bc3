import { describe, expect, test } from 'vitest';
import { Ladder } from '../../src/agent/ladder.ts';

interface Rig {
  readonly ladder: Ladder;
  readonly told: string[];
  /** Lets the work come to its end, or to an error. */
  readonly finish: (error?: Error) => void;
}

/** Work that ends when it is told to, or only by `finish` where it is deaf. */
function rig(options: { graceMs?: number; deafTo?: 'drain' | 'all' } = {}): Rig {
  const { graceMs = 60_000, deafTo } = options;
  const told: string[] = [];
  const [drain, abort] = [new AbortController(), new AbortController()];
  const work = Promise.withResolvers<void>();
  drain.signal.addEventListener('abort', () => {
    told.push('drain');
    if (deafTo === undefined) work.resolve();
  });
  abort.signal.addEventListener('abort', () => {
    told.push('abort');
    if (deafTo !== 'all') work.resolve();
  });
  const ladder = new Ladder({
    ...{ graceMs, endingMs: 50, work: work.promise, drain, abort },
    onStopping: async (reason) => void told.push(`stopping: ${reason}`),
    onStopped: async (isStuck) => void told.push(isStuck ? 'stopped, stuck' : 'stopped'),
    onError: (error) => told.push(String(error)),
  });
  return { ladder, told, finish: (error) => (error === undefined ? work.resolve() : work.reject(error)) };
}

describe('RUN-3: the shutdown ladder', () => {
  test('stop lets what is under way come to its end; asked again, it is the same stop', async () => {
    const { ladder, told } = rig();
    await Promise.all([ladder.stop('one'), ladder.stop('two')]);
    await ladder.done;
    expect(told).toEqual(['drain', 'stopping: one', 'stopped']);
  });

  test('after the grace it is ended', async () => {
    const { ladder, told } = rig({ graceMs: 20, deafTo: 'drain' });
    await ladder.stop('enough');
    expect(told).toEqual(['drain', 'stopping: enough', 'abort', 'stopped']);
  });

  test('force does not wait for the grace, also when it comes second', async () => {
    const { ladder, told } = rig({ deafTo: 'drain' });
    const stopped = ladder.stop('one');
    await ladder.force('two');
    await stopped;
    expect(told).toEqual(['drain', 'stopping: one', 'abort', 'stopped']);
  });

  test('what ignores even that does not keep the agent', async () => {
    const { ladder, told } = rig({ deafTo: 'all' });
    await ladder.force('now');
    await ladder.done;
    expect(told).toEqual(['abort', 'drain', 'stopping: now', 'stopped, stuck']);
  });
});

describe('RUN-6 F64: an error', () => {
  test('of the work ends it, and is what `done` gives', async () => {
    const { ladder, told, finish } = rig();
    finish(new Error('broken'));
    await expect(ladder.done).rejects.toThrow('broken');
    expect(told).toEqual(['Error: broken', 'abort', 'drain', 'stopping: an error: broken', 'stopped']);
  });

  test('that nobody caught does the same; a second one changes nothing', async () => {
    const { ladder, told } = rig();
    await Promise.all([ladder.fail(new Error('first')), ladder.fail(new Error('second'))]);
    await expect(ladder.done).rejects.toThrow('first');
    expect(told).toEqual(['Error: first', 'abort', 'drain', 'stopping: an error: first', 'stopped']);
  });

  test('during a stop is told, too', async () => {
    const { ladder, finish } = rig({ deafTo: 'drain' });
    const stopped = ladder.stop('enough');
    finish(new Error('late'));
    await stopped;
    await expect(ladder.done).rejects.toThrow('late');
  });
});
