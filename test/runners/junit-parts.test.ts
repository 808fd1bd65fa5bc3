import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { locator } from '../../src/runners/junit/locate.ts';
import { readCases, toReport } from '../../src/runners/junit/to-report.ts';
import { readXml } from '../../src/runners/junit/xml.ts';
import { samples } from './junit-samples.ts';
import { messageOf, statuses } from './vitest-sample.ts';

const root = '/lane';
const command = { root, line: 'make test', exitCode: 1, isCutOff: false, durationMs: 5, outputTail: 'the end' };

function reportOf(name: string, path = 'build/report.xml') {
  const { files = [], xml = '' } = samples[name] ?? {};
  return toReport(readCases([{ path, text: xml }], locator(files, root)), command);
}

const itself = { 'junit||make test|1': 'passed' };

describe('VERIFY-7: JUnit XML as it is written by', () => {
  test('surefire: retries, classes inside of classes, a class that cannot begin, the module beside the report', () => {
    const report = reportOf('surefire', 'web/target/surefire-reports/TEST-com.shop.CartTest.xml');
    const file = 'web/src/test/java/com/shop/CartTest.java';
    expect(statuses(report)).toEqual({
      ...itself,
      [`junit|${file}|com.shop.CartTest > adds|1`]: 'passed',
      [`junit|${file}|com.shop.CartTest > totals|1`]: 'failed',
      [`junit|${file}|com.shop.CartTest > flips|1`]: 'passed',
      [`junit|${file}|com.shop.CartTest$Inner > prices(Price)[1] com.shop.Price@…|1`]: 'passed',
      [`junit|${file}|com.shop.CartTest > later|1`]: 'skipped',
      [`junit|${file}|(load)`]: 'failed',
    });
    expect(messageOf(report, `junit|${file}|com.shop.CartTest > totals|1`)).toBe(
      'org.opentest4j.AssertionFailedError: expected: <3> but was: <4>\n\tat com.shop.CartTest.totals(CartTest.java:12) & more &lt;',
    );
    expect(report.tests[0]?.durationMs).toBe(1_234_012);
  });

  test('gradle', () => {
    expect(statuses(reportOf('gradle'))).toEqual({
      ...itself,
      'junit|src/test/kotlin/com/shop/CartTest.kt|com.shop.CartTest > adds two()|1': 'passed',
      'junit|src/test/kotlin/com/shop/CartTest.kt|com.shop.CartTest > totals()|1': 'failed',
    });
  });

  test('phpunit: suites inside of suites, absolute files', () => {
    const report = reportOf('phpunit');
    expect(statuses(report)).toEqual({
      ...itself,
      'junit|tests/CartTest.php|Shop\\Tests\\CartTest > testAdds|1': 'passed',
      'junit|tests/CartTest.php|Shop\\Tests\\CartTest > testTotals with data set #0|1': 'passed',
      'junit|tests/CartTest.php|Shop\\Tests\\CartTest > testTotals with data set #1|1': 'failed',
    });
    expect(report.tests.find(({ status }) => status === 'failed')?.message).toMatch(/3\.\n\ntests\/CartTest\.php:17$/);
  });

  test('phpunit 9: data without a provider, and a test that is only risky', () => {
    expect(statuses(reportOf('phpunit 9'))).toEqual({
      ...itself,
      'junit|tests/CartTest.php|Shop\\Tests\\CartTest > testAdds|1': 'passed',
      'junit|tests/CartTest.php|Shop\\Tests\\CartTest > testRisky|1': 'passed',
      'junit|tests/CartTest.php|Shop\\Tests\\CartTest > testMany with data set "two lines"|1': 'passed',
      'junit|tests/CartTest.php|(load)': 'failed',
    });
  });

  test('Node 20, which names no files: one that does not load, and a test that is still to be made', () => {
    expect(statuses(reportOf('node 20'))).toEqual({
      ...itself,
      'junit||test > adds|1': 'passed',
      'junit||test > to do|1': 'skipped',
      'junit|test/broken.test.js|(load)': 'failed',
    });
  });

  test('rspec', () => {
    expect(statuses(reportOf('rspec'))).toEqual({
      ...itself,
      'junit|spec/models/cart_spec.rb|spec.models.cart_spec > Cart adds|1': 'passed',
      'junit|spec/models/cart_spec.rb|spec.models.cart_spec > Cart totals|1': 'failed',
      'junit|spec/models/cart_spec.rb|spec.models.cart_spec > Cart later|1': 'skipped',
    });
  });

  test('jest-junit: a file that does not load', () => {
    expect(statuses(reportOf('jest-junit'))).toEqual({
      ...itself,
      'junit|test/cart.test.js|cart adds|1': 'passed',
      'junit|test/cart.test.js|cart totals|1': 'failed',
      'junit|test/broken.test.js|(load)': 'failed',
    });
  });

  test('go-junit-report: no file is told, and a source is not taken for one', () => {
    expect(statuses(reportOf('go-junit-report'))).toEqual({
      ...itself,
      'junit||example.com/shop/cart > TestAdds/one|1': 'passed',
      'junit||example.com/shop/cart > TestTotals|1': 'failed',
      'junit||example.com/shop/cart > TestLater|1': 'skipped',
    });
  });

  test('pytest: modules for files, a file that cannot be collected, an error in the set-up', () => {
    const report = reportOf('pytest');
    expect(statuses(report)).toEqual({
      ...itself,
      'junit|tests/test_broken.py|(load)': 'failed',
      'junit|tests/test_cart.py|tests.test_cart > test_adds|1': 'passed',
      'junit|tests/test_cart.py|tests.test_cart.TestTotals > test_total[1-3]|1': 'failed',
      'junit|tests/test_cart.py|tests.test_cart > test_later|1': 'skipped',
      'junit|tests/test_cart.py|tests.test_cart > test_setup|1': 'failed',
    });
    expect(report.files).toEqual(['tests/test_broken.py', 'tests/test_cart.py']);
  });
});

