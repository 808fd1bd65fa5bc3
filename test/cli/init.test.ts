import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ownClone } from '../config/command-line.ts';
import { writeProject } from '../rig/sample-project.ts';
import { type OnTerminal, onTerminal } from '../rig/terminal.ts';

const passing = `import { test } from 'vitest';\ntest('a', () => {});\n`;

test('RUN-12: in a clone: --yes asks nothing and names the project; again it changes nothing; another project is refused', async () => {
  const { folder, clone, shop, mendwatch } = await ownClone();
  await writeProject(shop, { 'a.test.ts': passing });
  const [settings, other] = [join(clone, '.env'), join(folder, 'other')];
  await mkdir(other);
  const first = await mendwatch(['init', shop, '--json']);
  expect(first.end, first.stderr).toEqual({ kind: 'exited', code: 0 });
  expect(JSON.parse(first.stdout)).toMatchObject({
    project: shop,
    repository: null,
    tests: { runner: 'vitest' },
    settings_file: settings,
    added: [`PROJECT_ROOT=${shop}`, 'MAX_COST_PER_DAY_USD=10', 'LAND=apply'],
    changed: true,
    start: 'npm run automation:start',
  });
  const text = await readFile(settings, 'utf8');
  expect((await stat(settings)).mode & 0o777).toBe(0o600);
  const second = await mendwatch(['init', '--yes']);
  expect(second.stdout).toMatch(/git +no repository: it works all the same/);
  expect(second.stdout).toMatch(/Everything is set up already; nothing was changed/);
  expect(await readFile(settings, 'utf8')).toBe(text);
  const refused = await mendwatch(['init', other]);
  expect(refused.end).toEqual({ kind: 'exited', code: 2 });
  expect(refused.stderr).toMatch(/already names another project: PROJECT_ROOT=/);
});

test('in the clone itself it says which words are missing; a project without tests is set up and told what works', async () => {
  const { shop, mendwatch } = await ownClone();
  const nothing = await mendwatch(['init']);
  expect(nothing.end).toEqual({ kind: 'exited', code: 2 });
  expect(nothing.stderr).toMatch(/Which project\?.*\nSay: init \/path\/to\/your\/project/);
  await writeFile(join(shop, 'notes.txt'), '');
  const { end, stdout } = await mendwatch(['init', shop]);
  expect(end).toEqual({ kind: 'exited', code: 0 });
  expect(stdout).toMatch(/tests +none that can be run/);
  expect(stdout).toMatch(/`execute`, `serve` and `mcp` work, `start` does not/);
});

test('at a terminal it asks, takes Enter for the default, asks again after a wrong answer; Ctrl-C writes nothing', async () => {
  const { clone, shop, env } = await ownClone();
  await writeProject(shop, { 'a.test.ts': passing });
  const settings = join(clone, '.env');
  const words = [process.execPath, join(clone, 'automation', 'mendwatch.ts'), 'init', shop];
  const asked = async (terminal: OnTerminal, question: string): Promise<void> =>
    expect.poll(() => terminal.output, { timeout: 20_000 }).toContain(question);
  const left = onTerminal(words, { cwd: clone, env });
  await asked(left, 'dollars [10]: ');
  left.type('\u0003');
  expect(await left.ended).toEqual({ kind: 'exited', code: 130 });
  expect(left.output).toContain('Stopped.');
  await expect(stat(settings)).rejects.toThrow(/ENOENT/);
  const done = onTerminal(words, { cwd: clone, env });
  const answers = [
    ['dollars [10]: ', 'lots'],
    ['Expected a number of dollars from 0.01', '2.5'],
    ['[apply]: ', ''],
    ['doctor)? [Y/n]: ', 'n'],
  ] as const;
  for (const [question, answer] of answers) {
    await asked(done, question);
    done.type(`${answer}\r`);
  }
  expect(await done.ended).toEqual({ kind: 'exited', code: 0 });
  expect(await readFile(settings, 'utf8')).toMatch(/\nMAX_COST_PER_DAY_USD=2\.5\nLAND=apply\n$/);
});
