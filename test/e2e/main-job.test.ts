import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RehearsalRequest, Scenario } from '../../src/claude/rehearsal/server.ts';
import { isFixer, isPlanner, mender } from '../rig/menders.ts';
import { setStage } from '../rig/set-stage.ts';
import type { Stage } from '../rig/stage.ts';

/** Puts `before` back in place of `after` in one file. */
const putsBack = (file: string, after: string, before: string): Scenario => mender({ file, from: after, to: before });

const mainCalls = (stage: Stage): number => stage.rehearsal.requests.filter(({ isMain }) => isMain).length;

/** Everything below a folder with a hash of its bytes; of files that git itself touches when asked, nothing. */
async function fingerprint(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const hashed = await Promise.all(
    files.map(
      async (file) =>
        [
          file,
          createHash('sha256')
            .update(await readFile(file))
            .digest('hex'),
        ] as const,
    ),
  );
  return Object.fromEntries(hashed.sort(([a], [b]) => a.localeCompare(b)));
}

describe('a save that breaks a test', () => {
  test('WATCH-1 WATCH-4 CLAUDE-1 CLAUDE-2 VERIFY-1 LAND-1: is mended in the working tree, nothing else of the person’s is touched, and the landing makes no new task', async () => {
    const stage = await setStage({ scenario: putsBack('src/discount.ts', 'subtotal > 10_000', 'subtotal >= 10_000') });
    await stage.save('notes.txt', 'not committed, not to be lost\n');
    await stage.edit('README.md', '# shop', '# The shop');
    await stage.git('add', 'README.md');
    await stage.save('src/money.ts', `${await stage.read('src/money.ts')}\n// a comment that is not staged\n`);
    await stage.until('task.finished', ({ file }) => file === 'src/money.ts');
    const before = { git: await fingerprint(join(stage.project, '.git')), files: await listProject(stage) };

    await stage.edit('src/discount.ts', 'subtotal >= 10_000', 'subtotal > 10_000');
    const finished = await stage.until('task.finished', ({ outcome }) => outcome === 'fixed');

    expect(await stage.read('src/discount.ts')).toContain('subtotal >= 10_000');
    const state = await stage.state();
    const task = state.queues.completed.find(({ id }) => id === finished.taskId);
    expect(task).toMatchObject({ status: 'completed', outcome: 'fixed', file_path: 'src/discount.ts', retry_count: 0 });
    expect(task?.attempts).toHaveLength(1);
    expect(task?.attempts[0]).toMatchObject({
      number: 1,
      verdict: 'accepted',
      reasons: ['It takes back most of the change that broke the tests.'],
      strategy: 'subtotal >= 10_000 instead of subtotal > 10_000',
    });
    expect(task?.attempts[0]?.cost_usd).toBeGreaterThan(0);
    expect(task?.attempts[0]?.duration).toBeGreaterThan(0);
    expect(task?.regression?.tests).toEqual(['|test/discount.test.ts|of 10000 cents is 1000|1']);
    const verdicts = state.test_results.filter(({ task_id }) => task_id === finished.taskId);
    expect(verdicts.map(({ passed, purpose }) => [purpose, passed])).toEqual([
      ['triage', false],
      ['verdict', true],
    ]);
    const history = state.conversation_history
      .filter(({ task_id }) => task_id === finished.taskId)
      .map(({ type }) => type);
    expect(history).toEqual(['task_created', 'regression_found', 'strategy', 'verdict', 'task_finished']);
    expect(state.statistics).toMatchObject({ tasks_failed: 0, tasks_escalated: 0 });
    expect(state.landings).toMatchObject([{ task_id: finished.taskId, status: 'landed' }]);

    expect(await fingerprint(join(stage.project, '.git'))).toEqual(before.git);
    expect(await listProject(stage)).toEqual(before.files);
    expect(await stage.git('status', '--porcelain')).toBe('M  README.md\n M src/money.ts\n?? notes.txt\n');

    const landed = stage.events.findIndex(({ type }) => type === 'land.landed');
    // A later save goes the same way through the same watcher: by its end the landing's events have come too.
    await stage.edit('src/cart.ts', 'Adds to a cart;', 'Adds to the cart;');
    await stage.until('task.finished', ({ file }) => file === 'src/cart.ts', landed);
    expect(stage.events.slice(landed).filter(({ type }) => type === 'task.created')).toHaveLength(1);
  });

  test('works the same in a project without git', async () => {
    const stage = await setStage({ git: false, scenario: putsBack('src/shipping.ts', 'return 480', 'return 490') });
    await stage.edit('src/shipping.ts', 'return 490', 'return 480');
    await stage.until('task.finished', ({ outcome }) => outcome === 'fixed');
    expect(await stage.read('src/shipping.ts')).toContain('return 490');
    expect(await readdir(stage.project)).toEqual(['README.md', 'node_modules', 'package.json', 'src', 'test']);
  });
});

