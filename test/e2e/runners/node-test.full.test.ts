import { type Story, tellStories } from './story.ts';

const story: Story = {
  name: 'node:test',
  files: {
    'package.json': '{"type":"module","scripts":{"test":"node --test"}}',
    'src/sum.js': 'export const sum = (a, b) => a + b;\n',
    'test/sum.test.js': [
      "import assert from 'node:assert';",
      "import { describe, it, test } from 'node:test';",
      "import { sum } from '../src/sum.js';",
      "describe('sum', () => {",
      "  it('adds', () => assert.equal(sum(2, 3), 5));",
      "  it('adds nothing', () => assert.equal(sum(0, 0), 0));",
      '});',
      "test('was red before', () => assert.equal(sum(1, 1), 3));",
    ].join('\n'),
  },
  green: 2,
  redBefore: 1,
  breaks: { file: 'src/sum.js', from: 'a + b', to: 'a - b' },
  test: 'node-test|test/sum.test.js|sum > adds|1',
  cheats: { file: 'test/sum.test.js', from: '3), 5', to: '3), -1' },
  refused: /test\/sum\.test\.js, which is protected/,
  flips: (marker) => ({
    file: 'src/sum.js',
    from: 'export const sum = (a, b) => a + b;\n',
    to: [
      "import { existsSync, writeFileSync } from 'node:fs';",
      `const flips = !existsSync('${marker}');`,
      `if (flips) writeFileSync('${marker}', '');`,
      'export const sum = (a, b) => (flips && a > 1 ? 0 : a + b);\n',
    ].join('\n'),
  }),
  hangs: { file: 'src/sum.js', from: '=> a + b', to: '=> { for (;;); }' },
};

tellStories(story);