describe('the command itself', () => {
  const green = '<testsuite name="a"><testcase classname="a" name="b"/></testsuite>';
  const ran = (xml: string, exitCode: number) =>
    toReport(readCases([{ path: 'a.xml', text: xml }], locator([], root)), { ...command, exitCode });

  test('is red where it fails and no test tells why, as when something does not compile', () => {
    const report = ran(green, 2);
    expect(statuses(report)).toEqual({ 'junit||a > b|1': 'passed', 'junit||make test|1': 'failed' });
    expect(messageOf(report, 'junit||make test|1')).toBe('It ended with exit code 2, and no test tells why.\nthe end');
  });

  test('is red where all that it leaves is empty, whatever its exit code', () => {
    const report = toReport([], { ...command, exitCode: 0, isCutOff: true });
    expect(statuses(report)).toEqual({ 'junit||make test|1': 'failed' });
    expect(messageOf(report, 'junit||make test|1')).toBe(
      'It ended with exit code 0, and its report is empty.\nthe end',
    );
  });

  test('tests of one name have the same ids in any order', () => {
    const cases = ['<failure/>', '', '<skipped/>', ''].map(
      (end) => `<testcase classname="a" name="b">${end}</testcase>`,
    );
    const ids = (order: readonly string[]) => statuses(ran(`<testsuite name="a">${order.join('')}</testsuite>`, 1));
    expect(ids(cases)).toEqual(ids([...cases].reverse()));
    expect(ids(cases)).toMatchObject({ 'junit||a > b|1': 'passed', 'junit||a > b|4': 'failed' });
  });

  test('is green where it says nothing of red tests', () => {
    const report = ran(green.replace('/></', '><failure/></testcase></'), 0);
    expect(statuses(report)).toEqual({ 'junit||a > b|1': 'failed', 'junit||make test|1': 'passed' });
  });
});

describe('a report that is none', () => {
  const read = (text: string) => () => readCases([{ path: 'a.xml', text }], locator([], root));
  const bomb = `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><testsuite><testcase name="&b;"/></testsuite>`;

  test.each([
    ['entities of its own', bomb, /document type/],
    ['cut off', (samples.gradle?.xml ?? '').slice(0, 600), /a\.xml cannot be read: line \d+/],
    ['garbage', '\u0000\uFFFD not xml', /cannot be read/],
    ['nothing', '', /cannot be read/],
    ['of another kind', '<html><body/></html>', /it begins with <html>/],
    ['too deep', `${'<testsuite>'.repeat(80)}${'</testsuite>'.repeat(80)}`, /nested more than 60 deep/],
  ])('%s', (_, text, problem) => {
    expect(read(text)).toThrow(problem);
  });

  test('another file cannot be named by what is not declared', () => {
    expect(readXml('<testsuite name="&passwd;"/>').attributes.name).toBe('&passwd;');
  });
});

test('20,000 tests, duplicates told apart', () => {
  const cases = Array.from({ length: 20_000 }, (_, at) => `<testcase classname="many" name="t${at % 10_000}"/>`);
  const text = `<testsuites><testsuite name="many">${cases.join('')}</testsuite></testsuites>`;
  const { tests } = toReport(readCases([{ path: 'a.xml', text }], locator([], root)), { ...command, exitCode: 0 });
  expect(new Set(tests.map(({ id }) => id)).size).toBe(20_001);
});

test('whatever a name is, it is read as it was meant', () => {
  const escaped = (text: string) =>
    text.replaceAll(/[<>&"'\t\n\r]/g, (mark) => `&#x${mark.charCodeAt(0).toString(16)};`);
  const name = fc.stringMatching(/^[\w <>&"'=/?!;#.\u00e9\u{1F600}-]+$/u);
  fc.assert(
    fc.property(name, name, (one, other) => {
      const { attributes, text } = readXml(`<testsuite name="${escaped(one)}">${escaped(other)}</testsuite>`);
      expect([attributes.name, text]).toEqual([one, other]);
    }),
  );
});

describe('the file of a class', () => {
  const files = [
    ...['src/main/java/com/a/Foo.java', 'src/test/java/com/a/FooTest.java', 'src/test/java/com/b/FooTest.java'],
    ...['tests/Unit/BarTest.php', 'Sources/Bar.swift'],
  ];
  const find = (hint: string) => locator(files, root)({ file: undefined, hints: [hint] }, 'report.xml');

  test.each([
    ['com.a.FooTest', 'src/test/java/com/a/FooTest.java'],
    ['com.b.FooTest$Inner', 'src/test/java/com/b/FooTest.java'],
    ['Tests.Unit.BarTest', 'tests/Unit/BarTest.php'],
    ['com.a.Foo', ''],
    ['Bar', ''],
    ['FooTest', 'src/test/java/com/a/FooTest.java'],
    ['nowhere.at.all', ''],
  ])('%s', (hint, file) => {
    expect(find(hint)).toBe(file);
  });
});
