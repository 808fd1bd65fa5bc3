import type { Edit } from './warm-law.ts';

const checks = (source: string, value: string): string =>
  `const { value } = require('../src/${source}');\ntest('${source}', async () => expect(await value()).toBe(${value}));\n`;

/** Reads a file of the project: what it says is decided before any test runs. */
const configuration = `const { rows } = JSON.parse(require('node:fs').readFileSync(__dirname + '/src/table.json', 'utf8'));
module.exports = { globals: { ROWS: rows }, setupFiles: ['./setup.js'], ...require('./shared.config.js') };`;

/** Tests that reach their sources in every way there is. */
export const mill: Readonly<Record<string, string>> = {
  'package.json': '{"devDependencies":{"jest":"*"}}',
  'jest.config.js': configuration,
  'shared.config.js': 'module.exports = { transform: { "\\\\.js$": "<rootDir>/transform.js" } };',
  'transform.js': 'module.exports = { process: (code) => ({ code: code.replace("TWO", "2") }) };',
  'setup.js': "require('./src/for-setup');",
  'src/for-setup.js': '',
  'src/deep.js': 'exports.deep = () => TWO;',
  'src/a.js': "const { deep } = require('./deep');\nexports.value = () => deep();",
  'src/late.js': "exports.value = async () => require('./deep').deep();",
  'src/table.json': '{"rows":1}',
  'src/text.txt': 'one',
  'test/a.test.js': checks('a', '2'),
  'test/late.test.js': checks('late', '2'),
  'test/data.test.js': `const { deep } = require('../src/deep');
const text = require('node:fs').readFileSync(__dirname + '/../src/text.txt', 'utf8');
test('table', () => expect([require('../src/table.json').rows, ROWS]).toEqual([1, 1]));
test('text', () => expect([text, deep()]).toEqual(['one', 2]));`,
  'test/kept.test.js': `const { deep } = require('../src/deep');
test('snapshot', () => expect({ deep: deep() }).toMatchSnapshot());`,
  'test/__snapshots__/kept.test.js.snap':
    '// Jest Snapshot v1, https://jestjs.io/docs/snapshot-testing\n\nexports[`snapshot 1`] = `\n{\n  "deep": 2,\n}\n`;\n',
  'test/mocked.test.js': `jest.mock('../src/deep', () => ({ deep: () => 7 }));
const { value } = require('../src/a');
test('mocked', () => expect(value()).toBe(7));`,
  'test/package.test.js': `require('../src/deep');
test('word', () => expect(require('word').word).toBe('first'));`,
  'test/globals.test.js': `require('../src/deep');
globalThis.left = (globalThis.left ?? 0) + 1;
const fs = require('node:fs');
fs.left = (fs.left ?? 0) + 1;
test('globals', () => expect([globalThis.left, fs.left]).toEqual([1, 1]));`,
};

/** Each comes on top of those before it. */
export const edits: Readonly<Record<string, Edit>> = {
  'a source': { 'src/deep.js': 'exports.deep = () => 3;' },
  'the source as it was': { 'src/deep.js': mill['src/deep.js'] },
  'a syntax error': { 'src/a.js': 'exports.value = () => {{{;' },
  'an import of what is not there': { 'src/a.js': "require('./nowhere');\nexports.value = () => 2;" },
  'what was not there': { 'src/nowhere.js': '' },
  'the import as it was': { 'src/a.js': mill['src/a.js'], 'src/nowhere.js': undefined },
  'a file that shadows another': { 'src/deep.json': '{}', 'src/deep.js': undefined },
  'the other again': { 'src/deep.json': undefined, 'src/deep.js': mill['src/deep.js'] },
  'a test more and one renamed': {
    'test/a.test.js': `${checks('a', '2').replace("'a',", "'is a',")}test('b', () => {});`,
  },
  'a file of tests more': { 'test/more.test.js': checks('a', '3') },
  'a file of tests less': { 'test/more.test.js': undefined },
  'a table that the configuration reads, too': { 'src/table.json': '{"rows":2}' },
  'a text': { 'src/text.txt': 'two' },
  'both as they were': { 'src/table.json': mill['src/table.json'], 'src/text.txt': mill['src/text.txt'] },
  'a snapshot': {
    'test/__snapshots__/kept.test.js.snap': mill['test/__snapshots__/kept.test.js.snap']?.replace('2,', '3,'),
  },
  'a mock': { 'test/mocked.test.js': mill['test/mocked.test.js']?.replace('=> 7', '=> 8') },
  'what a set-up file needs': { 'src/for-setup.js': "throw new Error('in set-up');" },
  'the set-up file': { 'setup.js': '', 'src/for-setup.js': '' },
  'what compiles all': { 'transform.js': mill['transform.js']?.replace('"2"', '"5"') },
  'what compiles all, as it was': { 'transform.js': mill['transform.js'] },
  'a setting that the settings take from elsewhere': {
    'shared.config.js': mill['shared.config.js']?.replace(
      '{ transform',
      "{ testPathIgnorePatterns: ['late'], transform",
    ),
  },
  'a package': { 'node_modules/word': 'second', 'src/deep.js': `${mill['src/deep.js']}\n// again` },
  'the package as it was': { 'node_modules/word': 'first' },
  'an error that nobody catches': {
    'test/a.test.js': `${checks('a', '2')}
test('waits', async () => {
  setTimeout(() => { throw new Error('nobody catches'); }, 1);
  await new Promise((resolve) => setTimeout(resolve, 20));
});`,
  },
  'a test that writes': {
    'test/a.test.js': `${checks('a', '2')}
test('writes', () => require('node:fs').writeFileSync(__dirname + '/../src/late.js', 'exports.value = () => 3;'));`,
  },
  'a test that takes much memory': {
    'test/a.test.js': `${checks('a', '2')}\ntest('takes', () => { globalThis.much = Buffer.alloc(200_000_000, 1); });`,
  },
  'all well again': { 'test/a.test.js': mill['test/a.test.js'], 'src/late.js': mill['src/late.js'] },
};
