import { type Story, tellStories } from './story.ts';

const sum = 'exports.sum = (a, b) => a + b;\n';

/** A small runner of its own kind, as there are many: what it knows, it writes as JUnit XML. */
const run = `const { mkdirSync, writeFileSync } = require('node:fs');
const tests = require('./sum.test.js');
const cases = Object.entries(tests).map(([name, check]) => {
  try {
    check();
    return \`<testcase classname="sum" name="\${name}" file="test/sum.test.js"/>\`;
  } catch (error) {
    process.exitCode = 1;
    return \`<testcase classname="sum" name="\${name}" file="test/sum.test.js"><failure message="\${error.message}"/></testcase>\`;
  }
});
mkdirSync('build', { recursive: true });
writeFileSync('build/report.xml', \`<testsuites><testsuite name="sum">\${cases.join('')}</testsuite></testsuites>\`);
`;

const story: Story = {
  name: 'JUnit XML',
  files: {
    '.gitignore': 'build\n',
    'src/sum.js': sum,
    'test/run.js': run,
    'test/sum.test.js': [
      "const { sum } = require('../src/sum.js');",
      "const is = (one, other) => { if (one !== other) throw new Error(one + ' is not ' + other); };",
      'module.exports = {',
      '  adds: () => is(sum(2, 3), 5),',
      '  nothing: () => is(sum(0, 0), 0),',
      '  old: () => is(sum(1, 1), 3),',
      '};',
    ].join('\n'),
  },
  settings: { TEST_COMMAND: 'node test/run.js', TEST_REPORTS: 'build/*.xml' },
  // The command itself is one of them.
  green: 3,
  redBefore: 1,
  breaks: { file: 'src/sum.js', from: 'a + b', to: 'a - b' },
  test: 'junit|test/sum.test.js|sum > adds|1',
  cheats: { file: 'test/sum.test.js', from: 'sum(2, 3), 5', to: 'sum(2, 3), -1' },
  refused: /test\/sum\.test\.js, which is protected/,
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

tellStories(story);
