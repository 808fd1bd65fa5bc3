import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../src/process/process.ts';
import { EARLY, installOldVitests, NEWEST } from '../rig/old-versions.ts';
import { vitestFolder } from '../rig/sample-project.ts';
import { scratch } from '../rig/scratch.ts';
import {
  everyOutcome,
  everyStatus,
  messageOf,
  reportOf,
  sample,
  sampleEnv,
  statuses,
  webOfImports,
  workspaceOfPackages,
} from './vitest-sample.ts';

const uses = "import { expect, test } from 'vitest';\n";

beforeAll(() => installOldVitests(), 600_000);

describe.each([...EARLY, ...NEWEST])('vitest %s', { timeout: 240_000 }, (version) => {
  test('F70: every outcome has the same id and status in every version', async () => {
    const project = await sample(await scratch('outcomes'), everyOutcome, version);
    const report = reportOf(await project.run());
    expect(statuses(report)).toEqual(everyStatus);
    expect(messageOf(report, '|test/red.test.js|differs|1')).toMatch(/-\s+"a": 3,\n\+\s+"a": 2,/);
    expect(messageOf(report, '|test/red.test.js|differs|1')).toMatch(/^ {4}at test\/red\.test\.js:\d+:\d+$/m);
    expect(messageOf(report, '|test/red.test.js|throws|1')).toContain('Caused by: TypeError: inner');
    expect(messageOf(report, '|test/red.test.js|flaky|1')).toMatch(/^Passed after 1 retry/);
    expect(report.imports['test/green.test.js']).toEqual(['src/a.js', 'src/deep.js']);
    expect(JSON.stringify(report)).not.toContain(project.root);
    const stored = 'test/__snapshots__/snapshots.test.js.snap';
    expect(await readFile(join(project.root, stored), 'utf8')).toBe(everyOutcome[stored]);
    const left = (await readdir(join(project.root, 'node_modules'))).filter((name) => name !== '.vite-temp');
    expect(left).toEqual(['vitest']);
  });

  test('related tests, also of sources that cannot be parsed or are gone', async () => {
    const project = await sample(await scratch('related'), webOfImports, version);
    const related = async (...files: string[]) => {
      const outcome = await project.run({ kind: 'related', files });
      return outcome.kind === 'report' ? outcome.report.files : outcome.kind;
    };
    expect(await related('src/deep.js')).toEqual(['test/a.test.js', 'test/mapped.test.js']);
    expect(await related('src/lonely.js')).toBe('no-tests');
    expect(await related('test/other.test.js')).toEqual(['test/other.test.js']);
    expect(await related('src/for-setup.js')).toHaveLength(3);
    await writeFile(join(project.root, 'src/a.js'), 'export const a = {{{;');
    expect(await related('src/a.js')).toEqual(['test/a.test.js']);
    await rm(join(project.root, 'src/deep.js'));
    await writeFile(join(project.root, 'src/a.js'), webOfImports['src/a.js'] ?? '');
    expect(await related('src/deep.js')).toEqual(['test/a.test.js', 'test/mapped.test.js']);
    expect(project.runner.isProtected('setup.js')).toBe(true);
  });

  test('exact files, no matching file, and packages as projects', async () => {
    const project = await sample(await scratch('packages'), workspaceOfPackages, version);
    expect(statuses(reportOf(await project.run()))).toEqual({
      'one|packages/one/test/one.test.js|one|1': 'passed',
      'two|packages/two/checks/two.js|two|1': 'passed',
    });
    const one = await project.run({ kind: 'files', files: ['packages/one/test/one.test.js'] });
    expect(reportOf(one).files).toEqual(['packages/one/test/one.test.js']);
    expect(await project.run({ kind: 'files', files: ['nothing.test.js'] })).toMatchObject({ kind: 'no-tests' });
  });
});

