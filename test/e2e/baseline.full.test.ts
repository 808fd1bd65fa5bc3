import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { findPackageRoot } from '../../src/config/package-root.ts';
import { baselineSchema } from '../../src/domain/baseline.ts';
import { compiled } from '../rig/compiled.ts';
import { mender } from '../rig/menders.ts';
import { scratch } from '../rig/scratch.ts';
import { setStage } from '../rig/set-stage.ts';
import type { Stage } from '../rig/stage.ts';

/** A test that is red in these of its runs, which it counts in a file that no lane holds. */
const flakyTest = (counter: string, redRuns: readonly number[], imported: string): string => `
import { appendFileSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import '${imported}';
test('flips', () => {
  appendFileSync(${JSON.stringify(counter)}, '.');
  expect(${JSON.stringify(redRuns)}).not.toContain(readFileSync(${JSON.stringify(counter)}, 'utf8').length);
});
`;

/** Red once for each time that the file is there, however often it is run. */
const redWhereSet = (trap: string, imported: string): string => `
import { existsSync, rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import '${imported}';
test('flips', () => {
  const isSet = existsSync(${JSON.stringify(trap)});
  rmSync(${JSON.stringify(trap)}, { force: true });
  expect(isSet).toBe(false);
});
`;

const typesOf = (stage: Stage): string[] => stage.events.map(({ type }) => type);

/** What `mendwatch status` prints about the project on the stage. */
async function status(stage: Stage, ...args: string[]): Promise<string> {
  const entry = join(findPackageRoot(), 'automation', 'mendwatch.ts');
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: stage.folder,
    PROJECT_ROOT: stage.project,
    STATE_FILE: stage.stateFile,
    CACHE_DIR: join(stage.folder, 'cache'),
    ...compiled,
  };
  const { stdout } = await promisify(execFile)(process.execPath, [entry, 'status', ...args], {
    cwd: stage.folder,
    env,
  });
  return stdout;
}

async function baselineOf({ config }: Stage): Promise<ReturnType<typeof baselineSchema.parse>> {
  return baselineSchema.parse(JSON.parse(await readFile(config.baselineFile, 'utf8')));
}

describe('a flaky test', () => {
  test('VERIFY-5 F43: is recognised before anything is paid, and listed with its rate', async () => {
    const trap = join(await scratch('trap'), 'set');
    const stage = await setStage({ files: { 'test/flips.test.ts': redWhereSet(trap, '../src/money.ts') } });
    await writeFile(trap, '');
    await stage.edit('src/money.ts', 'Amounts are', 'All amounts are');
    expect(await stage.until('task.finished')).toMatchObject({ outcome: 'flaky' });
    expect(await stage.until('test.flaky')).toMatchObject({ title: 'flips', during: 'triage' });
    // Red once more, as flaky tests are: nobody is blamed, and it is not even run again.
    const from = stage.events.length;
    await writeFile(trap, '');
    await stage.edit('src/money.ts', 'All amounts are', 'All the amounts are');
    expect(await stage.until('task.finished', () => true, from)).toMatchObject({ outcome: 'clean' });
    expect(stage.rehearsal.requests).toEqual([]);

    const { tests } = JSON.parse(await status(stage, '--json'));
    const rate = { rate: 0.5, flips: 2, runs: 4 };
    expect(tests.flaky).toEqual([{ name: 'flips', file: 'test/flips.test.ts', ...rate }]);
    expect(tests).toMatchObject({ tests: 18, watched: 17, red_before: 0, cannot_load: [] });
    const text = await status(stage);
    expect(text).toContain('17 of 18 tests watched (1 flaky)');
    expect(text).toContain('flaky: flips (test/flips.test.ts), red in 50% of 4 runs');
  });

  test('VERIFY-5 F43: that is red in a verdict only is not held against the patch', async () => {
    const counter = join(await scratch('counter'), 'runs');
    const stage = await setStage({
      scenario: mender({ file: 'src/discount.ts', from: 'subtotal > 10_000', to: 'subtotal >= 10_000' }),
      files: { 'test/flips.test.ts': flakyTest(counter, [2], '../src/shipping.ts') },
    });
    await stage.edit('src/discount.ts', 'subtotal >= 10_000', 'subtotal > 10_000');
    await stage.until('task.finished', ({ outcome }) => outcome === 'fixed');
    expect(await stage.until('test.flaky')).toMatchObject({ title: 'flips', during: 'verdict' });
    expect((await baselineOf(stage)).tests['|test/flips.test.ts|flips|1']).toMatchObject({
      status: 'flaky',
      recent: '.x.',
    });
  });
});

