import { describe, expect, test } from 'vitest';
import { type GuardOptions, guardPatch } from '../../src/verify/protected.ts';
import type { Patch, TreeChange } from '../../src/workspace/types.ts';

const absent = '0'.repeat(40);

function change(path: string, more: Partial<TreeChange> = {}): TreeChange {
  const oldBlob = '1'.repeat(40);
  const newBlob = '2'.repeat(40);
  return { path, kind: 'modified', oldMode: '100644', newMode: '100644', oldBlob, newBlob, ...more };
}
const added = (path: string, newMode = '100644'): TreeChange =>
  change(path, { kind: 'added', oldMode: '000000', oldBlob: absent, newMode });
const deleted = (path: string): TreeChange => change(path, { kind: 'deleted', newMode: '000000', newBlob: absent });

function refuse(changes: readonly TreeChange[], more: Partial<GuardOptions> = {}, text = 'diff'): readonly string[] {
  const snapshot = { commit: absent, tree: absent };
  const patch: Patch = { base: snapshot, result: snapshot, changes, text };
  return guardPatch(patch, { extra: [], isProtected: (path) => /\.test\.[jt]s$/.test(path), ...more });
}

describe('VERIFY-3: a patch may change', () => {
  test.each([
    'src/a.ts',
    'src/package.ts',
    'lib/env.ts',
    'src/git.ts',
    'docs/notes.md',
    'src/config/index.js',
    'README.md',
    'src/contest.ts',
    'src/env/load.ts',
    'keys.ts',
    'hooks/use-thing.ts',
    'src/git-hooks/run.ts',
    'src/app.config.ts',
    'shop/cargo.py',
    'src/ignore.ts',
  ])('%s', (path) => {
    expect(refuse([change(path)])).toEqual([]);
    expect(refuse([added(path)])).toEqual([]);
    expect(refuse([deleted(path)])).toEqual([]);
  });
});

describe('VERIFY-3 F54 F55: a patch must not change', () => {
  test.each([
    'src/a.test.ts',
    '.github/workflows/ci.yml',
    '.gitignore',
    'src/.gitattributes',
    '.gitlab-ci.yml',
    '.husky/pre-commit',
    '.githooks/pre-push',
    'hooks/pre-commit',
    '.pre-commit-config.yaml',
    '.circleci/config.yml',
    'Jenkinsfile',
    '.claude/settings.json',
    'packages/a/.claude/hooks/x.sh',
    '.mcp.json',
    'CLAUDE.md',
    'CLAUDE.local.md',
    'AGENTS.md',
    '.vscode/settings.json',
    '.env',
    '.env.production',
    'packages/a/.env.local',
    '.npmrc',
    'certs/server.pem',
    'id_rsa',
    'package.json',
    'packages/a/package.json',
    'package-lock.json',
    'yarn.lock',
    'pnpm-lock.yaml',
    'node_modules/left-pad/index.js',
    'packages/a/node_modules/b/index.js',
    'tsconfig.json',
    'tsconfig.build.json',
    'vite.config.ts',
    'babel.config.cjs',
    '.eslintrc.json',
    'biome.jsonc',
    'Makefile',
    'go.mod',
    'Cargo.lock',
    'pyproject.toml',
    'codecov.yml',
    'postcss.config.mjs',
    '.postcssrc.json',
    'GNUmakefile',
    'go.work',
    'ci/.cargo/config.toml',
    '.pytest.ini',
    'pytest.toml',
    'shop.dist-info/entry_points.txt',
    '__pycache__/shop.cpython-312.pyc',
    '.ignore',
    '.python-version',
  ])('%s', (path) => {
    expect(refuse([change(path)])).toEqual([`It changes ${path}, which is protected.`]);
    expect(refuse([added(path)])).toEqual([`It adds ${path}, which is protected.`]);
    expect(refuse([deleted(path)])).toEqual([`It deletes ${path}, which is protected.`]);
  });

  test('F31: a protected file in other letters, for file systems that do not tell them apart', () => {
    expect(refuse([added('.ENV'), added('Package.json')])).toHaveLength(2);
  });

  test('anything else when one file of it is protected: each one is named', () => {
    expect(refuse([change('src/a.ts'), change('src/a.test.ts'), deleted('.env')])).toEqual([
      'It changes src/a.test.ts, which is protected.',
      'It deletes .env, which is protected.',
    ]);
  });
});

