import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { scratch } from '../rig/scratch.ts';
import { checkSample, linkPackage, reportOf } from './check-sample.ts';
import { writeFiles } from './tool-sample.ts';

vi.setConfig({ testTimeout: 120_000 });

test('mypy takes what is installed in editable mode from the folder that it looks at, not from the person’s', async () => {
  const folder = await scratch('editable');
  const root = join(folder, 'project');
  execFileSync('/usr/bin/python3', ['-m', 'venv', '--without-pip', join(root, '.venv')]);
  const [version = ''] = await readdir(join(root, '.venv/lib'));
  await writeFile(join(root, '.venv/lib', version, 'site-packages/__editable__.shop.pth'), `${join(root, 'src')}\n`);
  const { run } = await checkSample(
    folder,
    {
      'mypy.ini': '[mypy]\nfiles = tests\n',
      'src/shop/__init__.py': '',
      'src/shop/py.typed': '',
      'src/shop/price.py': 'def price(of: int) -> int:\n    return of\n',
      'tests/test_price.py': 'from shop.price import price\n\nprice(1)\n',
    },
    { checks: ['mypy'] },
  );
  const lane = join(folder, 'lane');
  await cp(root, lane, { recursive: true, filter: (path) => !path.endsWith('.venv') });
  const scope = { kind: 'all' } as const;
  expect(reportOf(await run(scope, { root: lane })).tests).toEqual([]);
  await writeFiles(lane, { 'src/shop/price.py': 'def price(of: str) -> int:\n    return 1\n' });
  expect(reportOf(await run(scope, { root: lane })).tests).toMatchObject([
    { title: expect.stringContaining('incompatible type "int"; expected "str"') },
  ]);
});

test('tsc is that of the package where the root has none, each of its own', async () => {
  const folder = await scratch('package tsc');
  const root = join(folder, 'project');
  await linkPackage(join(root, 'packages/app'), 'typescript');
  const strict = '{"compilerOptions":{"strict":true,"types":[]},"files":["a.ts"]}';
  const own =
    '#!/usr/bin/env node\nconsole.log("b.ts(1,1): error TS2322: said by its own.\\nCheck time: 1.00s");process.exit(2);';
  await mkdir(join(root, 'node_modules'), { recursive: true });
  const { run, runner } = await checkSample(
    folder,
    {
      'package.json': '{"workspaces":["packages/*"]}',
      'packages/app/package.json': '{"name":"app","devDependencies":{"typescript":"*"}}',
      'packages/app/tsconfig.json': strict,
      'packages/app/a.ts': 'const wrong: number = "one";\n',
      'packages/old/package.json': '{"name":"old"}',
      'packages/old/tsconfig.json': strict,
      'packages/old/node_modules/typescript/package.json': '{"name":"typescript","version":"4.1.0"}',
      'packages/old/node_modules/typescript/bin/tsc': own,
    },
    { checks: ['tsc'] },
  );
  expect(runner.description).toMatch(/^check: tsc \d+\.\d+\.\d+, 4\.1\.0 \(2 configurations\)$/);
  expect(reportOf(await run()).tests.map(({ title }) => title)).toEqual([
    expect.stringContaining('said by its own'),
    expect.stringContaining("Type 'string' is not assignable to type 'number'"),
  ]);
});
