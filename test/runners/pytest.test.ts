import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { TestReport, TestRun } from '../../src/domain/tests.ts';
import { scratch } from '../rig/scratch.ts';
import { type ToolSample, toolSample } from './tool-sample.ts';
import { messageOf, reportOf, statuses } from './vitest-sample.ts';

// What is tested runs at low priority: on a busy machine it may have to wait for a long time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const everyOutcome: Record<string, string> = {
  'pytest.ini': '[pytest]\naddopts = -x --lf --maxfail=1\n',
  'shop/__init__.py': '',
  'shop/deep.py': 'def deep():\n    return 2\n',
  'shop/a.py': 'from .deep import deep\n\n\ndef a():\n    return deep()\n',
  'shop/lonely.py': 'LONELY = 1\n',
  'tests/conftest.py': 'import pytest\n\n\n@pytest.fixture\ndef broken():\n    raise ValueError("no fixture")\n',
  'tests/test_green.py': `
import os, sys
import pytest
from shop.a import a

class TestOuter:
    class TestInner:
        def test_two(self):
            assert a() == 2

    @pytest.mark.parametrize("n", [1, 2])
    def test_n(self, n):
        assert n > 0

@pytest.mark.parametrize("text", ["x::y", "a/b", "Größe > 日本"])
def test_texts(text):
    print('{"kind": "end", "exitCode": 0}')
    assert [name for name in os.environ if name.startswith("MENDWATCH_")] in ([], ["MENDWATCH_MARKER"])

@pytest.mark.parametrize("thing", [object(), len], ids=repr)
def test_addresses(thing):
    pass

@pytest.mark.skip(reason="not now")
def test_skipped():
    pass

@pytest.mark.xfail
def test_expected_to_fail():
    assert False

@pytest.mark.xfail
def test_passes_in_spite():
    pass
`,
  'tests/test_red.py': `
import sys
import pytest
from shop.a import a

def test_differs():
    print("printed before")
    assert {"a": a(), "b": [1, 2]} == {"a": 3, "b": [1, 3]}

def test_fixture(broken):
    pass

@pytest.fixture
def torn():
    yield
    raise RuntimeError("in teardown")

def test_teardown(torn):
    pass

def test_leaves():
    sys.exit(0)

@pytest.mark.xfail(strict=True)
def test_strict():
    pass
`,
  'tests/test_unit.py': `
import unittest

class Numbers(unittest.TestCase):
    def test_one(self):
        self.assertEqual(1, 1)

    def test_parts(self):
        for i in range(3):
            with self.subTest(i=i):
                self.assertNotEqual(i, 1)
`,
  'tests/test_syntax.py': 'def test_x(:\n',
  'tests/test_missing.py': 'import nowhere\n\n\ndef test_x():\n    pass\n',
  'tests/test_script.py': 'import sys\n\nsys.exit(3)\n',
  'tests/test_left_out.py': 'import pytest\n\npytest.skip("not here", allow_module_level=True)\n',
};

const everyStatus: Record<string, string> = {
  'pytest|tests/test_green.py|TestOuter > TestInner > test_two|1': 'passed',
  'pytest|tests/test_green.py|TestOuter > test_n[1]|1': 'passed',
  'pytest|tests/test_green.py|TestOuter > test_n[2]|1': 'passed',
  'pytest|tests/test_green.py|test_addresses[<built-in function len>]|1': 'passed',
  'pytest|tests/test_green.py|test_addresses[<object object at 0x…>]|1': 'passed',
  'pytest|tests/test_green.py|test_expected_to_fail|1': 'skipped',
  'pytest|tests/test_green.py|test_passes_in_spite|1': 'passed',
  'pytest|tests/test_green.py|test_skipped|1': 'skipped',
  'pytest|tests/test_green.py|test_texts[Gr\\xf6\\xdfe > \\u65e5\\u672c]|1': 'passed',
  'pytest|tests/test_green.py|test_texts[a/b]|1': 'passed',
  'pytest|tests/test_green.py|test_texts[x::y]|1': 'passed',
  'pytest|tests/test_missing.py|(load)': 'failed',
  'pytest|tests/test_red.py|test_differs|1': 'failed',
  'pytest|tests/test_red.py|test_fixture|1': 'failed',
  'pytest|tests/test_red.py|test_leaves|1': 'failed',
  'pytest|tests/test_red.py|test_strict|1': 'failed',
  'pytest|tests/test_red.py|test_teardown|1': 'failed',
  'pytest|tests/test_script.py|(load)': 'failed',
  'pytest|tests/test_syntax.py|(load)': 'failed',
  'pytest|tests/test_unit.py|Numbers > test_one|1': 'passed',
  'pytest|tests/test_unit.py|Numbers > test_parts|1': 'failed',
};

