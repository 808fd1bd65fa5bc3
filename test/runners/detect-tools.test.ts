import { chmod, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { detectRunner } from '../../src/runners/detect.ts';
import { pytestFolders } from '../../src/runners/pytest/folders.ts';
import { readSettings } from '../../src/runners/pytest/settings.ts';
import { scratch } from '../rig/scratch.ts';
import { toolEnv, writeFiles } from './tool-sample.ts';

async function projectOf(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await scratch('detect-tools');
  await writeFiles(root, files);
  return root;
}

const unittest = 'import unittest\n';

test.each([
  ['settings of its own', { 'pytest.ini': '', 'deep/test_a.py': unittest }, ['']],
  ['settings in pyproject.toml', { 'api/pyproject.toml': '[tool.pytest.ini_options]\n' }, ['api']],
  ['other settings in pyproject.toml', { 'pyproject.toml': '[tool.ruff]\n' }, []],
  ['tests of unittest without any settings', { 'tests/test_a.py': unittest }, ['']],
  [
    'tests beside the packages that they need',
    { 'api/requirements.txt': '', 'api/tests/test_a.py': unittest },
    ['api'],
  ],
  ['packages that name pytest, with tests of other names', { 'requirements-dev.txt': 'pytest>=7\n' }, ['']],
  ['a script that is only named like a test', { 'test_network.py': 'print("up")\n' }, []],
  ['two folders with settings', { 'a/pytest.ini': '', 'b/tox.ini': '[pytest]\n', 'c/tox.ini': '[tox]\n' }, ['a', 'b']],
  ['settings inside of what is run anyway', { 'setup.cfg': '[tool:pytest]\n', 'tests/pytest.ini': '' }, ['']],
  [
    'settings outside of the test paths of the root',
    { 'pyproject.toml': '[tool.pytest.ini_options]\ntestpaths = ["tests"]\n', 'jobs/pytest.ini': '' },
    ['', 'jobs'],
  ],
])('pytest is run where there is: %s', async (_, files, folders) => {
  expect(await pytestFolders(await projectOf(files), Object.keys(files))).toEqual(folders);
});

test.each([
  ['pytest.ini', '# ours\n[pytest]\npython_files = check_*.py\n  *_check.py\ntestpaths = a b # both\n'],
  [
    'pyproject.toml',
    '[tool.x]\n[tool.pytest.ini_options]\npython_files = [\n "check_*.py", # ours\n "*_check.py"]\ntestpaths = "a b"\n',
  ],
  [
    'setup.cfg',
    '[metadata]\ntestpaths = no\n[tool:pytest]\ntestpaths =\n    a\n    b\npython_files = check_*.py *_check.py\n[other]\n',
  ],
])('settings in %s', async (file, text) => {
  expect(await readSettings(await projectOf({ [file]: text }), 8)).toEqual({
    file,
    patterns: ['check_*.py', '*_check.py'],
    testPaths: expect.arrayContaining(['a', 'b']),
  });
});

/** A virtual environment that answers like one. */
async function environment(root: string, name: string, pytest: string | null): Promise<void> {
  const answer = JSON.stringify({ executable: join(root, name, 'bin/python'), python: '3.11.2', pytest });
  await writeFiles(root, { [`${name}/pyvenv.cfg`]: '', [`${name}/bin/python`]: `#!/bin/sh\necho '${answer}'\n` });
  await chmod(join(root, name, 'bin/python'), 0o755);
}

test('F41: the virtual environment of the folder comes first; what is missing in it is told', async () => {
  const root = await projectOf({ 'pytest.ini': '', 'uv.lock': '' });
  const detect = async (env: Record<string, string> = {}) => {
    const found = await detectRunner({ root, env: { PATH: '/nowhere', ...env } });
    return found.kind === 'found' ? found.runner.description : `${found.reason} ${found.remedy}`;
  };
  expect(await detect()).toMatch(/but no Python: .* \.venv with pytest in it/);
  await environment(root, 'elsewhere', '7.4.0');
  expect(await detect({ VIRTUAL_ENV: join(root, 'elsewhere') })).toMatch(
    /^pytest 7\.4\.0, run by \S+elsewhere \(Python/,
  );
  await environment(root, '.venv', null);
  expect(await detect({ VIRTUAL_ENV: join(root, 'elsewhere') })).toBe(
    'There are tests for pytest, but .venv (Python 3.11.2) has no pytest. Run: uv sync',
  );
  await environment(root, '.venv', '5.4.3');
  expect(await detect()).toMatch(/^pytest 5\.4\.3 is installed in \.venv; expected version 6 or later\. Run: /);
  await environment(root, '.venv', '8.1.1');
  expect(await detect()).toBe('pytest 8.1.1, run by .venv (Python 3.11.2)');
});

test('nothing of the project is imported to ask for the version', async () => {
  const root = await projectOf({ 'pytest.ini': '', 'pytest.py': 'open("imported", "w")\n', 'json.py': '1/0\n' });
  expect(await detectRunner({ root, env: toolEnv })).toMatchObject({ kind: 'found', runner: { name: 'pytest' } });
});

test('F41: go is asked for its own version', async () => {
  const root = await projectOf({ 'go.mod': 'module a\n', 'a_test.go': 'package a\n' });
  const bin = join(root, 'bin');
  await mkdir(bin);
  await symlink('/bin/sh', join(bin, 'sh'));
  const detect = async (version?: string) => {
    if (version !== undefined)
      await writeFiles(root, { 'bin/go': `#!/bin/sh\necho "go version ${version} linux/amd64"\n` });
    if (version !== undefined) await chmod(join(bin, 'go'), 0o755);
    const found = await detectRunner({ root, env: { PATH: bin } });
    return found.kind === 'found' ? found.runner.description : `${found.reason} ${found.remedy}`;
  };
  expect(await detect()).toMatch(/there is no go on the PATH\. Install Go 1\.19 or later/);
  expect(await detect('go1.18.10')).toMatch(/^go 1\.18\.10 is installed; expected version 1\.19 or later/);
  expect(await detect('go1.24.1')).toBe('go test (go 1.24.1)');
  expect(await detect('go1.22')).toBe('go test (go 1.22)');
  expect(await detectRunner({ root: await projectOf({ 'go.mod': 'module a\n' }), env: { PATH: bin } })).toMatchObject({
    kind: 'not-found',
  });
});
