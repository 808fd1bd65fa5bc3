import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { TestRun } from '../../src/domain/tests.ts';
import { run } from '../../src/process/process.ts';
import { type Sample, sample, sampleEnv } from './vitest-sample.ts';

const uses = "import { describe, expect, test, vi } from 'vitest';\n";

/** Says by its configuration which process has run the tests. */
const configuration = 'process.stderr.write("run by " + process.pid + ".\\n");\nexport default { test: {} };\n';

export const shop: Record<string, string> = {
  'vitest.config.js': configuration,
  'src/deep.js': 'export const deep = () => 2;',
  'src/a.js': "import { deep } from './deep.js';\nexport const a = () => deep();",
  'src/asset.txt': 'one',
  'src/table.json': '{"rows":1}',
  'test/a.test.js': `${uses}import { a } from '../src/a.js';
test('a', () => expect(a()).toBe(2));
test.each([1, 2])('n %i', (n) => expect(n).toBeGreaterThan(0));
test('same', () => {});
test('same', () => {});`,
  'test/data.test.js': `${uses}import table from '../src/table.json';
import asset from '../src/asset.txt?raw';
test('table', () => expect(table.rows).toBe(1));
test('asset', () => expect(asset.trim()).toBe('one'));`,
  'test/kept.test.js': `${uses}test('snapshot', () => expect({ a: 1 }).toMatchSnapshot());`,
  'test/__snapshots__/kept.test.js.snap':
    '// Vitest Snapshot v1, https://vitest.dev/guide/snapshot.html\n\nexports[`snapshot 1`] = `\n{\n  "a": 1,\n}\n`;\n',
  'test/mocked.test.js': `${uses}import { a } from '../src/a.js';
vi.mock('../src/deep.js', () => ({ deep: () => 7 }));
test('mocked', () => expect(a()).toBe(7));`,
};

type Edit = Readonly<Record<string, string | undefined>>;

/** What a person may do while a spare waits; undefined removes a file. Each comes on top of those before it. */
export const edits: Readonly<Record<string, Edit>> = {
  'a source': { 'src/deep.js': 'export const deep = () => 3;' },
  'a configuration that turns everything red': {
    'vitest.config.js': `${configuration.replace('{}', "{ setupFiles: ['./setup.js'] }")}`,
    'setup.js': "throw new Error('in set-up');",
  },
  'the configuration as it was': { 'vitest.config.js': configuration, 'setup.js': undefined },
  'a new file that shadows another': { 'src/deep.mjs': 'export const deep = () => 2;', 'src/deep.js': undefined },
  'an import of what is gone': { 'src/deep.mjs': undefined },
  'a syntax error': { 'src/a.js': 'export const a = () => {{{;' },
  'all well again': { 'src/deep.js': 'export const deep = () => 2;', 'src/a.js': shop['src/a.js'] },
  'a test more, one less, one renamed': {
    'test/a.test.js': `${uses}import { a } from '../src/a.js';
test('is a', () => expect(a()).toBe(2));
test('same', () => {});
test.each([1, 2, 3])('n %i', (n) => expect(n).toBeGreaterThan(1));`,
  },
  'a file of tests more': { 'test/b.test.js': `${uses}import '../src/a.js';\ntest('b', () => {});` },
  'a table and an asset': { 'src/table.json': '{"rows":2}', 'src/asset.txt': 'two' },
  'a snapshot': {
    'test/__snapshots__/kept.test.js.snap': shop['test/__snapshots__/kept.test.js.snap']?.replace('1,', '2,'),
  },
  'an error that nobody catches': {
    'test/b.test.js': `${uses}import '../src/a.js';
test('b', async () => {
  Promise.reject(new Error('nobody catches'));
  await new Promise((resolve) => setTimeout(resolve, 20));
});`,
  },
  'something left in the global scope': {
    'test/b.test.js': `${uses}import '../src/a.js';\nglobalThis.left = (globalThis.left ?? 0) + 1;\ntest('b', () => expect(globalThis.left).toBe(1));`,
  },
  'the environment': {
    '.env': 'VITE_WORD=said',
    'test/b.test.js': `${uses}test('b', () => expect(import.meta.env.VITE_WORD).toBe('said'));`,
  },
  'the package': {
    'package.json': '{"type":"module","imports":{"#a":"./src/a.js"},"devDependencies":{"vitest":"*"}}',
    'test/b.test.js': `${uses}import { a } from '#a';\ntest('b', () => expect(a()).toBe(2));`,
  },
};

export interface Play {
  readonly project: Sample;
  /** Makes the edit while a spare waits, then runs everything by the spare, and from the beginning; gives the latter. */
  compare(edit: Edit): Promise<TestRun>;
}

/** VERIFY-8: what a spare says is what a process says that was started after the edit. */
export async function openPlay(folder: string, files = shop, version: number | string = 5): Promise<Play> {
  const project = await sample(folder, files, version);
  // A person who waits would not stand back either, on a machine that is busy.
  const niceness = 0;
  return {
    project,
    compare: async (edit) => {
      project.runner.prepare({ root: project.root, env: sampleEnv, niceness });
      const pid = await spareOf(project.root);
      for (const [path, text] of Object.entries(edit)) {
        const file = join(project.root, path);
        await (text === undefined ? rm(file, { force: true }) : writeFile(file, text));
      }
      const bySpare = await project.run(undefined, { niceness });
      const cold = await project.run(undefined, { niceness });
      expect(plain(bySpare)).toEqual(plain(cold));
      if ('outputTail' in bySpare) expect(bySpare.outputTail).toContain(`run by ${pid}.`);
      if ('outputTail' in cold) expect(cold.outputTail).not.toContain(`run by ${pid}.`);
      return cold;
    },
  };
}

/** The process that waits in a folder with everything loaded. */
export async function spareOf(root: string): Promise<number> {
  for (;;) {
    const { stdout } = await run({ command: 'ps', args: ['-A', '-o', 'pid=,args='], cwd: root, env: sampleEnv });
    const found = stdout.split('\n').find((line) => line.includes(`vitest (spare) ${root}`));
    if (found !== undefined) return Number.parseInt(found, 10);
    await sleep(100);
  }
}

/** Without times and process ids. */
function plain(outcome: TestRun): unknown {
  if (outcome.kind !== 'report') return { ...outcome, durationMs: 0, outputTail: '' };
  const { tests, ...rest } = outcome.report;
  const sorted = [...tests].sort((one, other) => (one.id < other.id ? -1 : 1));
  return { ...rest, durationMs: 0, tests: sorted.map((test) => ({ ...test, durationMs: 0 })) };
}