describe('a run of everything', () => {
  let folder: string;
  let project: ToolSample;
  let run: TestRun;
  let report: TestReport;

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'mendwatch-pytest-')));
    project = await toolSample(folder, 'pytest', everyOutcome);
    run = await project.run();
    report = reportOf(run);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('F70: every outcome has an id of its own, whatever the settings would leave out', () => {
    expect(statuses(report)).toEqual(everyStatus);
    expect(report).toMatchObject({ runner: 'pytest', exitCode: 1 });
    expect(report.files).toContain('tests/test_left_out.py');
  });

  test('failures carry their error first, where it was and what was printed, free of colours and places', () => {
    const differs = messageOf(report, 'pytest|tests/test_red.py|test_differs|1');
    expect(differs).toMatch(/^AssertionError: assert \{|^assert \{/);
    expect(differs).toContain('tests/test_red.py:8: in test_differs');
    expect(differs).toContain('printed before');
    expect(messageOf(report, 'pytest|tests/test_red.py|test_fixture|1')).toMatch(/^setup: ValueError: no fixture/);
    expect(messageOf(report, 'pytest|tests/test_red.py|test_teardown|1')).toMatch(/^teardown: RuntimeError: in/);
    expect(messageOf(report, 'pytest|tests/test_missing.py|(load)')).toMatch(
      /^ModuleNotFoundError: No module named 'nowhere'/,
    );
    expect(messageOf(report, 'pytest|tests/test_syntax.py|(load)')).toContain('SyntaxError');
    expect(messageOf(report, 'pytest|tests/test_script.py|(load)')).toContain('SystemExit: 3');
    const text = JSON.stringify(report);
    expect(text).not.toContain(folder);
    expect(text).not.toContain('\\u001b');
  });

  test('VERIFY-8: a run leaves nothing behind', async () => {
    const left = await readdir(project.root, { recursive: true });
    expect(left.filter((path) => /__pycache__|\.pyc$|pytest_cache|hypothesis/.test(path))).toEqual([]);
    expect(left.filter((path) => path.includes('.')).sort()).toEqual(Object.keys(everyOutcome).sort());
  });

  test('the imports of each test file are named, with the set-up files above it', () => {
    expect(report.imports['tests/test_green.py']).toEqual([
      'shop/__init__.py',
      'shop/a.py',
      'shop/deep.py',
      'tests/conftest.py',
    ]);
    expect(report.imports['tests/test_unit.py']).toEqual(['tests/conftest.py']);
  });

  test('exactly the files of the scope run', async () => {
    const only = reportOf(await project.run({ kind: 'files', files: ['tests/test_unit.py', 'tests/test_gone.py'] }));
    expect(only.files).toEqual(['tests/test_unit.py']);
    expect(Object.keys(statuses(only))).toHaveLength(2);
  });
});

test('related tests are found by imports, names in texts and set-up files; where nobody knows, all run', async () => {
  const project = await toolSample(await scratch('related'), 'pytest', {
    'pyproject.toml': '[tool.pytest.ini_options]\ntestpaths = ["tests"]\n',
    'README.md': '',
    'src/shop/__init__.py': '',
    'src/shop/price.py': 'from shop import money\n',
    'src/shop/money.py': '',
    'src/shop/lonely.py': '',
    'src/shop/plugins/__init__.py': '',
    'src/shop/plugins/one.py': '',
    'src/shop/load.py':
      'import importlib\n\ndef load(name):\n    return importlib.import_module(f"shop.plugins.{name}")\n',
    'src/shop/data.json': '{}',
    'tests/conftest.py': 'import os, sys\nsys.path.insert(0, os.path.abspath("src"))\n',
    'tests/unit/conftest.py': 'from shop import load\n',
    'tests/unit/test_load.py': 'def test_load(): pass\n',
    'tests/test_price.py': 'from shop.price import money\ndef test_price(): pass\n',
    'tests/test_patched.py':
      'from unittest import mock\ndef test_patched():\n    with mock.patch("shop.money.x", create=True): pass\n',
    'tests/test_other.py': 'def test_other(): pass\n',
    'elsewhere/test_not_run.py': 'from shop import money\ndef test_not_run(): assert False\n',
  });
  const { related } = project;
  expect(await related('src/shop/money.py')).toEqual(['tests/test_patched.py', 'tests/test_price.py']);
  expect(await related('src/shop/plugins/one.py')).toEqual(['tests/unit/test_load.py']);
  expect(await related('tests/unit/conftest.py', 'tests/test_other.py')).toEqual([
    'tests/test_other.py',
    'tests/unit/test_load.py',
  ]);
  expect(await related('src/shop/lonely.py', 'README.md')).toBe('no-tests');
  expect(await related('src/shop/data.json')).toHaveLength(4);
  await rm(join(project.root, 'src/shop/money.py'));
  expect(reportOf(await project.run({ kind: 'related', files: ['src/shop/money.py'] })).tests).toMatchObject([
    { file: 'tests/test_patched.py', status: 'failed' },
    { file: 'tests/test_price.py', kind: 'load' },
  ]);
  expect(project.runner.isProtected('tests/data/x.json')).toBe(true);
  expect(project.runner.isProtected('src/shop/conftest.py')).toBe(true);
  expect(project.runner.isProtected('src/shop/price.py')).toBe(false);
  expect(project.runner.isTestFile('elsewhere/test_not_run.py')).toBe(false);
});
