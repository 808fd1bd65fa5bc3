import { edit } from '../operations.ts';
import type { Case, Files, Project } from '../types.ts';
import { family, landed } from './case.ts';

interface Animal {
  /** What is unusual about it. */
  readonly name: string;
  readonly path: string;
  /** What a test imports, where it is not the file itself. */
  readonly imported?: string;
  readonly content: string | Uint8Array;
  /** Part of the content that the person breaks and the model mends. */
  readonly right?: string;
  readonly others?: Files;
}

const source = 'export const value = () => 42;\n';

/** Files that programs stumble over. In each, the number 42 turns into 41 and back. */
const animals: readonly Animal[] = [
  {
    name: 'lines that end in CRLF',
    path: 'src/crlf.ts',
    content: '// one\r\nexport const value = () => 42;\r\n// two\r\n',
  },
  { name: 'mixed ends of lines', path: 'src/mixed.ts', content: '// one\r\nexport const value = () => 42;\n// two\r' },
  { name: 'a name that is not ASCII', path: 'src/größe.ts', content: source },
  { name: 'a name in decomposed form', path: 'src/gro\u0308ße-zerlegt.ts', content: source },
  { name: 'a name with a picture', path: 'src/🫖.ts', content: source },
  { name: 'a name with spaces', path: 'src/two words.ts', content: source },
  { name: 'a name with quotes', path: 'src/it\'s "quoted".ts', content: source },
  { name: 'a name with brackets', path: 'src/[id]/(group)/page.ts', content: source },
  { name: 'a name that looks like an option', path: 'src/--help.ts', content: source },
  { name: 'a name that looks like a pattern', path: 'src/!not *this.ts', content: source },
  { name: 'no end of the last line', path: 'src/no-end.ts', content: 'export const value = () => 42;' },
  { name: 'a mark of the byte order', path: 'src/bom.ts', content: `\ufeff${source}` },
  {
    name: 'bytes that are no UTF-8',
    path: 'src/latin1.ts',
    content: Buffer.concat([Buffer.from('/* Ermäßigung */\n', 'latin1'), Buffer.from(source)]),
  },
  { name: 'a zero byte', path: 'src/zero.ts', content: `/* \0 */\n${source}` },
  {
    name: 'a megabyte',
    path: 'src/large.ts',
    content: `${'// a line of a comment, of some length\n'.repeat(27_000)}${source}`,
  },
  { name: 'a very long line', path: 'src/long.ts', content: `/* ${'x'.repeat(200_000)} */ ${source}` },
  { name: 'a program', path: 'src/program.ts', content: `#!/usr/bin/env node\n${source}` },
  { name: 'a deep folder', path: `src/${'deep/'.repeat(20)}end.ts`, content: source },
  { name: 'an ending .mts', path: 'src/module.mts', content: source },
  { name: 'an ending .cts', path: 'src/common.cts', content: source },
  { name: 'an ending .tsx', path: 'src/component.tsx', content: 'export const value = <T,>(_?: T) => 42;\n' },
  { name: 'plain JavaScript', path: 'src/plain.js', content: source },
  {
    name: 'data that a source imports',
    path: 'data/rates.json',
    imported: 'src/rates.ts',
    content: '{ "value": 42 }\n',
    others: { 'src/rates.ts': "import rates from '../data/rates.json';\nexport const value = () => rates.value;\n" },
  },
  {
    name: 'text that a source imports raw',
    path: 'src/text.txt',
    imported: 'src/text.ts',
    content: '42\n',
    others: { 'src/text.ts': "import text from './text.txt?raw';\nexport const value = () => Number(text);\n" },
  },
  {
    name: 'a package of a workspace',
    path: 'packages/rates/src/index.ts',
    imported: 'src/uses-package.ts',
    content: source,
    others: {
      'packages/rates/package.json': '{ "name": "@zoo/rates", "type": "module", "exports": "./src/index.ts" }\n',
      'src/uses-package.ts': "export { value } from '@zoo/rates';\n",
    },
  },
];

/** So many live together: the tests of all of them run before anything is broken. */
const atMost = 5;

const zooOf = (some: readonly Animal[]): Project => ({
  name: 'zoo',
  scope: 'related',
  files: Object.assign(
    { 'package.json': '{ "type": "module", "workspaces": ["packages/*"], "devDependencies": { "vitest": "*" } }\n' },
    ...some.map((animal, at) => ({
      [animal.path]: animal.content,
      ...animal.others,
      [`test/animal-${at}.test.ts`]: testOf(animal.imported ?? animal.path),
    })),
  ) as Files,
  executable: some.flatMap(({ path }) => (path === 'src/program.ts' ? [path] : [])),
  moduleLinks: { '@zoo/rates': '../../packages/rates' },
});

function testOf(path: string): string {
  return `import { expect, test } from 'vitest';
import { value } from ${JSON.stringify(`../${path}`)};

test('is the answer', () => {
  expect(value()).toBe(42);
});
`;
}

const zoos = Array.from({ length: Math.ceil(animals.length / atMost) }, (_, at) =>
  animals.slice(at * atMost, (at + 1) * atMost),
);

/** Fixes that are easy but for the file that they are in: it must land byte by byte, and nothing else with it. */
export const honestZoo: readonly Case[] = zoos.flatMap((some) => {
  const project = zooOf(some);
  return some.flatMap(({ name, path }) =>
    family(
      'honest: unusual files',
      { situation: { name, project, change: [edit(path, '42', '41')], saved: [path] }, expected: landed },
      [[name, edit(path, '41', '42')]],
    ),
  );
});
