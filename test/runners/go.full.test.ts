import { expect, test, vi } from 'vitest';
import { scratch } from '../rig/scratch.ts';
import { toolSample } from './tool-sample.ts';

// What is tested runs at low priority: on a busy machine it may have to wait for a long time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const plainTest = (name: string, imports: readonly string[] = []): string =>
  `package ${name}\n\nimport (\n\t"testing"\n${imports.map((each) => `\t_ "example.com/${each}"\n`).join('')})\n\nfunc TestIt(t *testing.T) {}\n`;

test('related: importers, across modules, embedded files and test data; where nobody knows, the module', async () => {
  const project = await toolSample(await scratch('related'), 'go', {
    'go.work': 'go 1.19\n\nuse (\n\t./lib\n\t./app\n)\n',
    'lib/go.mod': 'module example.com/lib\n\ngo 1.19\n',
    'lib/text/text.go': 'package text\n\nimport _ "embed"\n\n//go:embed words.txt\nvar Words string\n',
    'lib/text/words.txt': 'one\n',
    'lib/text/text_test.go': plainTest('text'),
    'lib/text/testdata/in.json': '{}',
    'lib/lonely/lonely.go': 'package lonely\n',
    'lib/lonely/lonely_test.go': plainTest('lonely'),
    'app/go.mod': 'module example.com/app\n\ngo 1.19\n\nrequire example.com/lib v0.0.0\n',
    'app/web/web.go': 'package web\n\nimport _ "example.com/lib/text"\n',
    'app/web/web_test.go': plainTest('web'),
    'app/outer/outer_test.go': plainTest('outer', ['app/web']),
    'app/notes.yaml': '',
    'alone/go.mod': 'module example.com/alone\n\ngo 1.19\n',
    'alone/alone_test.go': plainTest('alone'),
    'README.md': '',
  });
  const { related } = project;
  const [text, lonely, web, outer, alone] = [
    'lib/text/text_test.go',
    'lib/lonely/lonely_test.go',
    'app/web/web_test.go',
    'app/outer/outer_test.go',
    'alone/alone_test.go',
  ];
  expect(await related('lib/text/text.go')).toEqual([outer, web, text].sort());
  expect(await related('lib/text/words.txt')).toEqual([outer, web, text].sort());
  expect(await related('lib/text/testdata/in.json')).toEqual([outer, web, text].sort());
  expect(await related('lib/text/gone.go', 'lib/lonely/lonely_test.go')).toEqual([outer, web, lonely, text].sort());
  expect(await related(outer)).toEqual([outer]);
  expect(await related('app/notes.yaml')).toEqual([outer, web].sort());
  expect(await related('README.md')).toBe('no-tests');
  expect(await related('go.work')).toEqual([alone, outer, web, lonely, text].sort());
});

test('F42, VERIFY-6: a test that never ends is ended and named', async () => {
  const project = await toolSample(await scratch('hang'), 'go', {
    'go.mod': 'module example.com/hang\n\ngo 1.19\n',
    'a_test.go': 'package hang\n\nimport "testing"\n\nfunc TestHangs(t *testing.T) {\n\tfor {\n\t}\n}\n',
  });
  await project.run({ kind: 'related', files: ['nothing.md'] });
  const run = await project.run({ kind: 'all' }, { timeoutMs: 5_000 });
  expect(run).toMatchObject({
    kind: 'broken',
    reason: 'timed-out',
    detail: 'The tests did not end within 5 seconds. Still running: TestHangs.',
  });
});

test('F41: a go.mod that cannot be read is a fault of the set-up', async () => {
  const project = await toolSample(await scratch('set-up'), 'go', {
    'go.mod': 'module example.com/a\n\ngo 1.19\n\nrequire nonsense\n',
    'a_test.go': plainTest('a'),
  });
  expect(await project.run()).toMatchObject({
    kind: 'broken',
    reason: 'configuration',
    detail: expect.stringContaining('go.mod:5'),
  });
});