describe('VERIFY-3 F53: a patch must not make', () => {
  test.each([
    [added('src/link', '120000'), 'It adds the link src/link.'],
    [change('src/link', { oldMode: '120000', newMode: '120000' }), 'It changes the link src/link.'],
    [change('src/a.ts', { newMode: '120000' }), 'It changes the link src/a.ts.'],
    [change('src/link', { oldMode: '120000' }), 'It changes the link src/link.'],
    [change('lib', { oldMode: '160000', newMode: '160000' }), 'It changes the nested repository lib.'],
    [added('lib', '160000'), 'It changes the nested repository lib.'],
    [change('src/a.ts', { newMode: '100755' }), 'It changes the mode of src/a.ts from 100644 to 100755.'],
    [change('run.sh', { oldMode: '100755' }), 'It changes the mode of run.sh from 100755 to 100644.'],
    [added('run.sh', '100755'), 'It adds run.sh with mode 100755.'],
  ])('%j', (one, reason) => {
    expect(refuse([one])).toEqual([reason]);
  });

  test('a program stays one, and may be deleted', () => {
    expect(refuse([change('run.sh', { oldMode: '100755', newMode: '100755' })])).toEqual([]);
    expect(refuse([change('run.sh', { kind: 'deleted', oldMode: '100755', newMode: '000000' })])).toEqual([]);
  });
});

describe('limits of a patch', () => {
  const many = Array.from({ length: 101 }, (_, index) => change(`src/${index}.test.ts`));

  test('too many files are one reason, however many are protected', () => {
    expect(refuse(many)).toEqual(['It changes 101 files; at most 100 are accepted.']);
    expect(refuse(many.slice(1))).toHaveLength(100);
  });

  test('too much text', () => {
    expect(refuse([change('a.ts')], {}, 'x'.repeat(1_000_001))).toEqual([
      'It has 1000001 characters; at most 1000000 are accepted.',
    ]);
    expect(refuse([change('a.ts')], { maxFiles: 1, maxCharacters: 4 })).toEqual([]);
  });
});

describe('PROTECTED_PATHS', () => {
  test('protects more', () => {
    const extra = ['db/migrations/', '*.sql', '/top.ts'];
    expect(
      refuse([change('db/migrations/1.ts'), change('src/x.sql'), change('top.ts'), change('src/top.ts')], { extra }),
    ).toEqual([
      'It changes db/migrations/1.ts, which is protected.',
      'It changes src/x.sql, which is protected.',
      'It changes top.ts, which is protected.',
    ]);
  });

  test('takes a path out again, from the default list and from what the runner protects', () => {
    const extra = ['!Makefile', '!src/fixture.test.ts'];
    expect(refuse([change('Makefile'), change('src/fixture.test.ts')], { extra })).toEqual([]);
    expect(refuse([change('src/other.test.ts'), change('package.json')], { extra })).toHaveLength(2);
  });

  test('takes a folder out with all that is in it', () => {
    expect(refuse([change('.vscode/settings.json')], { extra: ['!.vscode/**'] })).toEqual([]);
    expect(refuse([change('.vscode/settings.json')], { extra: ['!.vscode/'] })).toEqual([]);
    expect(refuse([change('a/.vscode/b/c.json')], { extra: ['!.vscode'] })).toEqual([]);
    expect(refuse([change('.vscode/settings.json')], { extra: ['!.vscode/', '.vscode/settings.json'] })).toHaveLength(
      1,
    );
  });

  test('the last word counts', () => {
    expect(refuse([change('a.sql')], { extra: ['*.sql', '!a.sql'] })).toEqual([]);
    expect(refuse([change('a.sql')], { extra: ['!a.sql', '*.sql'] })).toHaveLength(1);
  });
});
