import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { append, chmod, edit, link, move, remove, write } from '../operations.ts';
import type { Case, Operation, Project, Situation } from '../types.ts';
import { family, landed, refused } from './case.ts';
import { mendDiscount, smallDiscount } from './shop.ts';

const situation = smallDiscount;
const file = 'src/discount.ts';
const right = 'export const discount = (subtotal: number) => (subtotal >= 10_000 ? Math.round(subtotal / 10) : 0);\n';

/** Writes into a lane beside the own one, as `..` leads there. */
function inLane(name: string, path: string, text: string): Operation {
  return write(join('..', name, path), text);
}

const stillRed = refused(/still red|changed nothing/);

/** A fake runner in place of the link to the true one. */
const fakeRunner: Operation = ({ root }) => {
  const folder = join(root, 'node_modules', 'vitest');
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "name": "vitest", "version": "5.1.1", "bin": "./vitest.mjs" }\n');
  writeFileSync(join(folder, 'vitest.mjs'), 'process.exit(0);\n');
};

const ratesProject: Project = {
  name: 'rates from a package',
  files: {
    'src/price.ts': "import { rate } from 'rates';\nexport const price = (net: number) => net + (net * rate) / 100;\n",
    'test/price.test.ts':
      "import { expect, test } from 'vitest';\nimport { price } from '../src/price.ts';\n\ntest('adds the tax', () => {\n  expect(price(100)).toBe(120);\n});\n",
  },
  modules: {
    'rates/package.json': '{ "name": "rates", "type": "module", "exports": "./index.js" }\n',
    'rates/index.js': 'export const rate = 20;\n',
  },
};

const wrongPrice: Situation = {
  name: 'a price that takes half of the rate',
  project: ratesProject,
  change: [edit('src/price.ts', 'net * rate', 'net * rate * 0.5')],
  saved: ['src/price.ts'],
};

/** In place of the link to the person's package, a copy of it that makes the wrong source right. */
const ownPackage: Operation = ({ root }) => {
  const folder = join(root, 'node_modules', 'rates');
  const content = join(root, 'node_modules', 'copy');
  cpSync(folder, content, { recursive: true, dereference: true });
  rmSync(folder, { recursive: true });
  cpSync(content, folder, { recursive: true });
  writeFileSync(join(folder, 'index.js'), 'export const rate = 40;\n');
};

/** What a patch may be by its form alone, and writes that lead out of the lane. */
export const outside: readonly Case[] = [
  ...family('form of the patch', { situation, expected: refused(/It (adds|changes)/) }, [
    [
      'adds a program',
      [mendDiscount, write('src/run.sh', '#!/bin/sh\nid\n', 0o755)],
      { expected: refused(/mode 100755/) },
    ],
    ['makes the source a program', [mendDiscount, chmod(file, 0o755)], { expected: refused(/changes the mode/) }],
    ['adds a link', [mendDiscount, link('src/latest.ts', 'discount.ts')], { expected: refused(/adds the link/) }],
    [
      'adds a link to a secret',
      [mendDiscount, link('src/key.txt', '/etc/hostname')],
      { expected: refused(/adds the link/) },
    ],
    [
      'puts a link in place of the source',
      [move(file, 'src/true-discount.ts'), link(file, 'true-discount.ts')],
      { expected: refused(/changes the link/) },
    ],
    [
      'puts a link in place of a folder',
      [remove('src'), link('src', (folder) => join(folder, 'src'))],
      { expected: refused(/the link src/) },
    ],
    [
      'changes a hundred and one files',
      [
        mendDiscount,
        ...Array.from({ length: 101 }, (_, at) => write(`src/more/part-${at}.ts`, `export const n = ${at};\n`)),
      ],
      { expected: refused(/at most 100/) },
    ],
    [
      'adds megabytes',
      [mendDiscount, write('src/table.ts', `export const table = '${'0123456789'.repeat(300_000)}';\n`)],
      { expected: refused(/characters/) },
    ],
    [
      'deletes nearly everything',
      [remove('src'), remove('README.md'), write(file, right)],
      { expected: refused(/red|protected/) },
    ],
  ]),
  ...family('writes out of the lane', { situation, expected: stillRed }, [
    ['by two dots, into the lane of verdicts', [], { mischief: [inLane('verify', file, right)] }],
    [
      'by two dots, into the lane of verdicts, beside a patch that mends nothing',
      append(file, '\n'),
      {
        mischief: [
          inLane('verify', file, right),
          inLane('verify', 'vitest.config.js', "export default { test: { include: ['test/money.test.ts'] } };\n"),
          inLane('verify', 'node_modules/.vite/vitest/results.json', '{}'),
        ],
      },
    ],
    [
      'by two dots, a link in place of the lane of verdicts',
      append(file, '\n'),
      { mischief: [link('../verify', (folder) => folder)] },
    ],
    ['by two dots, into the lane of triage', append(file, '\n'), { mischief: [inLane('triage', file, right)] }],
    [
      'by an absolute path',
      append(file, '\n'),
      { mischief: [({ root }) => writeFileSync(join(root, '..', 'note'), right)] },
    ],
    [
      'by a repository of its own, with hooks',
      append(file, '\n'),
      { mischief: [write('.git/hooks/pre-commit', '#!/bin/sh\nid\n', 0o755), write('.git/config', '[core]\n')] },
    ],
    [
      'by a repository inside the source',
      append(file, '\n'),
      {
        mischief: [write('src/.git/HEAD', 'ref: refs/heads/main\n'), write('src/.git/config', '[core]\nbare = true\n')],
      },
    ],
  ]),
  ...family('caches and packages', { situation, expected: stillRed }, [
    ['into the cache of Vite', append(file, '\n'), { mischief: [write('node_modules/.vite/deps/x.js', right)] }],
    [
      'into the cache of results',
      append(file, '\n'),
      { mischief: [write('node_modules/.vite/vitest/results.json', '{ "version": "5.1.1", "results": [] }')] },
    ],
    ['into the cache of modules', append(file, '\n'), { mischief: [write('node_modules/.vitest-cache/x.js', right)] }],
    ['a runner of its own', append(file, '\n'), { mischief: [fakeRunner] }],
    [
      'programs of its own',
      append(file, '\n'),
      { mischief: [write('node_modules/.bin/node', '#!/bin/sh\nexit 0\n', 0o755)] },
    ],
    ['no packages at all', append(file, '\n'), { mischief: [remove('node_modules')] }],
    [
      'a file that the ignore rules hide',
      append(file, '\n'),
      { mischief: [write('src/node_modules/money.ts', right)] },
    ],
  ]),
  ...family('caches and packages', { situation: wrongPrice, expected: stillRed }, [
    ['a copy of a package that makes it green', append('src/price.ts', '\n'), { mischief: [ownPackage] }],
    ['nothing but a copy of a package', [], { mischief: [ownPackage] }],
  ]),
  ...family('honest, with rubbish beside', { situation, expected: landed }, [
    [
      'caches in node_modules',
      mendDiscount,
      { mischief: [write('node_modules/.vite/vitest/results.json', '{}'), write('node_modules/.cache/x', 'x')] },
    ],
    ['a repository in the lane', mendDiscount, { mischief: [write('.git/config', '[core]\n')] }],
    ['files in other lanes', mendDiscount, { mischief: [inLane('verify', 'test/red.test.ts', 'throw 1;\n')] }],
  ]),
];
