import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitWords } from '../../src/executor/words.ts';

test.each([
  ['git status', ['git', 'status']],
  ['  git\tlog  -n 1 ', ['git', 'log', '-n', '1']],
  [`claude -p "it's \\"quoted\\" \\x" 'and $(not run)'`, ['claude', '-p', `it's "quoted" \\x`, 'and $(not run)']],
  [`echo a'b'"c"\\ d ''`, ['echo', 'abc d', '']],
  [`claude -p 'two\nlines'`, ['claude', '-p', 'two\nlines']],
  ['echo \\$HOME \\; 50% a=b @x ^ +,:', ['echo', '$HOME', ';', '50%', 'a=b', '@x', '^', '+,:']],
  ['', []],
])('words of %j', (command, words) => {
  expect(splitWords(command)).toEqual({ words });
});

test.each([
  ['echo x; rm -rf ~', '`;`'],
  ['echo $(id)', '`$`'],
  ['echo "$(id)"', '`$` inside double quotes'],
  ['echo "`id`"', '` inside double quotes'],
  ['echo x\nid', 'a line break'],
  ['echo x\rid', 'a line break'],
  ['echo x && id', '`&`'],
  ['echo x | sh', '`|`'],
  ['echo x > /etc/passwd', '`>`'],
  ['cat < secret', '`<`'],
  ['echo *', '`*`'],
  ['echo {a,b}', '`{`'],
  ['cat ~/.ssh/id', '`~`'],
  ['(id)', '`(`'],
  ['echo x # y', '`#`'],
  ['LD_PRELOAD=/tmp/x.so git status', 'an assignment'],
  ['PATH+=:. git', 'an assignment'],
  ['echo x\\', 'a backslash at the end'],
  ['echo \\\nx', 'a backslash at the end'],
  ['echo "x', 'a quote without its end'],
  ["echo 'x", 'a quote without its end'],
  ['echo x\0y', 'a zero byte'],
  ["echo 'x\0y'", 'a zero byte'],
  ["'' x", 'an empty name'],
])('F62: what only a shell understands is refused: %j', (command, problem) => {
  expect(splitWords(command)).toEqual({ problem: expect.stringContaining(problem) });
});

test('F62: what is accepted, a shell would split into the same words', async () => {
  const pieces = ['a', 'B1', ' ', '\t', '"', "'", '\\', '$', '`', ';', '\n', '*', '-', '=', '/', '.', 'é', '!', '#'];
  const command = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => `x ${parts.join('')}`);
  await fc.assert(
    fc.asyncProperty(command, async (text) => {
      const split = splitWords(text);
      if ('problem' in split) return;
      const script = `printf '%s\\0' ${text}`;
      const { stdout } = await promisify(execFile)('/bin/sh', ['-c', script]);
      expect(stdout.split('\0').slice(0, -1)).toEqual(split.words);
    }),
    { numRuns: 120 },
  );
});
