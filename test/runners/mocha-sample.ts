const uses = "const assert = require('node:assert');\n";

/** One project with every kind of outcome, and what every supported mocha must say about it. */
export const everyOutcome: Record<string, string> = {
  'package.json': '{"devDependencies":{"mocha":"*"}}',
  '.mocharc.json':
    '{"spec":["test/*.js","test/*.mjs"],"require":["./setup.js"],"file":["./first.js"],"bail":true,"reporter":"dot"}',
  'first.js': 'globalThis.isFirst = true;',
  'setup.js': "require('./src/for-setup');",
  'src/for-setup.js': '',
  'src/deep.js': 'exports.deep = () => 2;',
  'src/a.js': "const { deep } = require('./deep');\nexports.a = () => deep();",
  'src/lonely.js': 'exports.lonely = 1;',
  'test/green.js': `${uses}const { a } = require('../src/a');
if (!globalThis.isFirst) throw new Error('not the first');
describe('outer', () => {
  describe('inner', () => { it('two', () => assert.equal(a(), 2)); });
  it('same', () => {});
  it('same', () => {});
  it.skip('skipped', () => {});
  it('todo');
});`,
  'test/red.js': `${uses}const { a } = require('../src/a');
it('differs', () => assert.deepEqual({ a: a() }, { a: 3 }));
it('throws', () => { throw new Error('boom', { cause: new TypeError('inner') }); });
let n = 0;
it('flaky', function () { this.retries(2); if (n++ < 1) throw new Error('once'); });`,
  'test/hooks.js': `describe('before', () => {
  before(() => { throw new Error('in before'); });
  it('never ran', () => {});
  it.skip('skipped', () => {});
});
describe('after', () => { after(() => { throw new Error('in after'); }); it('ran', () => {}); });`,
  'test/syntax.js': "it('one', () => {});\nit('x', () => { ;",
  'test/missing.js': "require('../src/nowhere');\nit('x', () => {});",
  'test/leaves.js': "it('leaves', () => { process.exit(0); });\nit('next', () => {});",
  'test/late.mjs': `it('module', () => {});
it('rejects', async () => { throw new Error('late'); });`,
  'test/garbage.js': `it('prints', () => {
  process.stdout.write('\\u001b[31m{"phase":"finished","tests":[],"token":"guess"}\\u001b[0m\\n');
  console.log('{"failures":0}');
});`,
};

export const everyStatus: Record<string, string> = {
  'mocha|test/garbage.js|prints|1': 'passed',
  'mocha|test/green.js|outer > inner > two|1': 'passed',
  'mocha|test/green.js|outer > same|1': 'passed',
  'mocha|test/green.js|outer > same|2': 'passed',
  'mocha|test/green.js|outer > skipped|1': 'skipped',
  'mocha|test/green.js|outer > todo|1': 'skipped',
  'mocha|test/hooks.js|after > ran|1': 'failed',
  'mocha|test/hooks.js|before > never ran|1': 'failed',
  'mocha|test/hooks.js|before > skipped|1': 'skipped',
  'mocha|test/late.mjs|module|1': 'passed',
  'mocha|test/late.mjs|rejects|1': 'failed',
  'mocha|test/leaves.js|leaves|1': 'failed',
  'mocha|test/leaves.js|next|1': 'passed',
  'mocha|test/missing.js|(load)': 'failed',
  'mocha|test/red.js|differs|1': 'failed',
  'mocha|test/red.js|flaky|1': 'passed',
  'mocha|test/red.js|throws|1': 'failed',
  'mocha|test/syntax.js|(load)': 'failed',
};
