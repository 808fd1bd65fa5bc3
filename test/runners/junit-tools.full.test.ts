import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { detectRunner } from '../../src/runners/detect.ts';
import { scratch } from '../rig/scratch.ts';
import { toolEnv, writeFiles } from './tool-sample.ts';
import { messageOf, reportOf, statuses } from './vitest-sample.ts';

// Reports as the real tools write them. Samples of those of Maven and Gradle, which are too large to be installed, stand
// in `junit-samples.ts`.

/** A lane of a project with a command that writes `build/report.xml`. */
async function lane(line: string, files: Readonly<Record<string, string>>, env = toolEnv) {
  const folder = await scratch('junit');
  const [project, root, reportFolder] = [join(folder, 'project'), join(folder, 'lane'), join(folder, 'report')];
  await writeFiles(root, files);
  await mkdir(project);
  await mkdir(reportFolder);
  const command = { line, reports: ['build/*.xml'] };
  const detection = await detectRunner({ root: project, env, wanted: ['junit'], command });
  if (detection.kind !== 'found') throw new Error(detection.reason);
  const { runner } = detection;
  const signal = new AbortController().signal;
  const scope = { kind: 'all' } as const;
  return {
    save: (path: string, text: string) => writeFiles(root, { [path]: text }),
    run: () => runner.run({ root, scope, env, reportFolder, niceness: 1, timeoutMs: 60_000, signal }),
  };
}

/** All tests of one file, with the command itself. */
const inFile = (line: string, file: string, tests: Readonly<Record<string, string>>, itself = 'passed') => ({
  ...Object.fromEntries(Object.entries(tests).map(([name, status]) => [`junit|${file}|${name}`, status])),
  [`junit||${line}|1`]: itself,
});

test('VERIFY-7: the real phpunit: every outcome, data without a provider, and what ends it half-way', async () => {
  const line = 'phpunit --log-junit build/report.xml';
  const file = 'tests/SumTest.php';
  const sum = (inner = '') =>
    `<?php\nnamespace Shop;\nclass Sum {\n  public static function of(int $a, int $b): int {\n    ${inner}\n    return $a + $b;\n  }\n}\n`;
  const provided = (name: string, body: string) => `
  /** @dataProvider ${name} */
  #[\\PHPUnit\\Framework\\Attributes\\DataProvider('${name}')]
  public function test${name}(int $a, int $is): void { $this->assertSame($is, Sum::of($a, $a)); }
  public static function ${name}(): array { ${body} }`;
  const tests = (more = '') => `<?php
namespace Shop\\Tests;
require_once __DIR__ . '/../src/Sum.php';
use PHPUnit\\Framework\\TestCase;
use Shop\\Sum;
final class SumTest extends TestCase {
  public function testAdds(): void { $this->assertSame(5, Sum::of(2, 3)); }
  public function testOld(): void { $this->assertSame(3, Sum::of(1, 1)); }
  public function testThrows(): void { throw new \\RuntimeException('boom & <x>'); }
  public function testLater(): void { $this->markTestSkipped('not yet'); }
  public function testIncomplete(): void { $this->markTestIncomplete(); }
  public function testRisky(): void { Sum::of(1, 1); }
  ${provided('Many', `return [[1, 2], 'a "set" <&>' => [2, 5], "two\\nlines" => [1, 2]];`)}
  ${more}
}
`;
  const { run, save } = await lane(line, {
    'phpunit.xml':
      '<phpunit cacheResult="false"><testsuites><testsuite name="all"><directory>tests</directory></testsuite></testsuites></phpunit>',
    'src/Sum.php': sum(),
    [file]: tests(),
  });
  const name = (test: string) => `Shop\\Tests\\SumTest > ${test}|1`;
  const every = {
    [name('testAdds')]: 'passed',
    [name('testOld')]: 'failed',
    [name('testThrows')]: 'failed',
    [name('testLater')]: 'skipped',
    [name('testIncomplete')]: 'skipped',
    // Its exit code alone says whether this is bad.
    [name('testRisky')]: 'passed',
    [name('testMany with data set #0')]: 'passed',
    [name('testMany with data set "a "set" <&>"')]: 'failed',
    [name('testMany with data set "two lines"')]: 'passed',
  };
  const report = reportOf(await run());
  expect(statuses(report)).toEqual(inFile(line, file, every));
  expect(messageOf(report, `junit|${file}|${name('testThrows')}`)).toMatch(
    /RuntimeException: boom & <x>\n\ntests\/SumTest\.php:9$/,
  );

  // What kept tests from running is no test of which nothing was known before.
  await save(file, tests(provided('Bad', "throw new \\Exception('no data');")));
  const without = statuses(reportOf(await run()));
  expect(Object.values(without).filter((status) => status === 'failed').length).toBe(4);
  expect(without[`junit|${file}|(load)`] ?? without[`junit||${line}|1`]).toBe('failed');

  await save(file, tests());
  for (const [ending, why] of [
    ['exit(0);', /^It ended with exit code \d+, and (?:its report is empty|no test tells why)\./],
    ['ini_set("memory_limit", "20M"); return self::of($a, $b);', /^It ended with exit code 255[\s\S]*Allowed memory/],
    [')', /^It ended with exit code (?:2|255), and no test tells why\.[\s\S]*ParseError: Unclosed '\{'/],
  ] as const) {
    await save('src/Sum.php', sum(ending));
    const ended = reportOf(await run());
    expect(statuses(ended)).toEqual(inFile(line, file, {}, 'failed'));
    expect(messageOf(ended, `junit||${line}|1`)).toMatch(why);
  }
});

