import { describe, expect, test } from 'vitest';
import type { Scenario } from '../../../src/claude/rehearsal/server.ts';
import { type Edit, mender } from '../../rig/menders.ts';
import { setStage } from '../../rig/set-stage.ts';
import type { Stage } from '../../rig/stage.ts';

/** A tool that writes JUnit XML, and what people do to its project. In an edit, `from` is what stands there before. */
interface Tool {
  readonly name: string;
  readonly line: string;
  readonly files: Readonly<Record<string, string>>;
  readonly breaks: Edit;
  /** What is red then. */
  readonly test: string;
  /** Red once and green from then on: it makes the file `marker`. */
  readonly flips: (marker: string) => Edit;
  readonly hangs: Edit;
  /** Ends the tool before it has written its report. */
  readonly crashes: Edit;
}

const php = {
  file: 'src/Sum.php',
  sum: '<?php\nnamespace Shop;\nclass Sum {\n  public static function of(int $a, int $b): int {\n    return $a + $b;\n  }\n}\n',
  add: 'return $a + $b;',
};
const ruby = { file: 'lib/sum.rb', sum: 'module Shop\n  def self.sum(a, b)\n    a + b\n  end\nend\n', add: 'a + b\n' };

const tools: readonly Tool[] = [
  {
    name: 'phpunit',
    line: 'phpunit --log-junit build/report.xml',
    files: {
      'phpunit.xml':
        '<phpunit cacheResult="false"><testsuites><testsuite name="all"><directory>tests</directory></testsuite></testsuites></phpunit>',
      [php.file]: php.sum,
      'tests/SumTest.php': [
        '<?php',
        "require_once __DIR__ . '/../src/Sum.php';",
        'final class SumTest extends PHPUnit\\Framework\\TestCase {',
        '  public function testAdds(): void { $this->assertSame(5, Shop\\Sum::of(2, 3)); }',
        '  public function testNothing(): void { $this->assertSame(0, Shop\\Sum::of(0, 0)); }',
        '  public function testOld(): void { $this->assertSame(3, Shop\\Sum::of(1, 1)); }',
        '}',
      ].join('\n'),
    },
    breaks: { file: php.file, from: '$a + $b', to: '$a - $b' },
    test: 'junit|tests/SumTest.php|SumTest > testAdds|1',
    flips: (marker) => ({
      file: php.file,
      from: php.add,
      to: `if ($a === 2 && !file_exists('${marker}')) { touch('${marker}'); return 0; }\n    ${php.add}`,
    }),
    hangs: { file: php.file, from: php.add, to: `while (true);\n    ${php.add}` },
    crashes: { file: php.file, from: php.add, to: `ini_set('memory_limit', '20M');\n    return self::of($a, $b);` },
  },
  {
    name: 'rspec',
    line: 'rspec --require rspec_junit_formatter --format RspecJunitFormatter --out build/report.xml',
    files: {
      '.rspec': '--order random\n',
      [ruby.file]: ruby.sum,
      'spec/sum_spec.rb': [
        "require_relative '../lib/sum'",
        "RSpec.describe 'Shop' do",
        "  it('adds') { expect(Shop.sum(2, 3)).to eq 5 }",
        // Of two with one name one is red, in every order.
        "  [0, 1].each { |n| it('doubles') { expect(Shop.sum(n, 0)).to eq 0 } }",
        'end',
      ].join('\n'),
    },
    breaks: { file: ruby.file, from: 'a + b', to: 'a - b' },
    test: 'junit|spec/sum_spec.rb|spec.sum_spec > Shop adds|1',
    flips: (marker) => ({
      file: ruby.file,
      from: ruby.add,
      to: `flips = a == 2 && !File.exist?('${marker}')\n    File.write('${marker}', '') if flips\n    flips ? 0 : a + b\n`,
    }),
    hangs: { file: ruby.file, from: ruby.add, to: `loop {}\n    ${ruby.add}` },
    crashes: { file: ruby.file, from: ruby.add, to: `Process.kill(9, Process.pid)\n    ${ruby.add}` },
  },
];

const turned = ({ file, from, to }: Edit): Edit => ({ file, from: to, to: from });

const set = ({ files, line }: Tool, settings: Record<string, string>, scenario?: Scenario): Promise<Stage> =>
  setStage({
    bare: true,
    files,
    settings: { TEST_COMMAND: line, TEST_REPORTS: 'build/*.xml', NICE: '0', ...settings },
    env: { PATH: `/usr/bin:${process.env.PATH}` },
    ...(scenario === undefined ? {} : { scenario }),
  });

describe.each(tools)('VERIFY-7: JUnit XML of the real $name', (tool) => {
  const { breaks, hangs, crashes, line } = tool;

  test('a save that breaks a test is mended, and what was red before is left alone', async () => {
    const stage = await set(tool, {}, mender(turned(breaks)));
    // The command itself is one of the green ones.
    expect(await stage.until('baseline.made')).toMatchObject({ green: 3, red: 1 });
    await stage.edit(breaks.file, breaks.from, breaks.to);
    const end = await stage.until('task.finished');
    const task = (await stage.state()).queues.completed.find(({ id }) => id === end.taskId);
    expect(task).toMatchObject({ outcome: 'fixed', regression: { tests: [tool.test] } });
    expect(await stage.read(breaks.file)).toContain(breaks.from);
  });

  test('what flips is flaky, what hangs is ended, and what ends the tool half-way is a red test', async () => {
    const stage = await set(tool, { TEST_TIMEOUT_SECONDS: '5', AUTO_FIX_ENABLED: 'false' });
    const play = async (edit: Edit) => {
      const since = stage.events.length;
      await stage.edit(edit.file, edit.from, edit.to);
      return since;
    };
    const flips = tool.flips(`${stage.folder}/marker`);
    let since = await play(flips);
    expect(await stage.until('task.finished', () => true, since)).toMatchObject({ outcome: 'flaky' });
    since = await play(turned(flips));
    await stage.until('task.finished', () => true, since);

    since = await play(hangs);
    expect(await stage.until('triage.broken', () => true, since)).toMatchObject({ reason: 'timed-out' });
    since = await play(turned(hangs));
    expect(await stage.until('task.finished', () => true, since)).toMatchObject({ outcome: 'clean' });

    since = await play(crashes);
    expect(await stage.until('triage.red', () => true, since)).toMatchObject({ tests: [line] });
    expect(await stage.until('task.finished', () => true, since)).toMatchObject({ outcome: 'reported' });
    since = await play(turned(crashes));
    expect(await stage.until('task.finished', () => true, since)).toMatchObject({ outcome: 'clean' });
    expect(stage.rehearsal.requests).toEqual([]);
  });
});
