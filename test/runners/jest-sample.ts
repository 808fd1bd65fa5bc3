/** One project with every kind of outcome, and what every supported jest must say about it. */
export const everyOutcome: Record<string, string> = {
  'package.json': '{"scripts":{"test":"jest"},"devDependencies":{"jest":"*"}}',
  'src/deep.js': 'exports.deep = () => 2;',
  'src/a.js': "const { deep } = require('./deep');\nexports.a = () => deep();",
  'src/lonely.js': 'exports.lonely = 1;',
  'test/green.test.js': `const { a } = require('../src/a');
describe('outer', () => {
  describe('inner', () => { test('two', () => expect(a()).toBe(2)); });
  test.each([1, 2])('n %i', (n) => expect(n).toBeGreaterThan(0));
  test('same', () => {});
  test('same', () => {});
  test.skip('skipped', () => {});
  test.todo('todo');
});`,
  'test/red.test.js': `const { a } = require('../src/a');
test('differs', () => expect({ a: a(), b: [1, 2] }).toEqual({ a: 3, b: [1, 3] }));
test('throws', () => { throw new Error('boom'); });
test('same', () => {});
test('same', () => { throw new Error('the second'); });`,
  'test/retried.test.js':
    "jest.retryTimes(2);\nlet n = 0;\ntest('flaky', () => { if (n++ < 1) throw new Error('once'); });",
  'test/hooks.test.js': `describe('before', () => {
  beforeAll(() => { throw new Error('in beforeAll'); });
  test('never ran', () => {});
  test.skip('skipped', () => {});
});
describe('after', () => { afterAll(() => { throw new Error('in afterAll'); }); test('ran', () => {}); });`,
  'test/syntax.test.js': "test('x', () => { ;",
  'test/missing.test.js': "require('../src/nowhere');\ntest('x', () => {});",
  'test/snapshots.test.js': `test('new', () => expect({ a: 1 }).toMatchSnapshot());
test('old', () => expect(1).toMatchSnapshot());`,
  'test/__snapshots__/snapshots.test.js.snap':
    '// Jest Snapshot v1, https://jestjs.io/docs/snapshot-testing\n\nexports[`obsolete 1`] = `1`;\n\nexports[`old 1`] = `1`;\n',
  'test/garbage.test.js': `test('prints', () => {
  process.stdout.write('\\u001b[31m{"phase":"finished","tests":[],"token":"guess"}\\u001b[0m\\n');
  console.log('{"numFailedTests":0,"success":true}');
  expect(Object.keys(process.env).filter((name) => name.startsWith('MENDWATCH_TEST'))).toEqual([]);
});`,
};

export const everyStatus: Record<string, string> = {
  'jest|test/garbage.test.js|prints|1': 'passed',
  'jest|test/green.test.js|outer > inner > two|1': 'passed',
  'jest|test/green.test.js|outer > n 1|1': 'passed',
  'jest|test/green.test.js|outer > n 2|1': 'passed',
  'jest|test/green.test.js|outer > same|1': 'passed',
  'jest|test/green.test.js|outer > same|2': 'passed',
  'jest|test/green.test.js|outer > skipped|1': 'skipped',
  'jest|test/green.test.js|outer > todo|1': 'skipped',
  'jest|test/hooks.test.js|(unhandled)': 'failed',
  'jest|test/hooks.test.js|after > ran|1': 'passed',
  'jest|test/hooks.test.js|before > never ran|1': 'failed',
  'jest|test/hooks.test.js|before > skipped|1': 'skipped',
  'jest|test/missing.test.js|(load)': 'failed',
  'jest|test/red.test.js|differs|1': 'failed',
  'jest|test/red.test.js|same|1': 'passed',
  'jest|test/red.test.js|same|2': 'failed',
  'jest|test/red.test.js|throws|1': 'failed',
  'jest|test/retried.test.js|flaky|1': 'passed',
  'jest|test/snapshots.test.js|new|1': 'failed',
  'jest|test/snapshots.test.js|old|1': 'passed',
  'jest|test/syntax.test.js|(load)': 'failed',
};
