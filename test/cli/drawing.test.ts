import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { InPlace } from '../../src/cli/in-place.ts';
import { LiveView } from '../../src/cli/live-view.ts';
import { missedLine } from '../../src/cli/missed.ts';
import { MovingLine } from '../../src/cli/moving-line.ts';
import { elapsed, inWords, workIn, workWords } from '../../src/cli/now.ts';
import { openStartView } from '../../src/cli/start-view.ts';
import { cutTo, widthOf } from '../../src/cli/width.ts';
import type { Config } from '../../src/config/types.ts';
import type { Task } from '../../src/domain/task.ts';
import { createEvents } from '../../src/events.ts';
import { freshState, type StateDocument } from '../../src/state/schema.ts';
import { screenOf } from '../rig/screen.ts';

/** A stream with the size of a terminal; `output` is what was written. */
function terminal(columns = 40, rows = 10) {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns, rows });
  let output = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  const out = stream as unknown as NodeJS.WriteStream & { columns: number };
  const read = async (): Promise<string> => {
    await new Promise((resolve) => setImmediate(resolve));
    return output;
  };
  return { out, read, screen: async () => screenOf(await read(), out.columns) };
}

const task: Task = {
  id: 'task_0000000a',
  type: 'file_change',
  file_path: 'src/sum.ts',
  description: 'Process changes in src/sum.ts',
  created_at: '2026-01-02T03:04:05.000Z',
  status: 'in_progress',
  retry_count: 0,
  priority: 0,
  attempts: [],
};

function stateWith(inProgress: readonly Task[], pending: readonly Task[] = []): StateDocument {
  const state = freshState(0);
  state.queues.in_progress.push(...inProgress);
  state.queues.pending.push(...pending);
  return state;
}

describe('widths', () => {
  test.each([
    ['plain', 5],
    ['日本語', 6],
    ['e\u0301tude', 5],
    ['👩‍👩‍👧 a', 4],
    ['→ ✓ …', 5],
    ['', 0],
  ])('%s takes %d columns', (text, columns) => expect(widthOf(text)).toBe(columns));

  test('a text is cut between characters, never wider than asked for', () => {
    expect(cutTo('short', 5)).toBe('short');
    expect(cutTo('src/日本語.ts', 8)).toBe('src/日…');
    for (let columns = 0; columns < 12; columns++)
      expect(widthOf(cutTo('a日👩‍👩‍👧bcd語e', columns))).toBeLessThanOrEqual(columns);
  });
});

describe('the moving line', () => {
  test('stays below what is printed, is cut to the terminal, and leaves nothing behind', async () => {
    const { out, screen } = terminal(20);
    const line = new MovingLine(out);
    line.show('0:01 asking the fixer about it');
    expect(await screen()).toEqual(['0:01 asking the fi…']);
    line.print(['one', 'two']);
    line.show('0:02');
    expect(await screen()).toEqual(['one', 'two', '0:02']);
    line.erase();
    line.print(['three']);
    expect((await screen()).slice(0, 3)).toEqual(['one', 'two', 'three']);
    line.show('');
    expect(await screen()).toEqual(['one', 'two', 'three', '']);
  });

  test('the same again is not drawn, and the cursor is never hidden', async () => {
    const { out, read } = terminal();
    const line = new MovingLine(out);
    line.show('watching');
    const before = await read();
    line.show('watching');
    expect(await read()).toBe(before);
    expect(before).not.toContain('\x1b[?25');
  });

  test('one that was folded by a narrower terminal is taken away whole', async () => {
    const { out, read } = terminal(40);
    const line = new MovingLine(out);
    line.print(['above']);
    line.show('a line of thirty-odd characters here');
    const before = await read();
    out.columns = 20;
    line.show('new');
    expect((await read()).slice(before.length).startsWith('\x1b[1A\r\x1b[J')).toBe(true);
  });
});

test('what is drawn in place takes the place of what was there, as much as the terminal shows', async () => {
  const { out, screen } = terminal(20, 4);
  const place = new InPlace(out);
  place.draw(['one', 'two', 'three']);
  place.draw(['a line that is too long for it', 'second']);
  expect(await screen()).toEqual(['a line that is too …', 'second', '']);
  place.draw(['1', '2', '3', '4', '5']);
  expect(await screen()).toEqual(['1', '2', '3', '']);
  place.begin();
  place.draw(['below']);
  expect(await screen()).toEqual(['1', '2', '3', 'below', '']);
});