async function listProject(stage: Stage): Promise<readonly string[]> {
  const entries = await readdir(stage.project, { recursive: true });
  return entries.filter((path) => !path.startsWith('.git/')).sort();
}

describe('a save that breaks nothing', () => {
  test('VERIFY-2: ends as clean, and no model is asked; a suite with 50 tests that were red before makes no work either', async () => {
    const red = `import { expect, test } from 'vitest';\nimport '../src/money.ts';\ntest.each(Array.from({ length: 50 }, (_, i) => i))('red %i', () => { expect(1).toBe(2); });\n`;
    const stage = await setStage({ files: { 'test/red.test.ts': red } });
    expect(stage.events.find(({ type }) => type === 'baseline.made')).toMatchObject({ red: 50 });
    await stage.edit('src/money.ts', 'Amounts are', 'All amounts are');
    expect(await stage.until('task.finished')).toMatchObject({ file: 'src/money.ts', outcome: 'clean' });
    expect(await stage.until('triage.finished')).toMatchObject({ red: 0, knownRed: 50 });
    const from = stage.events.length;
    // The tests that these reach are all green.
    await stage.edit('src/cart.ts', 'Adds to a cart;', 'Adds to the cart;');
    expect(await stage.until('task.finished', () => true, from)).toMatchObject({
      file: 'src/cart.ts',
      outcome: 'clean',
    });
    expect(await stage.until('triage.finished', () => true, from)).toMatchObject({ red: 0, knownRed: 0 });
    expect(stage.rehearsal.requests).toEqual([]);
  });
});

describe('a planner that cannot answer', () => {
  test('CLAUDE-3: costs nothing but a plain plan, and the fix is made', async () => {
    const inner = putsBack('src/discount.ts', 'subtotal > 10_000', 'subtotal >= 10_000');
    const stage = await setStage({
      scenario: (request) =>
        isPlanner(request) ? { say: 'I would rather talk about something else.' } : inner(request),
    });
    await stage.edit('src/discount.ts', 'subtotal >= 10_000', 'subtotal > 10_000');
    await stage.until('task.finished', ({ outcome }) => outcome === 'fixed');
    expect(await stage.until('plan.ready')).toMatchObject({
      source: 'basic',
      reason: expect.stringMatching(/^malformed/),
    });
  });
});

describe('several changes', () => {
  test('QUEUE-3: three files saved together that break one test are one plan and one fix', async () => {
    const stage = await setStage({
      scenario: putsBack('src/checkout.ts', 'goods - less - freight', 'goods - less + freight'),
      settings: { FILE_WATCH_DEBOUNCE_SECONDS: '0.5' },
    });
    await Promise.all([
      stage.edit('src/checkout.ts', 'goods - less + freight', 'goods - less - freight'),
      stage.edit('src/cart.ts', 'Adds to a cart;', 'Adds to the cart;'),
      stage.edit('src/discount.ts', '5% from', 'Five percent from'),
    ]);
    const fixed = await stage.until('task.finished', ({ outcome }) => outcome === 'fixed');
    const { queues } = await stage.state();
    expect(queues.completed.map(({ outcome }) => outcome).sort()).toEqual(['duplicate', 'duplicate', 'fixed']);
    const asked = (is: (request: RehearsalRequest) => boolean): number =>
      stage.rehearsal.requests.filter((request) => request.isMain && is(request) && request.step === 0).length;
    expect([asked(isPlanner), asked(isFixer)]).toEqual([1, 1]);
    expect(stage.events.find(({ type }) => type === 'regression.found')).toMatchObject({
      taskId: fixed.taskId,
      files: expect.arrayContaining(['src/checkout.ts']),
    });
  });

  test('WATCH-5: a change saved while a fix is being made is looked at, and both end well', async () => {
    let release = (): void => undefined;
    const saved = new Promise<void>((resolve) => {
      release = resolve;
    });
    const inner = putsBack('src/discount.ts', 'subtotal > 10_000', 'subtotal >= 10_000');
    const stage = await setStage({
      scenario: async (request) => {
        if (request.isMain && isFixer(request)) await saved;
        return inner(request);
      },
    });
    await stage.edit('src/discount.ts', 'subtotal >= 10_000', 'subtotal > 10_000');
    await stage.until('task.phase', ({ phase }) => phase === 'fix');
    await stage.edit('src/cart.ts', 'Adds to a cart;', 'Adds to the cart;');
    await stage.until('task.created', ({ file }) => file === 'src/cart.ts');
    release();
    await stage.until('task.finished', ({ outcome }) => outcome === 'fixed');
    await stage.until('task.finished', ({ file }) => file === 'src/cart.ts');
    expect(await stage.read('src/discount.ts')).toContain('subtotal >= 10_000');
    expect(await stage.read('src/cart.ts')).toContain('Adds to the cart;');
    expect(mainCalls(stage)).toBe(4);
  });
});
