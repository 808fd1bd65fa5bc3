import { mkdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunnerName } from '../../src/domain/runner-names.ts';
import { detectRunner } from '../../src/runners/detect.ts';
import { namedIn } from '../../src/runners/shell/rules.ts';
import { withFiles } from '../../src/runners/shell/run-line.ts';
import type { Runner, TestRequest, TestScope } from '../../src/runners/types.ts';
import { scratch } from '../rig/scratch.ts';
import { writeFiles } from './tool-sample.ts';
import { messageOf, reportOf, sampleEnv, statuses } from './vitest-sample.ts';

const xml = (name: string, inner = ''): string =>
  `<testsuite name="s"><testcase classname="s" name="${name}" file="test/a.test.js">${inner}</testcase></testsuite>`;

/** A command in a lane of a project; without reports, only its exit code counts. */
async function lane(line: string, reports: readonly string[] = [], files: Record<string, string> = {}) {
  const folder = await scratch('command');
  const [project, root, reportFolder] = [join(folder, 'project'), join(folder, 'lane'), join(folder, 'report')];
  await writeFiles(root, { 'test/a.test.js': '', ...files });
  await mkdir(project);
  await mkdir(reportFolder);
  const wanted: RunnerName[] = [reports.length > 0 ? 'junit' : 'command'];
  const detection = await detectRunner({ root: project, env: sampleEnv, wanted, command: { line, reports } });
  if (detection.kind !== 'found') throw new Error(detection.reason);
  const { runner }: { runner: Runner } = detection;
  const signal = new AbortController().signal;
  return {
    root,
    runner,
    run: (scope: TestScope = { kind: 'all' }, more: Partial<TestRequest> = {}) =>
      runner.run({ root, scope, env: sampleEnv, reportFolder, timeoutMs: 20_000, signal, ...more }),
  };
}

describe('VERIFY-7: a command by its exit code', () => {
  test('is one test, which belongs to no file', async () => {
    const { root, run } = await lane('test -e good || { echo "it is missing" >&2; exit 3; }');
    const id = 'command||test -e good || { echo "it is missing" >&2; exit 3; }|1';
    const red = reportOf(await run());
    expect(statuses(red)).toEqual({ [id]: 'failed' });
    expect(messageOf(red, id)).toBe('It ended with exit code 3.\nit is missing');
    expect(red).toMatchObject({ files: [], imports: {}, exitCode: 3 });
    await writeFile(join(root, 'good'), '');
    expect(statuses(reportOf(await run({ kind: 'files', files: [''] })))).toEqual({ [id]: 'passed' });
  });

  test('VERIFY-6: what cannot be run, never ends or prints without end is no red test', async () => {
    expect(await (await lane('no-such-command-at-all')).run()).toMatchObject({
      kind: 'broken',
      reason: 'configuration',
      detail: expect.stringMatching(/exit code 127: .*not found/),
    });
    const endless = await lane('while :; do read -r line < /dev/zero & wait; done');
    expect(await endless.run({ kind: 'all' }, { timeoutMs: 300 })).toMatchObject({ reason: 'timed-out' });
    expect(await endless.run({ kind: 'all' }, { signal: AbortSignal.timeout(200) })).toEqual({ kind: 'cancelled' });
    expect(await (await lane('yes')).run()).toMatchObject({ kind: 'broken', reason: 'too-much-output' });
  });

  test('the scripts that it names are protected, and what is usual for tests', async () => {
    const { runner } = await lane('./tools/check.sh --all && node lib/run.js');
    expect(['tools/check.sh', 'lib/run.js', 'test/a.js', 'spec/a_spec.rb', 'pom.xml'].every(runner.isProtected)).toBe(
      true,
    );
    expect(['lib/sum.js', 'src/main/java/Contest.java', 'src/latest.py'].some(runner.isProtected)).toBe(false);
  });

  test('so are scripts of the shell that such a script names, not the programs that it starts', async () => {
    const root = await scratch('scripts');
    await writeFiles(root, {
      'ci/check.sh': '. "$(dirname "$0")/common.sh"\nnode src/main.js\n',
      'ci/common.sh': 'run() { bash "$TOOLS/deep/run.sh" && sh ci/check.sh; }\n',
      'ci/deep/run.sh': '',
      'ci/other.sh': '',
    });
    const isNamed = namedIn('sh ./ci/check.sh', root);
    const asked = ['ci/check.sh', 'ci/common.sh', 'ci/deep/run.sh', 'ci/other.sh', 'src/main.js'];
    expect(asked.filter(isNamed)).toEqual(asked.slice(0, 3));
  });

  test('VERIFY-3: so is what a Makefile includes that the command runs, and scripts that it names', async () => {
    const root = await scratch('makefiles');
    await writeFiles(root, {
      Makefile:
        'DIR := build\nPARTS = build/one.inc \\\n  build/two.inc\ninclude $(DIR)/common $(PARTS)\n-include $(wildcard rules/*.make)\ntest: ; ./ci/run.sh $(CC)\n',
      'build/common': 'include $(OTHER)/deep.inc\n',
      'build/one.inc': '',
      'rules/a.make': '',
      'sub/Makefile': 'include local.inc\n',
      'ci/run.sh': 'sh ci/next.sh\n',
    });
    const all = ['build/common', 'build/one.inc', 'build/two.inc', 'rules/a.make', 'x/deep.inc', 'ci/run.sh'];
    const asked = [...all, 'ci/next.sh', 'src/main.c', 'sub/local.inc', 'build/other.inc'];
    expect(asked.filter(namedIn('make -s test', root))).toEqual([...all, 'ci/next.sh']);
    expect(asked.filter(namedIn('cd sub && make', root))).toContain('sub/local.inc');
    expect(asked.filter(namedIn('sh ci/run.sh', root))).toEqual(['ci/run.sh', 'ci/next.sh']);
  });

  test('so is what a justfile or a Taskfile takes in', async () => {
    const root = await scratch('makefiles');
    await writeFiles(root, {
      justfile: 'import \'ci/rules\'\nmod? tools\nmod more "ci/more.txt"\ntest:\n  node src/a.js\n',
      'ci/rules': "import 'deep.txt'\n",
      'Taskfile.yml': 'includes:\n  ci: ./ci/tasks.yml\n  other:\n    taskfile: ci/other.yaml\n',
    });
    const asked = [
      'ci/rules',
      'ci/deep.txt',
      'ci/more.txt',
      'tools/mod.just',
      'ci/tasks.yml',
      'ci/other.yaml',
      'src/a.js',
    ];
    expect(asked.filter(namedIn('just test', root))).toEqual(asked.slice(0, -1));
  });

  test('files in their place, quoted; none where they are gone or too many', async () => {
    const root = await scratch('files');
    const names = ["it's $(x) here.js", '-rf', 'src/a.js', 'src/[b].js'];
    await writeFiles(root, Object.fromEntries(names.map((name) => [name, ''])));
    const related = (files: readonly string[]): TestScope => ({ kind: 'related', files });
    expect(withFiles('check {files} end', related([...names, 'gone.js', '']), root)).toBe(
      "check 'it'\\''s $(x) here.js' ./-rf src/a.js 'src/[b].js' end",
    );
    expect(withFiles('check {files}', { kind: 'all' }, root)).toBe('check ');
    expect(withFiles('check {files}', related(Array.from({ length: 1001 }, () => 'src/a.js')), root)).toBe('check ');
    expect(withFiles('check', related(names), root)).toBe('check');
  });
});

