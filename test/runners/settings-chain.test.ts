import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pluginFiles } from '../../src/runners/pytest/plugins.ts';
import { extendsIn } from '../../src/runners/settings-chain.ts';
import type { Runner } from '../../src/runners/types.ts';
import { scratch } from '../rig/scratch.ts';
import { checkSample } from './check-sample.ts';

/** A package of this name in the project's own folder, as far as detection looks at it. */
const fake = (name: string, version: string): Record<string, string> => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, version }),
});
const protectedOf = ({ isProtected }: Runner, paths: readonly string[]): readonly string[] => paths.filter(isProtected);

async function write(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

describe('VERIFY-3: what settings take from other files is protected with them', () => {
  test('modules that the configuration of eslint imports, directly or not, and packages of the workspace', async () => {
    const { runner } = await checkSample(await scratch('chain'), {
      ...fake('eslint', '9.1.0'),
      'package.json': '{"workspaces":["packages/*"]}',
      'eslint.config.js':
        "import { rules } from './lint/rules.js';\nimport shared from '@my/lint';\nexport default [{ files: ['./src/a.js'], rules }];",
      'lint/rules.js': "import { more } from './more.js';\nexport const rules = { ...more };",
      'lint/more.js': "import { readFileSync } from 'node:fs';\nexport const more = {};",
      'lint/unused.js': '',
      'src/a.js': '',
      'packages/lint/package.json': '{"name":"@my/lint"}',
      'packages/lint/index.js': '',
      'packages/app/package.json': '{"name":"@my/app"}',
      'packages/app/index.js': '',
    });
    const asked = ['lint/rules.js', 'lint/more.js', 'lint/unused.js', 'src/a.js', 'packages/lint/index.js'];
    expect(protectedOf(runner, [...asked, 'packages/app/index.js'])).toEqual([
      'lint/rules.js',
      'lint/more.js',
      'packages/lint/index.js',
    ]);
    expect(runner.isSettings('lint/more.js')).toBe(true);
  });

  test('what an older configuration of eslint extends, and what comes to be extended later', async () => {
    const { runner, save, run } = await checkSample(await scratch('chain'), {
      ...fake('eslint', '8.5.0'),
      'package.json': '{}',
      '.eslintrc.yml': 'root: true\nextends:\n  - eslint:recommended\n  - ./lint/base\n',
      'lint/base.js': "module.exports = { extends: ['../lint/deep.json', 'prettier'] };",
      'lint/deep.json': '{}',
      'lint/later.json': '{}',
    });
    const asked = ['lint/base.js', 'lint/deep.json', 'lint/later.json'];
    expect(protectedOf(runner, asked)).toEqual(['lint/base.js', 'lint/deep.json']);
    await save('lint/deep.json', '{ "extends": "./later.json" }');
    await run();
    expect(protectedOf(runner, asked)).toEqual(asked);
  });

  test('what biome, tsc and the settings of ruff extend or refer to', async () => {
    const { runner } = await checkSample(await scratch('chain'), {
      ...fake('@biomejs/biome', '2.4.0'),
      ...fake('typescript', '6.0.0'),
      'package.json': '{"workspaces":["packages/*"]}',
      'packages/app/package.json': '{"name":"@my/app"}',
      'packages/app/base.json': '{}',
      'biome.json': '{ "extends": ["lint/common.json"], "plugins": ["./lint/no-any.grit"] }',
      'tsconfig.json': '{ "files": [], "references": [{ "path": "./lib" }, { "path": "./types/build.json" }] }',
      'lib/tsconfig.json': '{ "extends": ["../types/base"] }',
      'types/base.json': '{ "extends": "./deep.json" }',
      'types/deep.json': '{ "extends": "@my/app/base.json" }',
      'types/build.json': '{}',
      'lint/common.json': '{}',
      'lint/no-any.grit': '',
    });
    const asked = ['lint/common.json', 'lint/no-any.grit', 'types/base.json', 'types/deep.json', 'types/build.json'];
    const others = ['src/data.json', 'packages/app/index.ts'];
    expect(protectedOf(runner, [...asked, 'packages/app/base.json', ...others])).toEqual([
      ...asked,
      'packages/app/base.json',
    ]);
  });

  test('what ruff extends and plugins of mypy', async () => {
    const folder = await scratch('chain');
    const bin = join(folder, 'project', '.venv', 'bin');
    await write(join(bin, '..'), { 'pyvenv.cfg': '', 'bin/none': '' });
    for (const name of ['ruff', 'mypy']) {
      await writeFile(join(bin, name), `#!/bin/sh\necho ${name} 1.2.3\n`, { mode: 0o755 });
    }
    const { runner } = await checkSample(folder, {
      'app/ruff.toml': 'extend = "../lint/base.toml"\n',
      'lint/base.toml': '',
      'mypy.ini': '[mypy]\nplugins = pydantic.mypy,\n  ./tools/plugin.py, tools.other\n',
      'tools/plugin.py': '',
      'tools/other.py': '',
      'tools/third.py': '',
    });
    const asked = ['lint/base.toml', 'tools/plugin.py', 'tools/other.py'];
    expect(protectedOf(runner, [...asked, 'tools/third.py'])).toEqual(asked);
  });

  test('modules that the settings of jest and mocha import', async () => {
    const { runner } = await checkSample(
      await scratch('chain'),
      {
        ...fake('jest', '30.0.0'),
        ...fake('mocha', '11.0.0'),
        'package.json': '{"scripts":{"test":"jest && mocha"}}',
        'jest.config.cjs': "module.exports = { ...require('./config/base.cjs'), preset: './config/own' };",
        'babel.config.cjs':
          "module.exports = { plugins: [['./babel/one', { a: 1 }], './babel/two.cjs', ['x', { root: ['./src'] }]] };",
        'babel/one.js': "require('./more');",
        'babel/more.js': '',
        'babel/two.cjs': '',
        'src/index.js': '',
        'config/base.cjs': '',
        'config/own/jest-preset.js': '',
        '.mocharc.cjs': "module.exports = require('./config/mocha.cjs');",
        'config/mocha.cjs': '',
        'src/a.cjs': '',
      },
      { checks: [] },
    );
    const ofBabel = ['babel/one.js', 'babel/more.js', 'babel/two.cjs'];
    const asked = ['config/base.cjs', 'config/own/jest-preset.js', 'config/mocha.cjs', ...ofBabel];
    expect(protectedOf(runner, [...asked, 'src/a.cjs', 'src/index.js'])).toEqual(asked);
  });

  test('plugins of pytest, not what a conftest imports', async () => {
    const root = await scratch('plugins');
    const files = {
      'pytest.ini': '[pytest]\naddopts = -p tools.plugin -p no:cacheprovider\nDJANGO_SETTINGS_MODULE = shop.settings\n',
      'tools/plugin.py': 'pytest_plugins = "tools.second"\n',
      'tools/second.py': '',
      'shop/settings.py': '',
      'shop/app.py': '',
      'tests/conftest.py': 'from shop.app import app\npytest_plugins = [\n  "fixtures.db",\n  "pytester",\n]\n',
      'tests/fixtures/db/__init__.py': '',
    };
    await write(root, files);
    expect([...(await pluginFiles(root, [{ folder: '', file: 'pytest.ini' }], Object.keys(files)))]).toEqual([
      'tools/plugin.py',
      'tests/fixtures/db/__init__.py',
      'tools/second.py',
    ]);
  });
});

test('names under `extends` are read in JSON, YAML and JavaScript', () => {
  expect(extendsIn('{"extends": "./a.json", "rules": {"x": "./b.json"}}')).toEqual(['./a.json']);
  expect(extendsIn("extends: ['eslint:recommended', '../b', '@my/c']")).toEqual(['../b', '@my/c']);
  expect(extendsIn('extends:\n  - ./a\n  - plugin:x/y\nrules:\n  - ./b\n')).toEqual(['./a', 'x/y']);
});
