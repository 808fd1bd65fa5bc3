import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { packageFolder } from '../../rig/javascript-project.ts';
import { type Story, tellStories } from './story.ts';

const story: Story = {
  name: 'jest',
  prepare: (project) => symlink(packageFolder('jest'), join(project, 'node_modules', 'jest')),
  files: {
    'package.json': '{"scripts":{"test":"jest --coverage"},"devDependencies":{"jest":"*"}}',
    'src/sum.js': 'exports.sum = (a, b) => a + b;\n',
    'src/sum.test.js': [
      "const { sum } = require('./sum');",
      "describe('sum', () => {",
      "  test('adds', () => expect(sum(2, 3)).toBe(5));",
      "  test('adds nothing', () => expect(sum(0, 0)).toBe(0));",
      '});',
      "test('was red before', () => expect(sum(1, 1)).toBe(3));",
    ].join('\n'),
  },
  green: 2,
  redBefore: 1,
  breaks: { file: 'src/sum.js', from: 'a + b', to: 'a - b' },
  test: 'jest|src/sum.test.js|sum > adds|1',
  cheats: { file: 'src/sum.test.js', from: 'toBe(5)', to: 'toBe(-1)' },
  refused: /src\/sum\.test\.js, which is protected/,
  flips: (marker) => ({
    file: 'src/sum.js',
    from: 'exports.sum = (a, b) => a + b;\n',
    to: [
      "const { existsSync, writeFileSync } = require('node:fs');",
      `const flips = !existsSync('${marker}');`,
      `if (flips) writeFileSync('${marker}', '');`,
      'exports.sum = (a, b) => (flips && a > 1 ? 0 : a + b);\n',
    ].join('\n'),
  }),
  hangs: { file: 'src/sum.js', from: '=> a + b', to: '=> { for (;;); }' },
};

tellStories(story);
