import { existsSync } from 'node:fs';
import { glob, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';
import { settingNames } from '../../src/config/settings.ts';
import { runnerNames } from '../../src/domain/runner-names.ts';
import { anchorsOf, codeIn, linksIn, type Page, readPages, rowsBelow } from './pages.ts';

const repository = resolve(import.meta.dirname, '../..');
const pages = await readPages();
const readme = pages.find(({ path }) => path === 'README.md') ?? { path: '', text: '' };
const none = () => Promise.resolve(0);
const program = buildProgram({ serve: none, mcp: none }, () => {});

test('every link leads somewhere, and every anchor to a heading', () => {
  expect(pages.length).toBeGreaterThan(6);
  const broken = pages.flatMap((page) =>
    linksIn(page)
      .filter(({ path, anchor }) => path !== undefined && !isThere(path, anchor))
      .map(({ target }) => `${page.path}: ${target}`),
  );
  expect(broken).toEqual([]);
});

function isThere(path: string, anchor: string | undefined): boolean {
  if (anchor === undefined) return existsSync(resolve(repository, path));
  const page = pages.find((each) => each.path === path);
  return page !== undefined && anchorsOf(page).includes(anchor);
}

test('every command and option that a page names is one', () => {
  const named = pages.flatMap((page) => commandsIn(page).map((words) => ({ page: page.path, words })));
  expect(named.length).toBeGreaterThan(40);
  const wrong = named.filter(({ words }) => !isCommand(words)).map(({ page, words }) => `${page}: ${words}`);
  expect(wrong).toEqual([]);
});

test('the README tells of every command', () => {
  const told = new Set(codeIn(readme).flatMap((code) => code.split(/[\s,]+/)));
  const visible = program.createHelp().visibleCommands(program);
  expect(visible.map((command) => command.name()).filter((name) => name !== 'help' && !told.has(name))).toEqual([]);
});

/** What is said to `mendwatch`, by whatever name it is called; in a table of its commands it is not named at all. */
function commandsIn(page: Page): readonly string[] {
  return codeIn(page).flatMap((code) => {
    const said = [...code.matchAll(/(?:^|\s|\()(?:mendwatch|npm run -s automation --) ([^)|;&#]+)/g)].map(
      ([, words = '']) => words.trim(),
    );
    const bare = program.commands.some((command) => code.startsWith(`${command.name()} -`)) ? [code] : [];
    return [...said, ...bare].filter((words) => !/^(?:X|COMMAND)\b/.test(words));
  });
}

function isCommand(words: string): boolean {
  const [name = ''] = words.split(' ');
  if (name.startsWith('-')) return hasOptions(program, words);
  const command = program.commands.find((each) => each.name() === name);
  return command !== undefined && hasOptions(command, words);
}

function hasOptions(command: Command, words: string): boolean {
  const known = command.createHelp().visibleOptions(command);
  const given = words.replace(/"[^"]*"/g, '').match(/(?<=\s|^|\[)--?[a-z][a-z-]*/g) ?? [];
  return given.every((flag) => known.some(({ long, short }) => long === flag || short === flag));
}

test('every setting that a page names is one, or a variable of others', () => {
  const others =
    /^(?:ANTHROPIC_BASE_URL|XDG_\w+|NO_COLOR|FORCE_COLOR|NODE_ENV|VIRTUAL_ENV|MENDWATCH_[UG]ID|DATABASE_HOST|NOTIFY_SOCKET|CARGO_TARGET_DIR|MYPY_CACHE_DIR|ESLINT_USE_FLAT_CONFIG|WATCHDOG_\w*)$/;
  const named = pages.flatMap((page) =>
    codeIn(page)
      .flatMap((code) => code.match(/(?<![\w./<-])[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+\b/g) ?? [])
      .map((name) => ({ page: page.path, name })),
  );
  expect(named.length).toBeGreaterThan(100);
  const known: readonly string[] = settingNames;
  const wrong = named.filter(({ name }) => !known.includes(name) && !others.test(name) && !/^MENDWATCH_/.test(name));
  expect(wrong).toEqual([]);
});

test('every script of npm that a page names is in package.json', async () => {
  const { scripts } = JSON.parse(await readFile(resolve(repository, 'package.json'), 'utf8'));
  const named = pages.flatMap((page) =>
    codeIn(page).flatMap((code) => [...code.matchAll(/\bnpm run (?:-s )?([\w:]+)/g)].map(([, name]) => name)),
  );
  expect(named.filter((name) => !Object.hasOwn(scripts, name ?? ''))).toEqual([]);
});

test('the table of test runners has all that TEST_RUNNER takes', () => {
  const told = rowsBelow(readme, 'Test runners').map(([first = '']) => first.replaceAll('`', ''));
  expect(told).toEqual([...runnerNames]);
});

test('the messages in the README are said by the program', async () => {
  const texts: string[] = [];
  for await (const file of glob('src/**/*.ts', { cwd: repository }))
    texts.push(await readFile(resolve(repository, file), 'utf8'));
  const code = texts.join('\n').replaceAll("\\'", "'");
  const messages = rowsBelow(readme, 'When something is wrong')
    .map(([first = '']) => first)
    .filter((first) => !first.startsWith('`--'))
    .flatMap((first) => [...first.matchAll(/`([^`]+)`/g)].map(([, message = '']) => message));
  expect(messages.length).toBeGreaterThan(50);
  const unsaid = messages.filter((message) => !piecesOf(message).every((piece) => code.includes(piece)));
  expect(unsaid).toEqual([]);
});

/** Without what differs each time; a sentence that is put together in the code is looked for word by word there. */
function piecesOf(message: string): readonly string[] {
  return message
    .split('…')
    .map((piece) => piece.replace(/^[\s,:;.()]+|[\s,:;.()]+$/g, ''))
    .filter((piece) => piece.length > 2);
}

test('no page tells of one machine, of numbers of issues or of where packages come from', () => {
  const marks = /(?<![\w&])#\d+\b|\/work\/|\/root\/|registry\.npmjs|npmjs\.(?:com|org)/;
  expect(pages.filter(({ text }) => marks.test(text)).map(({ path }) => path)).toEqual([]);
});

test('the workflow does what .ci/run does, may only read, and its actions are pinned', async () => {
  const workflow = await readFile(resolve(repository, '.github/workflows/ci.yml'), 'utf8');
  expect(workflow).toMatch(/^permissions:\n {2}contents: read\n/m);
  expect(workflow).toContain('run: .ci/run');
  const actions = [...workflow.matchAll(/uses: (\S+)/g)].map(([, action = '']) => action);
  expect(actions.length).toBeGreaterThan(0);
  for (const action of actions) expect(action).toMatch(/@[0-9a-f]{40}$/);
});
