const uses = "import assert from 'node:assert';\nimport { after, before, describe, it, test } from 'node:test';\n";

/** One project with every kind of outcome, and what every supported Node must say about it. */
export const everyOutcome: Record<string, string> = {
  'package.json': '{"type":"module","scripts":{"test":"node --import ./setup.js --test --test-reporter=dot"}}',
  'setup.js': "import './src/for-setup.js';",
  'src/for-setup.js': '',
  'src/deep.js': 'export const deep = () => 2;',
  'src/a.js': "import { deep } from './deep.js';\nexport const a = () => deep();",
  'src/lonely.js': 'export const lonely = 1;',
  'src/defines.js': `${uses}export const define = (n) => { test('shared', () => {}); test(\`of \${n}\`, () => assert.equal(n, 1)); };`,
  'test/one.test.js': "import { define } from '../src/defines.js';\ndefine(1);",
  'test/two.test.js': "import { define } from '../src/defines.js';\ndefine(2);",
  'test/green.test.js': `${uses}import { a } from '../src/a.js';
describe('outer', () => {
  describe('inner', () => { it('two', () => assert.equal(a(), 2)); });
  it('same', () => {});
  it('same', () => {});
  it.skip('skipped', () => {});
  it.todo('todo', () => { throw new Error('not yet'); });
});
test('parent', async (t) => { await t.test('child', () => {}); });`,
  'test/red.test.js': `${uses}import { a } from '../src/a.js';
test('differs', () => assert.deepEqual({ a: a() }, { a: 3 }));
test('throws', () => { throw new Error('boom', { cause: new TypeError('inner') }); });`,
  'test/hooks.test.js': `${uses}describe('before', () => {
  before(() => { throw new Error('in before'); });
  it('never ran', () => {});
  it.skip('skipped', () => {});
});
describe('after', () => { after(() => { throw new Error('in after'); }); it('ran', () => {}); });`,
  'test/syntax.test.js': `${uses}test('x', () => { ;`,
  'test/missing.test.js': `${uses}import '../src/nowhere.js';\ntest('x', () => {});`,
  'test/leaves.test.js': `${uses}test('first', () => {});\ntest('leaves', () => { process.exit(0); });`,
  'test/late.test.js': `${uses}test('green', () => { setTimeout(() => { throw new Error('late'); }, 30); });`,
  'test/script.test.js': "import assert from 'node:assert';\nassert.ok(true);\nprocess.exit(0);",
  'test/script-red.test.js': "import assert from 'node:assert';\nassert.equal(1, 2);",
  'test/garbage.test.js': `${uses}test('prints', () => {
  process.stdout.write('\\u001b[31m{"phase":"finished","tests":[],"token":"guess"}\\u001b[0m\\nnot ok 1 - prints\\n');
});`,
};

export const everyStatus: Record<string, string> = {
  'node-test|test/garbage.test.js|prints|1': 'passed',
  'node-test|test/green.test.js|outer > inner > two|1': 'passed',
  'node-test|test/green.test.js|outer > same|1': 'passed',
  'node-test|test/green.test.js|outer > same|2': 'passed',
  'node-test|test/green.test.js|outer > skipped|1': 'skipped',
  'node-test|test/green.test.js|outer > todo|1': 'skipped',
  'node-test|test/green.test.js|parent > child|1': 'passed',
  'node-test|test/green.test.js|parent|1': 'passed',
  'node-test|test/hooks.test.js|after > ran|1': 'failed',
  'node-test|test/hooks.test.js|before > never ran|1': 'failed',
  'node-test|test/hooks.test.js|before > skipped|1': 'skipped',
  'node-test|test/late.test.js|(unhandled)': 'failed',
  'node-test|test/late.test.js|green|1': 'passed',
  'node-test|test/leaves.test.js|(load)': 'failed',
  'node-test|test/missing.test.js|(load)': 'failed',
  'node-test|test/one.test.js|of 1|1': 'passed',
  'node-test|test/one.test.js|shared|1': 'passed',
  'node-test|test/red.test.js|differs|1': 'failed',
  'node-test|test/red.test.js|throws|1': 'failed',
  'node-test|test/script-red.test.js|(load)': 'failed',
  'node-test|test/script.test.js|(file)|1': 'passed',
  'node-test|test/syntax.test.js|(load)': 'failed',
  'node-test|test/two.test.js|of 2|1': 'failed',
  'node-test|test/two.test.js|shared|1': 'passed',
};