test('VERIFY-7: the real rspec: every outcome in any order, and what ends it half-way', async () => {
  const line = 'rspec --require rspec_junit_formatter --format RspecJunitFormatter --out build/report.xml';
  const file = 'spec/sum_spec.rb';
  const sum = (inner = '') => `module Shop\n  def self.sum(a, b)\n    ${inner}\n    a + b\n  end\nend\n`;
  const { run, save } = await lane(line, {
    '.rspec': '--order random\n',
    'lib/sum.rb': sum(),
    [file]: [
      "require_relative '../lib/sum'",
      "RSpec.describe 'Shop' do",
      "  it('adds') { expect(Shop.sum(2, 3)).to eq 5 }",
      "  it('is old') { expect(Shop.sum(1, 1)).to eq 3 }",
      "  it('is pending')",
      "  it('is later', skip: 'why') { raise }",
      '  it { expect(Shop.sum(1, 1)).to eq 2 }',
      "  [1, 2, 3].each { |n| it('has a name of others') { expect(Shop.sum(n, n)).to eq 4 } }",
      '  context(\'inside <&>\') { it("has an object #{Object.new}") {} }',
      "  context('without set-up') { before(:all) { raise 'no' }; it('one') {} }",
      'end',
    ].join('\n'),
  });
  const names = Object.entries({
    adds: 'passed',
    'is old': 'failed',
    'is pending': 'skipped',
    'is later': 'skipped',
    'is expected to eq 2': 'passed',
    'inside <&> has an object #<Object:0x…>': 'passed',
    'without set-up one': 'failed',
  }).map(([name, status]) => [`spec.sum_spec > Shop ${name}|1`, status]);
  const others = ['passed', 'failed', 'failed'].map((status, at) => [
    `spec.sum_spec > Shop has a name of others|${at + 1}`,
    status,
  ]);
  const every = Object.fromEntries([...names, ...others]) as Record<string, string>;
  for (let time = 0; time < 4; time++) expect(statuses(reportOf(await run()))).toEqual(inFile(line, file, every));

  for (const [ending, why] of [
    ['exit!(0)', /^It ended with exit code 0, and its report is empty\./],
    ['Process.kill(9, Process.pid)', /^It ended with exit code 137, and its report is empty\./],
    ['def (', /^It ended with exit code 1, and no test tells why\.[\s\S]*syntax error/i],
  ] as const) {
    await save('lib/sum.rb', sum(ending));
    const ended = reportOf(await run());
    expect(statuses(ended)).toEqual(inFile(line, file, {}, 'failed'));
    expect(messageOf(ended, `junit||${line}|1`)).toMatch(why);
  }
});

