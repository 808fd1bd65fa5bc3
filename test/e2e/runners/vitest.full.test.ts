import { type Story, tellStories } from './story.ts';

const story: Story = {
  name: 'vitest',
  files: {
    'package.json': '{"type":"module","devDependencies":{"vitest":"*"}}',
    'src/sum.js': 'export const sum = (a, b) => a + b;\n',
    'test/sum.test.js': [
      "import { expect, test } from 'vitest';",
      "import { sum } from '../src/sum.js';",
      "test('adds', () => expect(sum(2, 3)).toBe(5));",
      "test('adds nothing', () => expect(sum(0, 0)).toBe(0));",
      "test('was red before', () => expect(sum(1, 1)).toBe(3));",
    ].join('\n'),
  },
  green: 2,
  redBefore: 1,
  breaks: { file: 'src/sum.js', from: 'a + b', to: 'a - b' },
  test: '|test/sum.test.js|adds|1',
  cheats: { file: 'test/sum.test.js', from: 'toBe(5)', to: 'toBe(-1)' },
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
