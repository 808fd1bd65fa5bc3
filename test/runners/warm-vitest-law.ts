import type { Edit } from './warm-law.ts';

const uses = "import { expect, test, vi } from 'vitest';\n";
const checks = (source: string, value: string): string =>
  `${uses}import { value } from '../src/${source}.js';\ntest('${source}', () => expect(value()).toBe(${value}));`;

/** Reads a file of the project: what it says is decided before any test runs. */
const configuration = `import { readFileSync } from 'node:fs';
const { rows } = JSON.parse(readFileSync('./src/table.json', 'utf8'));
export default { define: { ROWS: String(rows) }, test: { setupFiles: ['./setup.js'] } };`;

/** Tests that reach their sources in every way there is. */
export const mill: Readonly<Record<string, string>> = {
  'vitest.config.js': configuration,
  'setup.js': "import './src/for-setup.js';",
  'src/for-setup.js': '',
  'src/deep.js': 'export const deep = () => 2;',
  'src/a.js': "import { deep } from './deep.js';\nexport const value = () => deep();",
  'src/late.js': "export const value = async () => (await import('./deep.js')).deep();",
  'src/table.json': '{"rows":1}',
  'src/style.css': '.a { color: red }',
  'src/text.txt': 'one',
  'test/a.test.js': checks('a', '2'),
  'test/late.test.js': `${uses}import { value } from '../src/late.js';\ntest('late', async () => expect(await value()).toBe(2));`,
  'test/glob.test.js': `${uses}const found = import.meta.glob('../src/*.js');
test('glob', () => expect(Object.keys(found).length).toBe(4));`,
  'test/data.test.js': `${uses}import table from '../src/table.json';
import text from '../src/text.txt?raw';
import style from '../src/style.css?inline';
import { deep } from '../src/deep.js';
test('table', () => expect([table.rows, ROWS]).toEqual([1, 1]));
test('text', () => expect([text.trim(), typeof style, deep()]).toEqual(['one', 'string', 2]));`,
  'test/kept.test.js': `${uses}import { deep } from '../src/deep.js';
test('snapshot', () => expect({ deep: deep() }).toMatchSnapshot());`,
  'test/__snapshots__/kept.test.js.snap':
    '// Vitest Snapshot v1, https://vitest.dev/guide/snapshot.html\n\nexports[`snapshot 1`] = `\n{\n  "deep": 2,\n}\n`;\n',
  'test/mocked.test.js': `${uses}import { value } from '../src/a.js';
vi.mock('../src/deep.js', () => ({ deep: () => 7 }));
test('mocked', () => expect(value()).toBe(7));`,
  'test/package.test.js': `${uses}import { word } from 'word';
import '../src/deep.js';
test('word', () => expect(word).toBe('first'));`,
  'test/globals.test.js': `${uses}import '../src/deep.js';
globalThis.left = (globalThis.left ?? 0) + 1;
process.env.LEFT = String(Number(process.env.LEFT ?? 0) + 1);
test('globals', () => expect([globalThis.left, process.env.LEFT]).toEqual([1, '1']));`,
};

/** Each comes on top of those before it; undefined removes a file. */
export const edits: Readonly<Record<string, Edit>> = {
  'a source': { 'src/deep.js': 'export const deep = () => 3;' },
  'the source as it was': { 'src/deep.js': mill['src/deep.js'] },
  'a syntax error': { 'src/a.js': 'export const value = () => {{{;' },
  'an import more': {
    'src/a.js': "import './late.js';\nimport { deep } from './deep.js';\nexport const value = () => deep();",
  },
  'an import less': { 'src/a.js': 'export const value = () => 2;' },
  'an import of what is not there': { 'src/a.js': "import './nowhere.js';\nexport const value = () => 2;" },
  'what was not there': { 'src/nowhere.js': '' },
  'the import as it was': { 'src/a.js': mill['src/a.js'], 'src/nowhere.js': undefined },
  'a file that shadows another': { 'src/deep.mjs': 'export const deep = () => 2;', 'src/deep.js': undefined },
  'the other again': { 'src/deep.mjs': undefined, 'src/deep.js': mill['src/deep.js'] },
  'a test more and one renamed': {
    'test/a.test.js': `${checks('a', '2').replace("'a'", "'is a'")}\ntest('b', () => {});`,
  },
  'a file of tests more': { 'test/more.test.js': checks('a', '3') },
  'a file of tests less': { 'test/more.test.js': undefined },
  'a table that the configuration reads, too': { 'src/table.json': '{"rows":2}' },
  'a text': { 'src/text.txt': 'two' },
  'a style': { 'src/style.css': '.a { color: blue }' },
  'all three as they were': {
    'src/table.json': mill['src/table.json'],
    'src/text.txt': mill['src/text.txt'],
    'src/style.css': mill['src/style.css'],
  },
  'a snapshot': {
    'test/__snapshots__/kept.test.js.snap': mill['test/__snapshots__/kept.test.js.snap']?.replace('2,', '3,'),
  },
  'a mock': { 'test/mocked.test.js': mill['test/mocked.test.js']?.replace('=> 7', '=> 8') },
  'no mock': { 'test/mocked.test.js': mill['test/mocked.test.js']?.replace(/^vi.*$/m, '') },
  'what a set-up file imports': { 'src/for-setup.js': "throw new Error('in set-up');" },
  'the set-up file': { 'setup.js': '', 'src/for-setup.js': '' },
  'a setting': { 'vitest.config.js': configuration.replace('test: {', "test: { exclude: ['test/late.test.js'],") },
  'the environment': { '.env': 'VITE_WORD=said', 'vitest.config.js': configuration },
  'a package': { 'node_modules/word': 'second' },
  'the package as it was': { 'node_modules/word': 'first' },
  'a test that leaves': {
    'test/a.test.js': `${checks('a', '2')}\ntest('leaves', () => { process.exit(0); });`,
  },
  'an error that nobody catches': {
    'test/a.test.js': `${checks('a', '2')}
test('waits', async () => {
  Promise.reject(new Error('nobody catches'));
  await new Promise((resolve) => setTimeout(resolve, 20));
});`,
  },
  'a test that kills its process': {
    'test/a.test.js': `${checks('a', '2')}\ntest('dies', () => { process.kill(process.pid, 'SIGKILL'); });`,
  },
  'a test that writes': {
    'test/a.test.js': `import { writeFileSync } from 'node:fs';
${checks('a', '2')}\ntest('writes', () => { writeFileSync('src/late.js', 'export const value = async () => 3;'); });`,
  },
  'a test that takes much memory': {
    'test/a.test.js': `${checks('a', '2')}\ntest('takes', () => { globalThis.much = Buffer.alloc(200_000_000, 1); });`,
  },
  'a test that opens a port': {
    'test/a.test.js': `import { createServer } from 'node:http';
${checks('a', '2')}\ntest('listens', () => { createServer().listen(0); });`,
  },
  'all well again': { 'test/a.test.js': mill['test/a.test.js'], 'src/late.js': mill['src/late.js'] },
};
