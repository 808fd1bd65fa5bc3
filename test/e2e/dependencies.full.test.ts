import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { laneEnvironment } from '../../src/agent/lane-environment.ts';
import { probeReadOnly } from '../../src/process/probe-read-only.ts';
import { detectRunner } from '../../src/runners/detect.ts';
import { mender } from '../rig/menders.ts';
import { setStage } from '../rig/set-stage.ts';
import { rustEnv } from '../runners/cargo-sample.ts';
import { toolEnv } from '../runners/tool-sample.ts';
import { digest, rig, writeFiles } from '../workspace/rig.ts';

const python = toolEnv.PATH ?? '';

/** A virtual environment with what `pip install -e .` leaves in it: the path of the person's own sources. */
function installEditable(project: string): string {
  const path = { ...process.env, PATH: python };
  execFileSync('python3', ['-m', 'venv', '--system-site-packages', '--without-pip', '.venv'], {
    cwd: project,
    env: path,
  });
  const printed = execFileSync(
    join(project, '.venv', 'bin', 'python'),
    ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'],
    {
      cwd: project,
      encoding: 'utf8',
    },
  );
  const site = printed.trim();
  writeFileSync(join(site, '__editable__.shop-1.pth'), `${project}/src\n`);
  writeFiles(site, { 'installed/__init__.py': 'n = 1\n' });
  return join(project, '.venv');
}

/** Writes wherever it can think of; what the system forbids is no failure of it. */
const intruder = (places: string): string => `import os, sys
import installed
from shop import price


def test_writes():
    home = os.path.dirname(sys.prefix)
    for path in [${places}]:
        try:
            with open(path, 'a') as file:
                file.write('written')
        except OSError:
            pass


def test_price():
    assert price(2) == 4
`;

const everywhere = [
  "os.path.join(sys.prefix, 'written')",
  'installed.__file__',
  "os.path.join(home, 'node_modules', 'helper', 'index.js')",
  "os.path.join(home, 'src', 'shop', '__init__.py')",
  "os.path.join(home, 'written')",
];

test('an installation in editable mode is tested in the lane, and nothing is written into the packages of the person', async () => {
  const canGuard = (await probeReadOnly('/tmp', { PATH: python })) === undefined;
  const before = new Map<string, string>();
  const stage = await setStage({
    bare: true,
    files: {
      'pytest.ini': '[pytest]\ntestpaths = tests\n',
      'src/shop/__init__.py': 'def price(n):\n    return n * 2\n',
      'tests/test_shop.py': intruder(canGuard ? everywhere.join(', ') : ''),
      'package.json': '{"type":"module","devDependencies":{"vitest":"*"}}',
      'test/helper.test.js': `import { appendFileSync } from 'node:fs';\nimport { expect, test } from 'vitest';\nimport { one } from 'helper';\ntest('helps', () => {\n  ${canGuard ? "try { appendFileSync('node_modules/helper/index.js', '// written'); } catch {}" : ''}\n  expect(one).toBe(1);\n});\n`,
    },
    env: { PATH: python },
    prepare: async (project) => {
      installEditable(project);
      writeFiles(project, { 'node_modules/helper/index.js': 'export const one = 1;\n' });
      writeFiles(project, {
        'node_modules/helper/package.json': '{"name":"helper","type":"module","main":"index.js"}',
      });
      writeFiles(project, { '.git/info/exclude': '.venv/\n' });
      for (const name of ['.venv', 'node_modules']) before.set(name, digest(join(project, name)));
    },
    scenario: mender({ file: 'src/shop/__init__.py', from: 'n * 3', to: 'n + n' }),
  });
  expect(await stage.until('baseline.made')).toMatchObject({ green: 3, red: 0 });
  await stage.edit('src/shop/__init__.py', 'n * 2', 'n * 3');
  expect(await stage.until(['task.finished', 'task.failed'])).toMatchObject({ outcome: 'fixed' });
  expect(await stage.read('src/shop/__init__.py')).toContain('n + n');
  for (const [name, hash] of before) expect(digest(join(stage.project, name)), name).toBe(hash);
  expect(existsSync(join(stage.project, 'written'))).toBe(false);
});

test('TEST_COMMAND takes what is installed in editable mode from the lane', async () => {
  const stage = await setStage({
    bare: true,
    files: {
      'src/shop/__init__.py': 'def price(n):\n    return n * 2\n',
      'check.py': 'import sys\nfrom shop import price\nsys.exit(0 if price(2) == 4 else 1)\n',
    },
    env: { PATH: python },
    settings: { TEST_RUNNER: 'command', TEST_COMMAND: '.venv/bin/python check.py', LANE_LINKS: '.venv' },
    prepare: async (project) => {
      installEditable(project);
      writeFiles(project, { '.git/info/exclude': '.venv/\n' });
    },
    scenario: mender({ file: 'src/shop/__init__.py', from: 'n * 3', to: 'n + n' }),
  });
  expect(await stage.until('baseline.made')).toMatchObject({ green: 1, red: 0 });
  await stage.edit('src/shop/__init__.py', 'n * 2', 'n * 3');
  expect(await stage.until(['task.finished', 'task.failed'])).toMatchObject({ outcome: 'fixed' });
  expect(await stage.read('src/shop/__init__.py')).toContain('n + n');
});

test('go and cargo write neither into vendor nor into target of the project', async () => {
  const project = await rig({
    '.gitignore': 'vendor/\ntarget/\n',
    'go.mod': 'module example.com/shop\n\ngo 1.19\n\nrequire example.com/dep v1.0.0\n',
    'shop_test.go':
      'package shop\n\nimport (\n\t"os"\n\t"testing"\n\n\t"example.com/dep"\n)\n\nfunc TestDep(t *testing.T) {\n\tos.WriteFile("vendor/example.com/dep/dep.go", []byte("written"), 0o644)\n\tif dep.N != 1 {\n\t\tt.Fail()\n\t}\n}\n',
    'Cargo.toml': '[package]\nname = "shop"\nversion = "1.0.0"\nedition = "2021"\n',
    'src/lib.rs':
      '#[test]\nfn works() {\n    let _ = std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/target/written"), "written");\n}\n',
  });
  writeFiles(project.root, {
    'vendor/modules.txt': '# example.com/dep v1.0.0\n## explicit; go 1.19\nexample.com/dep\n',
    'vendor/example.com/dep/dep.go': 'package dep\n\nconst N = 1\n',
    'target/debug/kept': 'of the person',
  });
  const before = digest(project.root);
  const env = { ...rustEnv, CARGO_TARGET_DIR: join(project.root, 'target') };
  const detection = await detectRunner({ root: project.root, env });
  if (detection.kind !== 'found') throw new Error(detection.reason);
  expect(detection.runner.name).toBe('go+cargo');
  const workspace = await project.open({ laneLinks: ['vendor'] });
  const lane = workspace.lane('verify');
  await lane.renew(await workspace.snapshot());
  const reportFolder = join(project.folder, 'report');
  await mkdir(reportFolder);
  const canGuard = (await probeReadOnly(project.root, env)) === undefined;
  const run = await detection.runner.run({
    root: lane.root,
    scope: { kind: 'all' },
    env: laneEnvironment(env, { projectRoot: project.root, lane, canGuard, modules: [] }),
    reportFolder,
    timeoutMs: 100_000,
    signal: new AbortController().signal,
  });
  expect(run).toMatchObject({ kind: 'report', report: { exitCode: 0 } });
  expect(run.kind === 'report' && run.report.tests.map(({ status }) => status)).toEqual(['passed', 'passed']);
  expect(digest(project.root)).toBe(before);
});