describe('VERIFY-7: a command that writes JUnit XML', () => {
  test('only what it has written now counts, and only what really lies in the lane', async () => {
    const { root, run } = await lane('mkdir -p out/deep && cat new.txt > out/deep/new.xml', ['out/**/*.xml'], {
      'new.txt': xml('new'),
      'out/old.xml': xml('old', '<failure/>'),
    });
    const elsewhere = await scratch('elsewhere');
    await writeFile(join(elsewhere, 'outside.xml'), xml('outside'));
    await symlink(elsewhere, join(root, 'out', 'linked'));
    await symlink(join(elsewhere, 'outside.xml'), join(root, 'out', 'link.xml'));
    expect(Object.keys(statuses(reportOf(await run())))).toEqual([
      'junit|test/a.test.js|s > new|1',
      'junit||mkdir -p out/deep && cat new.txt > out/deep/new.xml|1',
    ]);
    expect(await readFile(join(elsewhere, 'outside.xml'), 'utf8')).toBe(xml('outside'));
  });

  test.each([
    ['', 'project'],
    [', reached by a link', 'link'],
  ])('in the project itself%s nothing is removed, and what is older than the run is left out', async (_, name) => {
    const folder = await scratch('project');
    await symlink('project', join(folder, 'link'));
    await mkdir(join(folder, 'project'));
    const root = join(folder, name);
    await writeFiles(root, { 'old.xml': xml('old'), 'test/a.test.js': '' });
    await utimes(join(root, 'old.xml'), 1, 1);
    const line = `echo '${xml('new')}' > new.xml`;
    const detection = await detectRunner({
      root,
      env: sampleEnv,
      wanted: ['junit'],
      command: { line, reports: ['*.xml'] },
    });
    if (detection.kind !== 'found') throw new Error(detection.reason);
    const { ctimeMs } = await stat(join(root, 'old.xml'));
    await expect.poll(() => Date.now() - ctimeMs).toBeGreaterThan(100);
    const signal = new AbortController().signal;
    const scope = { kind: 'all' } as const;
    const run = detection.runner.run({ root, scope, env: sampleEnv, reportFolder: root, timeoutMs: 9_000, signal });
    const { tests } = reportOf(await run);
    expect(tests.map(({ title }) => title)).toEqual(['s > new', line]);
    expect(await readFile(join(root, 'old.xml'), 'utf8')).toBe(xml('old'));
  });

  test('half a report is none, nor is none at all; what does not compile is red', async () => {
    const half = await lane(`printf '%s' '${xml('a').slice(0, 60)}' > a.xml; exit 1`, ['a.xml']);
    expect(await half.run()).toMatchObject({ kind: 'broken', reason: 'crashed', detail: /a\.xml cannot be read/ });
    const none = await lane('true', ['a.xml', '../b.xml', '/etc/*.xml']);
    expect(await none.run()).toMatchObject({ kind: 'broken', reason: 'configuration' });
    const uncompiled = await lane('echo "a.c:3: error" >&2; exit 2', ['a.xml']);
    const report = reportOf(await uncompiled.run());
    expect(report.tests).toMatchObject([{ status: 'failed', message: expect.stringContaining('a.c:3: error') }]);
    const some = await lane('true {files}', ['a.xml']);
    expect(await some.run({ kind: 'related', files: ['test/a.test.js'] })).toMatchObject({ kind: 'no-tests' });
  });

  test('what it has reported on is a test file from then on', async () => {
    const { runner, run } = await lane(
      `echo '${xml('a').replace('test/a.test.js', 'checks/a.js')}' > a.xml`,
      ['a.xml'],
      {
        'checks/a.js': '',
      },
    );
    expect(runner.isTestFile('checks/a.js')).toBe(false);
    await run();
    expect([runner.isTestFile('checks/a.js'), runner.isProtected('checks/a.js')]).toEqual([true, true]);
  });
});