test.each(['xunit1', 'xunit2'])(
  'VERIFY-7: the real pytest, %s: every outcome, and a file that does not load',
  async (kind) => {
    const line = `python3 -m pytest -q -o junit_family=${kind} --junitxml=build/report.xml`;
    const file = 'tests/test_sum.py';
    const { run, save } = await lane(line, {
      'sums.py': 'def add(a, b):\n    return a + b\n',
      [file]: [
        'import pytest',
        'from sums import add',
        'def test_adds(): assert add(2, 3) == 5',
        'def test_old(): assert add(1, 1) == 3',
        '@pytest.mark.skip',
        'def test_later(): pass',
        '@pytest.mark.xfail',
        'def test_expected(): assert False',
        "@pytest.mark.parametrize('a', [1, 'x y'])",
        'def test_many(a): assert a != 1',
        'class TestGroup:',
        '    def test_in(self): pass',
        '@pytest.fixture',
        "def bad(): raise RuntimeError('no')",
        'def test_setup(bad): pass',
      ].join('\n'),
    });
    expect(statuses(reportOf(await run()))).toEqual(
      inFile(line, file, {
        'tests.test_sum > test_adds|1': 'passed',
        'tests.test_sum > test_old|1': 'failed',
        'tests.test_sum > test_later|1': 'skipped',
        'tests.test_sum > test_expected|1': 'skipped',
        'tests.test_sum > test_many[1]|1': 'failed',
        'tests.test_sum > test_many[x y]|1': 'passed',
        'tests.test_sum.TestGroup > test_in|1': 'passed',
        'tests.test_sum > test_setup|1': 'failed',
      }),
    );
    await save('sums.py', 'def more(): pass\n');
    expect(statuses(reportOf(await run()))).toEqual(inFile(line, file, { '(load)': 'failed' }));
  },
);

/** The Node of these tests before the machine's own. */
const nodeEnv = { ...toolEnv, PATH: `${dirname(process.execPath)}:${toolEnv.PATH}` };

test("VERIFY-7: Node's own: every outcome, and a file that does not load", async () => {
  const line =
    'node --test --test-reporter=junit --test-reporter-destination=report.xml; code=$?; mkdir -p build; mv report.xml build; exit $code';
  const file = 'test/sum.test.js';
  const other = 'junit|test/other.test.js|test > other|1';
  const { run, save } = await lane(
    line,
    {
      'package.json': '{"type":"module"}',
      'src/sum.js': 'export const sum = (a, b) => a + b;\n',
      [file]: [
        "import { test } from 'node:test';",
        "import assert from 'node:assert';",
        "import { sum } from '../src/sum.js';",
        "test('adds', () => assert.equal(sum(2, 3), 5));",
        "test('old <&>', () => assert.equal(sum(1, 1), 3));",
        "test('later', { skip: true }, () => {});",
        "test('to do', { todo: true }, () => assert.fail());",
      ].join('\n'),
      'test/other.test.js': "import { test } from 'node:test';\ntest('other', () => {});\n",
    },
    nodeEnv,
  );
  expect(statuses(reportOf(await run()))).toEqual({
    ...inFile(line, file, {
      'test > adds|1': 'passed',
      'test > old <&>|1': 'failed',
      'test > later|1': 'skipped',
      'test > to do|1': 'skipped',
    }),
    [other]: 'passed',
  });
  await save('src/sum.js', 'export const more = 1;\n');
  expect(statuses(reportOf(await run()))).toEqual({ ...inFile(line, file, { '(load)': 'failed' }), [other]: 'passed' });
});