describe('F24: HEAD moves', () => {
  /** The branch `other` has three files whose tests are red there; the working tree is on `main`. */
  const withOther = async (stage: Stage): Promise<void> => {
    await stage.git('checkout', '-q', '-b', 'other');
    await stage.edit('src/discount.ts', 'subtotal >= 10_000', 'subtotal > 10_000');
    await stage.edit('src/shipping.ts', 'return 490', 'return 480');
    await stage.edit('src/money.ts', 'Math.round', 'Math.floor');
    await stage.git('commit', '-q', '-a', '-m', 'Broken');
    await stage.git('checkout', '-q', 'main');
  };

  test('a branch with red tests is a new baseline: no model is asked, and the way back is one too', async () => {
    const stage = await setStage({ cold: true });
    await withOther(stage);
    await stage.start();
    await stage.until('baseline.made');
    await stage.git('checkout', '-q', 'other');
    const outdated = await stage.until('baseline.outdated');
    expect(outdated).toMatchObject({ reason: 'the branch was switched', total: 3 });
    const there = await stage.until('baseline.made', ({ red }) => red > 0);
    expect(there.red).toBeGreaterThanOrEqual(3);
    await stage.until('task.finished', ({ outcome }) => outcome === 'clean');
    expect((await baselineOf(stage)).head).toBe((await stage.git('rev-parse', 'HEAD')).trim());

    const from = stage.events.length;
    await stage.git('checkout', '-q', 'main');
    expect(await stage.until('baseline.made', () => true, from)).toMatchObject({ red: 0 });
    await stage.until('task.finished', () => true, from);
    expect(typesOf(stage)).not.toContain('regression.found');
    expect(stage.rehearsal.requests).toEqual([]);
  });

  test('a fix that is being made is stopped, and its task ends as clean where its tests are green', async () => {
    let ask = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      ask = resolve;
    });
    const stage = await setStage({
      scenario: async () => {
        ask();
        return new Promise(() => undefined);
      },
      cold: true,
    });
    // On `other` the discount is right; what is broken on `main` is committed there.
    await stage.git('checkout', '-q', '-b', 'other');
    await stage.edit('src/money.ts', 'Amounts are', 'All amounts are');
    await stage.git('commit', '-q', '-a', '-m', 'Words');
    await stage.git('checkout', '-q', 'main');
    await stage.start();
    await stage.until('baseline.made');
    await stage.edit('src/discount.ts', 'subtotal >= 10_000', 'subtotal > 10_000');
    const { taskId } = await stage.until('regression.found');
    await asked;
    await stage.git('commit', '-q', '-a', '-m', 'Broken');
    await stage.git('checkout', '-q', 'other');
    await stage.until('baseline.outdated');
    expect(await stage.until('task.finished', (event) => event.taskId === taskId)).toMatchObject({
      outcome: 'clean',
      note: 'the branch was switched',
    });
  });

  test('a commit of what is in the tree makes nothing, and a save after it is an ordinary one', async () => {
    const stage = await setStage({ settings: { AUTO_FIX_ENABLED: 'false' } });
    await stage.edit('src/money.ts', 'Amounts are', 'All amounts are');
    await stage.until('task.finished');
    const from = stage.events.length;
    await stage.git('commit', '-q', '-a', '-m', 'Words');
    await stage.edit('src/discount.ts', 'subtotal >= 10_000', 'subtotal > 10_000');
    expect(await stage.until('task.finished', () => true, from)).toMatchObject({ outcome: 'reported' });
    const told = stage.events.slice(from);
    expect(told.filter(({ type }) => type === 'task.created')).toHaveLength(1);
    expect(told.map(({ type }) => type)).not.toContain('baseline.outdated');
  });

  test('a regression that is committed at once is found all the same', async () => {
    const stage = await setStage({ settings: { AUTO_FIX_ENABLED: 'false', FILE_WATCH_DEBOUNCE_SECONDS: '1' } });
    await stage.edit('src/discount.ts', 'subtotal >= 10_000', 'subtotal > 10_000');
    await stage.git('commit', '-q', '-a', '-m', 'Broken');
    await stage.until('regression.found');
  });
});

test('VERIFY-2: a change of the configuration that turns tests red is a new baseline, and blames nobody', async () => {
  const config = (environment: string): string =>
    `export default { test: { include: ['test/**/*.test.ts'], env: { MODE_OF_TEST: '${environment}' } } };\n`;
  const stage = await setStage({
    files: {
      'vitest.config.js': config('one'),
      'test/mode.test.ts': `import { expect, test } from 'vitest';\ntest('mode', () => expect(process.env.MODE_OF_TEST).toBe('one'));\n`,
    },
  });
  await stage.save('vitest.config.js', config('two'));
  expect(await stage.until('baseline.outdated')).toMatchObject({ files: ['vitest.config.js'] });
  await stage.until('baseline.made', ({ red }) => red === 1);
  expect(await stage.until('task.finished')).toMatchObject({ outcome: 'clean' });
  expect(typesOf(stage)).not.toContain('regression.found');
  expect(stage.rehearsal.requests).toEqual([]);
});

test('F73: tests that need what git ignores are named with the setting that helps', async () => {
  const needs = `import { expect, test } from 'vitest';\nimport { built } from '../dist/built.js';\ntest('built', () => expect(built).toBe(1));\n`;
  const stage = await setStage({
    cold: true,
    files: { 'test/one.test.ts': needs, 'test/two.test.ts': needs, 'test/three.test.ts': needs },
  });
  await stage.save('.gitignore', 'node_modules/\ndist/\n');
  await stage.save('dist/built.js', 'export const built = 1;\n');
  await stage.start();
  expect(await stage.until('baseline.unlinked')).toMatchObject({ files: 3, paths: ['dist'], setting: 'dist' });
  expect(await status(stage)).toContain(
    '3 test files cannot run in a private copy: dist is ignored by git. Set LANE_LINKS=dist to link it',
  );
  const { tests } = JSON.parse(await status(stage, '--json'));
  expect(tests).toMatchObject({ tests: 17, watched: 17, unlinked: [{ path: 'dist' }] });
  expect(tests.cannot_load).toHaveLength(3);
});