describe.each(NEWEST)('vitest %i, when things go wrong', { timeout: 240_000 }, (major) => {
  test('VERIFY-6: set-up faults, early ends and browser mode are broken runs', async () => {
    const broken = async (files: Record<string, string>) => {
      const folder = await scratch('broken');
      return (await sample(folder, { 'a.test.js': `${uses}test('a', () => {});`, ...files }, major)).run();
    };
    expect(await broken({ 'vitest.config.js': "throw new Error('no such setting');" })).toMatchObject({
      reason: 'configuration',
      detail: expect.stringContaining('no such setting'),
    });
    const leaving = "export default { test: { globalSetup: './leave.js' } };";
    expect(
      await broken({ 'vitest.config.js': leaving, 'leave.js': 'export default () => process.exit(0);' }),
    ).toMatchObject({ reason: 'crashed' });
    const throwing = "export default () => { throw new Error('no database'); };";
    const failed = await broken({ 'vitest.config.js': leaving, 'leave.js': throwing });
    expect(JSON.stringify(failed)).toContain('no database');
    const browser =
      "const enabled = true;\nexport default { test: { browser: { enabled, name: 'chromium', instances: [{ browser: 'chromium' }] } } };";
    expect(await broken({ 'vitest.config.js': browser })).toMatchObject({ reason: 'configuration' });
  });

  test('F42: a hanging test is ended', async () => {
    // As deaf as an endless loop, but without the work.
    const waits = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)';
    const hanging = { 'a.test.js': `${uses}test('hangs', () => { ${waits}; });` };
    const project = await sample(await scratch('hang'), hanging, major);
    const outcome = await project.run({ kind: 'all' }, { timeoutMs: 6_000 });
    expect(outcome).toMatchObject({ kind: 'broken', reason: 'timed-out' });
    if (major >= 3) expect(outcome).toMatchObject({ detail: expect.stringContaining('Still running: a.test.js.') });
  });

  // Vitest 1 then ends with exit code 0, and vitest 3 dies of it: neither may pass for green.
  test('F70: a worker that dies is never green, and where vitest survives it, its file is red', async () => {
    const dying = {
      'a.test.js': `${uses}test('dies', () => { process.kill(process.pid, 'SIGKILL'); });`,
      'b.test.js': `${uses}test('lives', () => {});`,
      'vitest.config.js': "export default { test: { pool: 'forks' } };",
    };
    const project = await sample(await scratch('dying'), dying, major);
    const outcome = await project.run();
    if (major === 1) expect(outcome).toMatchObject({ kind: 'broken', reason: 'disagrees' });
    else if (major === 3 && outcome.kind !== 'report')
      expect(outcome).toMatchObject({ kind: 'broken', reason: 'crashed' });
    else expect(statuses(reportOf(outcome))['|a.test.js|dies|1']).toBe('failed');
  });
});

describe('what an earlier run left behind changes nothing', { timeout: 240_000 }, () => {
  test.each([4, 5])('F68: a poisoned cache of transformed modules under vitest %i', async (major) => {
    const folder = await scratch('cache');
    const caching = major === 5 ? 'fsModuleCache: true' : 'experimental: { fsModuleCache: true }';
    const project = await sample(
      folder,
      {
        'vitest.config.js': `export default { test: { ${caching} } };`,
        'src/a.js': "export const a = () => 'wrong';",
        'a.test.js': `${uses}import { a } from './src/a.js';\ntest('a', () => expect(a()).toBe('right'));`,
      },
      major,
    );
    const plain = () =>
      run({
        command: process.execPath,
        args: [join(vitestFolder(major), 'vitest.mjs'), 'run'],
        cwd: project.root,
        env: sampleEnv,
      });
    expect((await plain()).end).toEqual({ kind: 'exited', code: 1 });
    expect(await poison(join(project.root, 'node_modules'))).toBeGreaterThan(0);
    expect((await plain()).end).toEqual({ kind: 'exited', code: 0 });
    expect(statuses(reportOf(await project.run()))).toEqual({ '|a.test.js|a|1': 'failed' });
  });
});

/** Rewrites `wrong` to `right` in every cached file; returns how many there were. */
async function poison(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  let changed = 0;
  for (const entry of entries.filter((each) => each.isFile() && each.parentPath.includes('cache'))) {
    const path = join(entry.parentPath, entry.name);
    const text = await readFile(path, 'utf8');
    if (!text.includes('wrong')) continue;
    await writeFile(path, text.replaceAll('wrong', 'right'));
    changed++;
  }
  return changed;
}