describe('what is going on now', () => {
  test('a task comes before the changes that are looked at beside it', () => {
    const fixing: Task = { ...task, phase: 'fix', phase_at: '2026-01-02T03:05:00.000Z', cost_usd: 0.0312 };
    const attempt = {
      number: 1,
      strategy: '',
      verdict: 'rejected',
      reasons: [],
      patch: null,
      cost_usd: 0,
      duration: 1,
    };
    const second = { ...fixing, attempts: [attempt] } as unknown as Task;
    const looked = (file_path: string): Task => ({ ...task, file_path, phase: 'triage' });
    const works = workIn(stateWith([looked('a.ts'), looked('b.ts'), second]));
    expect(works.map((work) => workWords(work, 5))).toEqual([
      'asking the fixer: src/sum.ts, attempt 2 of 5, $0.0312',
      'looking at the change: a.ts and 1 more',
    ]);
    expect(works[0]?.sinceMs).toBe(Date.parse('2026-01-02T03:05:00.000Z'));
  });

  test('names from the project put nothing on the terminal but text', () => {
    const [work] = workIn(stateWith([{ ...task, file_path: 'a\x1b[2J\n.ts', phase: 'fix' }]));
    expect(work && workWords(work, 5)).toBe('asking the fixer: a [2J .ts');
  });

  test('times', () => {
    expect([0, 59_999, 61_000, 3_661_000].map(elapsed)).toEqual(['0:00', '0:59', '1:01', '1:01:01']);
    expect([4_000, 72_000, 720_000, 7_380_000, 3 * 86_400_000].map(inWords)).toEqual([
      '4 s',
      '1 min 12 s',
      '12 min',
      '2 h 3 min',
      '3 days',
    ]);
  });

  test('the view shows the baseline, then the watching, then a task, and nothing when it stops', async () => {
    const { out, screen } = terminal(60);
    const view = new LiveView(out, 5);
    const last = async () => (await screen()).at(-1);
    view.note({ type: 'agent.running', watching: ['.'], files: 13, autoFix: true, at: Date.now() });
    expect(await last()).toBe('         › watching 13 files');
    view.note({ type: 'baseline.started', at: Date.now() - 62_500 });
    expect(await last()).toBe('    1:02 › running all tests');
    view.note({ type: 'baseline.made', tests: 1, green: 1, red: 0, durationMs: 1, at: Date.now() });
    let state = stateWith([{ ...task, phase: 'fix', phase_at: new Date(Date.now() - 5_500).toISOString() }], [task]);
    view.attend(() => state);
    expect(await last()).toBe('    0:05 › asking the fixer: src/sum.ts, 1 task waits');
    state = stateWith([]);
    view.note({ type: 'agent.held', pausedAt: '2026-01-02T03:04:05.000Z', at: Date.now() });
    expect(await last()).toBe('         › watching 13 files, paused');
    view.note({ type: 'agent.stopping', reason: 'SIGINT', at: Date.now() });
    expect(await last()).toBe('');
    view.close();
  });
});

describe('who gets what from `start`', () => {
  const config = { maxRetries: 5, notify: 'bell' } as Config;
  const landed = { type: 'land.landed', taskId: task.id, files: ['a.ts'] } as const;
  const see = async (isTTY: boolean, given: { isPlain?: boolean; env?: Record<string, string> } = {}) => {
    const { out, read } = terminal(60);
    out.isTTY = isTTY;
    const events = createEvents(Date.now, (text) => text);
    const view = openStartView({ config, out, isPlain: given.isPlain ?? false, env: given.env ?? {} });
    view.follow(events);
    events.emit({ type: 'agent.running', watching: ['.'], files: 13, autoFix: true });
    events.emit(landed);
    view.onLogLine?.('{"msg":"a\u0085\u202e"}\n');
    view.say(['hello']);
    view.close();
    return read();
  };

  test('a terminal gets lines, a moving one and the bell that NOTIFY asks for', async () => {
    const [before = '', after] = (await see(true)).split('\x07');
    expect(before).toMatch(/› watching 13 files.*landed in a\.ts/s);
    expect(after).toContain('hello');
  });

  test.each([{ isPlain: true }, { env: { TERM: 'dumb' } }])('nothing moves with %o', async (given) => {
    const said = await see(true, given);
    expect(said).toMatch(/watching 13 files.*landed in a\.ts/s);
    for (const moved of ['›', '\x1b[J']) expect(said).not.toContain(moved);
  });

  test('a file or a pipe gets the log as it is, one JSON object a line, without what a terminal would obey', async () => {
    const lines = (await see(false)).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['a\u0085\u202e', 'hello']);
    for (const character of ['\u0085', '\u202e']) expect(lines.join('')).not.toContain(character);
    expect(await see(false, { isPlain: true })).toMatch(/watching 13 files.*hello/s);
  });
});

test('who comes back reads in one line what was missed', () => {
  const now = new Date(2026, 10, 21, 9, 0).getTime();
  const missed = {
    sinceMs: new Date(2026, 10, 20, 18, 2).getTime(),
    fixed: 2,
    parked: 1,
    failed: 1,
    reported: 0,
    costUsd: 0.426,
  };
  expect(missedLine(missed, now)).toBe('Since you last looked (yesterday 18:02): 2 fixed, 1 parked, 1 failed, $0.43.');
  expect(missedLine({ ...missed, sinceMs: now - 3_600_000 }, now)).toContain('(today 08:00)');
  expect(missedLine({ ...missed, sinceMs: now - 5 * 86_400_000 }, now)).toContain('(2026-11-16 09:00)');
});
