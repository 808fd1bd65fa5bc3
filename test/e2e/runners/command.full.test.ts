import { type Story, tellStories } from './story.ts';

const sum = 'exports.sum = (a, b) => a + b;\n';

/** One program that checks everything; nothing tells of single tests. */
const byExitCode: Story = {
  name: 'a command by its exit code',
  files: {
    'src/sum.js': sum,
    'test/check.js': [
      "const { sum } = require('../src/sum.js');",
      "if (sum(2, 3) !== 5) throw new Error('2 and 3 are not 5');",
    ].join('\n'),
  },
  settings: { TEST_COMMAND: 'node test/check.js' },
  green: 1,
  redBefore: 0,
  breaks: { file: 'src/sum.js', from: 'a + b', to: 'a - b' },
  test: 'command||node test/check.js|1',
  cheats: { file: 'test/check.js', from: '!== 5', to: '!== -1' },
  refused: /test\/check\.js, which is protected/,
  flips: (marker) => ({
    file: 'src/sum.js',
    from: sum,
    to: [
      "const { existsSync, writeFileSync } = require('node:fs');",
      `const flips = !existsSync('${marker}');`,
      `if (flips) writeFileSync('${marker}', '');`,
      'exports.sum = (a, b) => (flips && a > 1 ? 0 : a + b);\n',
    ].join('\n'),
  }),
  hangs: { file: 'src/sum.js', from: '=> a + b', to: '=> { for (;;); }' },
};

tellStories(byExitCode);
