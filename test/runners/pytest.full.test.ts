import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { scratch } from '../rig/scratch.ts';
import { toolEnv, toolSample, writeFiles } from './tool-sample.ts';
import { messageOf, reportOf, statuses } from './vitest-sample.ts';

// What is tested runs at low priority: on a busy machine it may have to wait for a long time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

test('a module that loads others by names that nobody knows makes its tests depend on everything', async () => {
  const project = await toolSample(await scratch('open'), 'pytest', {
    'app/__init__.py': '',
    'app/any.py': 'from importlib import import_module\ndef get(name): return import_module(name)\n',
    'other/__init__.py': '',
    'test_any.py': 'from app.any import get\ndef test_any(): pass\n',
    'test_none.py': 'def test_none(): pass\n',
  });
  expect(await project.related('other/__init__.py')).toEqual(['test_any.py']);
  expect(reportOf(await project.run()).imports).toEqual({ 'test_none.py': [] });
});

test('a set-up file that cannot be loaded makes the files below it red, not the run broken', async () => {
  const project = await toolSample(await scratch('conftest'), 'pytest', {
    'app.py': 'def f(:\n',
    'conftest.py': 'import app\n',
    'test_a.py': 'def test_a(): pass\n',
    'deep/test_b.py': 'def test_b(): pass\n',
  });
  const report = reportOf(await project.run());
  expect(statuses(report)).toEqual({ 'pytest|deep/test_b.py|(load)': 'failed', 'pytest|test_a.py|(load)': 'failed' });
  expect(messageOf(report, 'pytest|test_a.py|(load)')).toMatch(/SyntaxError[\s\S]*\(while loading conftest\.py\)/);
  await project.save('conftest.py', '');
  await project.save('deep/conftest.py', 'import app\n');
  // Some versions of pytest find out no tests at all then.
  expect(statuses(reportOf(await project.run()))).toMatchObject({ 'pytest|deep/test_b.py|(load)': 'failed' });
});

test.each([
  ['import os\ndef test_a(): os._exit(0)\n', 'crashed', /exit code 0 before the tests did.*test_a/],
  ['import os\ndef test_a(): os.abort()\n', 'crashed', /SIGABRT/],
  ['import pytest\ndef test_a(): pytest.exit("enough", returncode=0)\ndef test_b(): pass\n', 'crashed', /enough/],
  ['def test_a():\n    while True: pass\n', 'timed-out', /within 4 seconds\. The last one to begin was test_a/],
])('F42, VERIFY-6: a test that ends or holds up the process is no report: %j', async (text, reason, detail) => {
  const project = await toolSample(await scratch('ends'), 'pytest', { 'test_a.py': text });
  const run = await project.run({ kind: 'all' }, { timeoutMs: 4_000 });
  expect(run).toMatchObject({ kind: 'broken', reason, detail: expect.stringMatching(detail) });
});

test('a fork of a test reports nothing, and settings that cannot be read are a fault of the set-up', async () => {
  const project = await toolSample(await scratch('fork'), 'pytest', {
    'pytest.ini': '[pytest]\n',
    'test_a.py': 'import os\ndef test_a():\n    if os.fork() == 0: raise SystemExit\n    os.wait()\n',
  });
  expect(statuses(reportOf(await project.run()))).toEqual({ 'pytest|test_a.py|test_a|1': 'passed' });
  await project.save('pytest.ini', '[pytest]\naddopts = --no-such-option\n');
  expect(await project.run()).toMatchObject({
    kind: 'broken',
    reason: 'configuration',
    detail: expect.stringContaining('no-such-option'),
  });
});

test('an installation in editable mode leads to the lane, for tests and for what they start', async () => {
  const folder = await scratch('editable');
  const home = join(folder, 'project');
  const site = join(folder, 'site');
  const finder = `MAPPING = {'found': '${home}/lib/found'}\nNAMESPACES = {}\nimport sys, importlib.util
class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name in MAPPING: return importlib.util.spec_from_file_location(name, MAPPING[name] + '/__init__.py')
sys.meta_path.append(Finder)\n`;
  await mkdir(site, { recursive: true });
  await writeFile(join(site, '__editable___found_finder.py'), finder);
  await writeFile(
    join(site, 'sitecustomize.py'),
    `import sys, __editable___found_finder\nsys.path.append('${home}/src')\n`,
  );
  const files = {
    'src/shop.py': 'VALUE = "person"\n',
    'lib/found/__init__.py': 'VALUE = "person"\n',
    'tests/test_shop.py': `import subprocess, sys
import shop, found
def test_shop():
    assert (shop.VALUE, found.VALUE) == ("lane", "lane")
    code = "import shop, found; print(shop.VALUE, found.VALUE)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "lane lane"
`,
  };
  const env = { ...toolEnv, PYTHONPATH: site };
  const project = await toolSample(folder, 'pytest', files, env);
  const lane = join(folder, 'lane');
  await writeFiles(lane, files);
  await writeFiles(lane, { 'src/shop.py': 'VALUE = "lane"\n', 'lib/found/__init__.py': 'VALUE = "lane"\n' });
  const report = reportOf(await project.run({ kind: 'all' }, { root: lane }));
  expect(report.tests.map(({ status, message }) => message ?? status)).toEqual(['passed']);
});

test('several folders have a pytest each; a module that both use runs the tests of both', async () => {
  const project = await toolSample(await scratch('several'), 'pytest', {
    'api/pytest.ini': '[pytest]\npythonpath = ..\n',
    'api/test_api.py': 'from shared import x\ndef test_api(): pass\n',
    'jobs/setup.cfg': '[tool:pytest]\npython_files = check_*.py\n',
    'jobs/check_jobs.py': 'import sys\nsys.path.insert(0, "..")\nimport shared.x\ndef test_jobs(): pass\n',
    'shared/__init__.py': '',
    'shared/x.py': '',
  });
  expect(project.runner.description).toMatch(/^pytest \S+ in api, run by .*; pytest \S+ in jobs, run by /);
  expect(statuses(reportOf(await project.run()))).toEqual({
    'pytest|api/test_api.py|test_api|1': 'passed',
    'pytest|jobs/check_jobs.py|test_jobs|1': 'passed',
  });
  expect(await project.related('shared/x.py')).toEqual(['api/test_api.py', 'jobs/check_jobs.py']);
  expect(await project.related('jobs/data.csv')).toEqual(['jobs/check_jobs.py']);
});
