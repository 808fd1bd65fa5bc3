import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { detectRunner } from '../../src/runners/detect.ts';
import type { Finding, Runner, TestScope } from '../../src/runners/types.ts';
import { watchedOnly } from '../../src/runners/watched.ts';
import { vitestFolder } from '../rig/sample-project.ts';
import { scratch } from '../rig/scratch.ts';
import { reportOf, sampleEnv, statuses } from './vitest-sample.ts';

/** A runner of these folders that can be made for some of them alone; its description says for which. */
function found(name: string, homes: readonly string[], ending = '', more: Partial<Runner> = {}): Finding {
  const only = (some: readonly string[]): Runner =>
    ({
      name,
      description: `${name} in ${some.map((each) => each || 'the root').join(', ')}`,
      wants: (path: string) => path.endsWith(ending),
      ...more,
    }) as Runner;
  return { kind: 'runner', folder: '', homes, runner: only(homes), only };
}

const files = [
  'README.md',
  'legacy/old.py',
  'services/api/pytest.ini',
  'services/api/app.py',
  'services/pay/pay.go',
  'services/compose.yaml',
  'tools/build.py',
  'web/app.ts',
  'web/scripts/make.py',
];
const pytest = found('pytest', ['', 'services/api'], '.py');
const vitest = found('vitest', ['web'], '.ts');
const go = found('go', ['services/pay'], '.go');
const checks = [found('tsc', [''], '', { isCheck: true }), found('go-vet', ['services/pay'], '', { isCheck: true })];
const own = found('command', ['']);
const broken: Finding = { kind: 'unusable', folder: 'tools', reason: 'jest is not installed.', remedy: '' };
const all = [pytest, vitest, go, ...checks, own, broken];

const kept = (...watchPaths: string[]): readonly string[] =>
  watchedOnly(all, watchPaths, files).map((each) => (each.kind === 'runner' ? each.runner.description : each.reason));

describe('the runners of what is watched', () => {
  test('all of it, where all is watched', () => {
    expect(kept('.')).toHaveLength(all.length);
    expect(kept('web', '.')).toHaveLength(all.length);
  });

  test('those inside of the folders, alone; checks above them and commands of the person stay', () => {
    const always = ['tsc in the root', 'command in the root'];
    expect(kept('services/api', 'web')).toEqual(['pytest in services/api', 'vitest in web', ...always]);
    expect(kept('services')).toEqual([
      'pytest in services/api',
      'go in services/pay',
      always[0],
      'go-vet in services/pay',
      always[1],
    ]);
  });

  test('where there is none inside, and for sources of none, the nearest above', () => {
    expect(kept('services/api/app.py')).toContain('pytest in services/api');
    expect(kept('services/api/app.py')).not.toContain('vitest in web');
    expect(kept('legacy')).toContain('pytest in the root');
    const flat = [found('pytest', ['', 'src/inner'], '.py'), found('go', [''], '.go')];
    const sources = ['src/a.py', 'src/inner/b.py'];
    const names = watchedOnly(flat, ['src'], sources).map((each) => each.kind === 'runner' && each.runner.description);
    expect(names).toEqual(['pytest in the root, src/inner']);
  });

  test('what cannot be run is told of where it is watched', () => {
    expect(kept('tools')).toContain('jest is not installed.');
    expect(kept('web')).not.toContain('jest is not installed.');
  });
});

async function project(files: Readonly<Record<string, string>>, installed: readonly string[]): Promise<string> {
  const root = await scratch('watched');
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  for (const folder of installed) {
    await mkdir(join(root, folder, 'node_modules'), { recursive: true });
    await symlink(vitestFolder(5), join(root, folder, 'node_modules/vitest'));
  }
  return root;
}

test('packages that are installed apart from the root are projects of their own; samples and nested repositories are not', async () => {
  const declared = '{"devDependencies":{"vitest":"*"}}';
  const root = await project(
    {
      'web/package.json': declared,
      'admin/package.json': declared,
      'sample/package.json': declared,
      'vendored/.git/HEAD': '',
      'vendored/package.json': declared,
    },
    ['web', 'admin', 'vendored'],
  );
  const detect = (...watchPaths: string[]) => detectRunner({ root, env: sampleEnv, watchPaths });
  const said = async (...watchPaths: string[]) => {
    const detection = await detect(...watchPaths);
    return detection.kind === 'found' ? detection.runner.description : detection.reason;
  };
  expect(await said('.')).toMatch(/^vitest \S+ in admin, run by \S+; vitest \S+ in web, run by \S+$/);
  expect(await said('web')).toMatch(/^vitest \S+ in web, run by \S+$/);
  expect(await said('sample')).toBe(
    'Nothing runs tests in sample, which is what WATCH_PATHS names; in the rest of the project there are tests.',
  );
});

test('a project apart that has projects of its own runs as all of them, beside one that has none', async () => {
  const test = (colour: string) => `import { expect, test } from 'vitest';
test('colour', () => expect(process.env.COLOUR).toBe('${colour}'));
test('place', () => expect(process.cwd().endsWith('/service')).toBe(true));`;
  const one = (name: string) =>
    `{ test: { name: '${name}', include: ['${name}/*.test.js'], env: { COLOUR: '${name}' } } }`;
  const files = {
    'service/package.json': '{"name":"service","type":"module","devDependencies":{"vitest":"*"}}',
    'service/vitest.config.js': `export default { test: { projects: [${one('red')}, ${one('blue')}] } };`,
    'service/red/a.test.js': test('red'),
    'service/blue/a.test.js': test('blue'),
    'web/package.json': '{"name":"web","type":"module","devDependencies":{"vitest":"*"}}',
    'web/vitest.config.js': '// projects: none\nexport default {};',
    'web/a.test.js': "import { test } from 'vitest'; test('web', () => {});",
  };
  const root = await project(files, ['service', 'web']);
  const detection = await detectRunner({ root, env: sampleEnv });
  if (detection.kind !== 'found') throw new Error(detection.reason);
  const reportFolder = await scratch('report');
  const signal = new AbortController().signal;
  const { runner } = detection;
  const run = (scope: TestScope) =>
    runner.run({ root, scope, env: sampleEnv, reportFolder, timeoutMs: 100_000, signal });
  expect(statuses(reportOf(await run({ kind: 'all' })))).toEqual({
    'red|service/red/a.test.js|colour|1': 'passed',
    'red|service/red/a.test.js|place|1': 'passed',
    'blue|service/blue/a.test.js|colour|1': 'passed',
    'blue|service/blue/a.test.js|place|1': 'passed',
    'web|web/a.test.js|web|1': 'passed',
  });
  const related = reportOf(await run({ kind: 'related', files: ['service/blue/a.test.js'] }));
  expect(related.files).toEqual(['service/blue/a.test.js']);
  expect(runner.isTestFile('service/red/b.test.js')).toBe(true);
});
