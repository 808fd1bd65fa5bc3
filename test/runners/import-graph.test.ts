import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { importGraph } from '../../src/runners/javascript/import-graph.ts';
import { concernsJavascript, relatedTo } from '../../src/runners/javascript/related.ts';
import { guessed } from '../../src/runners/jest/rules.ts';
import { projectFiles } from '../../src/runners/project-files.ts';
import { scratch } from '../rig/scratch.ts';

describe('the graph of imports', () => {
  const files: Record<string, string> = {
    'package.json': '{"name":"top","imports":{"#deep":"./src/deep.js"}}',
    'tsconfig.json': '{"compilerOptions":{"paths":{"~/*":["./src/*"]}}}',
    'src/deep.js': 'exports.deep = 1;',
    'src/view.jsx': "import './style.css'; import logo from './logo.svg'; export const View = () => <b>{logo}</b>;",
    'src/style.css': '',
    'src/logo.svg': '',
    'src/types.ts': 'export interface Shape {}',
    'src/cycle-a.ts': "import { b } from './cycle-b.ts'; export const a = () => b;",
    'src/cycle-b.ts':
      "import { a } from './cycle-a.ts'; import type { Shape } from './types.ts'; export const b = () => a;",
    'src/broken.js': "import { deep } from './deep.js'; export const {{{",
    'src/lazy.js': 'export const load = (name) => import(name);',
    'src/dynamic.js': "export const load = () => import('./deep.js');",
    'src/plugins.js': "export const load = (name) => require('./plugins/' + name + '.js');",
    'src/plugins/one.js': '',
    'bin/cli.js': "require('../src/deep.js');",
    'packages/lib/index.js': 'exports.lib = 1;',
    'packages/lib/package.json': '{"name":"@our/lib"}',
    'test/mapped.js': "import '#deep';",
    'test/alias.ts': "import { deep } from '~/deep.js'; deep;",
    'test/view.js': "import { View } from '../src/view.jsx';",
    'test/cycle.ts': "import { a } from '../src/cycle-a.ts'; a();",
    'test/broken.js': "import '../src/broken.js';",
    'test/lazy.js': "import '../src/lazy.js';",
    'test/dynamic.js': "import '../src/dynamic.js';",
    'test/plugins.js': "require('../src/plugins.js');",
    'test/cli.js':
      "const { execFile } = require('child_process'); execFile('node', [require('path').join(__dirname, '..', 'bin', 'cli.js')]);",
    'test/shell.js': "const { exec } = require('node:child_process'); exec('make');",
    'test/double.js': "import { mock } from 'node:test'; mock.module('../src/cycle-b.ts');",
    'test/lib.js': "import '@our/lib/deep';",
    'test/root-mapped.js': "import '@/src/cycle-b';",
    'test/gone.js': "import '../src/gone';",
    'test/data.js': "require('fs').readFileSync('test/data/in.txt');",
    'test/data/in.txt': '',
  };

  async function written(): Promise<string> {
    const root = await scratch('graph');
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    return root;
  }

  test('every way in which a test may need a file is followed', async () => {
    const root = await written();
    const packages = [{ folder: 'packages/lib', manifest: { name: '@our/lib' } }];
    const graph = await importGraph({ root, files: await projectFiles(root), packages });
    const tests = (path: string, sure = false) =>
      [...(graph?.dependants([path], { sure }) ?? ['?'])]
        .filter((each) => each.startsWith('test/') || each === '?')
        .sort();
    expect(tests('src/deep.js')).toEqual([
      'test/alias.ts',
      'test/broken.js',
      'test/cli.js',
      'test/dynamic.js',
      'test/mapped.js',
    ]);
    expect(tests('src/style.css')).toEqual(['test/view.js']);
    expect(tests('src/cycle-b.ts')).toEqual(['test/cycle.ts', 'test/double.js', 'test/root-mapped.js']);
    // A type is nothing at run time, but a compiler that checks types may refuse the test.
    expect(tests('src/types.ts')).toEqual(['test/cycle.ts', 'test/double.js', 'test/root-mapped.js']);
    expect(tests('src/plugins/one.js')).toEqual(['test/plugins.js']);
    expect(tests('packages/lib/index.js')).toEqual(['test/lib.js']);
    expect(tests('src/gone.ts')).toEqual(['test/gone.js']);
    expect(tests('test/data/in.txt')).toEqual(['test/data.js', 'test/data/in.txt']);
    expect(tests('test/data/new.txt')).toEqual(['?']);
    // What loads or starts something by a computed name may need anything.
    expect(tests('src/logo.svg', true)).toEqual(['test/lazy.js', 'test/shell.js', 'test/view.js']);
    expect(graph?.dependencies('test/cycle.ts')).toEqual(['src/cycle-a.ts', 'src/cycle-b.ts', 'src/types.ts']);
  });

  test('a deleted file, settings, set-up files, other languages and names alike', async () => {
    const root = await written();
    await rm(join(root, 'src/deep.js'));
    const all = await projectFiles(root);
    const reading = {
      files: [...all, 'else/types.test.ts'],
      graph: await importGraph({ root, files: all, packages: [] }),
    };
    const { rules } = guessed(undefined);
    const related = (...changed: string[]) => {
      const found = relatedTo(reading, { changed, rules, support: ['test/view.js'], sure: false });
      return found === undefined ? 'everything' : [...found].filter((each) => /test/.test(each)).sort();
    };
    expect(related('src/deep.js')).toEqual([
      'test/alias.ts',
      'test/broken.js',
      'test/cli.js',
      'test/dynamic.js',
      'test/mapped.js',
    ]);
    expect(related('src/view.jsx')).toBe('everything');
    expect(related('package.json')).toBe('everything');
    expect(related('jest.config.js')).toBe('everything');
    expect(related('README.md', 'api/main.py')).toEqual([]);
    expect(related('src/types.ts')).toContain('else/types.test.ts');
    expect(['a.ts', 'a.json', 'test/page.md', 'README.md', 'a.py', 'test/a.py'].map(concernsJavascript)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
