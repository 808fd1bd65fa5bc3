import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { packageFolder } from '../../rig/javascript-project.ts';
import { type Story, tellStories } from './story.ts';

const story: Story = {
  name: 'mocha',
  prepare: (project) => symlink(packageFolder('mocha'), join(project, 'node_modules', 'mocha')),
  files: {
    'package.json': '{"scripts":{"test":"c8 mocha --reporter dot"},"devDependencies":{"mocha":"*"}}',
    'src/sum.js': 'exports.sum = (a, b) => a + b;\n',
    'test/sum.js': [
      "const assert = require('node:assert');",
      "const { sum } = require('../src/sum');",
      "describe('sum', () => {",
      "  it('adds', () => assert.equal(sum(2, 3), 5));",
      "  it('adds nothing', () => assert.equal(sum(0, 0), 0));",
      '});',
      "it('was red before', () => assert.equal(sum(1, 1), 3));",
    ].join('\n'),
  },
  green: 2,
  redBefore: 1,
  breaks: { file: 'src/sum.js', from: 'a + b', to: 'a - b' },
  test: 'mocha|test/sum.js|sum > adds|1',
  cheats: { file: 'test/sum.js', from: '3), 5', to: '3), -1' },
  refused: /test\/sum\.js, which is protected/,
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
