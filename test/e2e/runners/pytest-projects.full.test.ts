import { expect, test } from 'vitest';
import { scratch } from '../../rig/scratch.ts';
import { toolSample } from '../../runners/tool-sample.ts';
import { generateParts, isTouched, type Part, playSaves, rounds, valueAt } from './generated.ts';

const numbers = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
/** Python starts slowly: several saves make one round, and each of its breaks has to be seen. */
const savesInRound = 5;

/** How a project is laid out: where its modules and tests are and how they name each other. */
interface Shape {
  readonly name: string;
  readonly moduleFile: (part: Part) => string;
  readonly importOf: (part: Part, from: Part) => string;
  readonly testFile: (part: Part) => string;
  readonly testText: (part: Part) => string;
  readonly testTitle: (part: Part, n: number) => string;
  readonly more: Readonly<Record<string, string>>;
  readonly parts: readonly Part[];
}

const group = (part: Part): string => ['core', 'api', 'jobs'][Number(part.name.slice(1)) % 3] ?? 'core';
const parametrized = (part: Part, from: string): string => `import pytest
from ${from} import f

@pytest.mark.parametrize("n, wanted", [${numbers.map((n) => `(${n}, ${valueAt(part, n)})`).join(', ')}])
def test_f(n, wanted):
    assert f(n) == wanted
`;
const parametrizedTitle = (part: Part, n: number): string => `test_f[${n}-${valueAt(part, n)}]`;

const shapes: readonly Shape[] = [
  {
    name: 'a flat package beside its tests',
    parts: generateParts(1, 20),
    moduleFile: ({ name }) => `shop/${name}.py`,
    importOf: ({ name }) => `from shop.${name} import f as ${name}`,
    testFile: ({ name }) => `tests/test_${name}.py`,
    testText: (part) => parametrized(part, `shop.${part.name}`),
    testTitle: parametrizedTitle,
    more: { 'pytest.ini': '[pytest]\n', 'shop/__init__.py': '', 'tests/conftest.py': 'import os\n', 'README.md': '' },
  },
  {
    name: 'packages below src with relative imports, unittest and settings in pyproject.toml',
    parts: generateParts(2, 24),
    moduleFile: (part) => `src/shop/${group(part)}/${part.name}.py`,
    importOf: (part, from) =>
      group(part) === group(from)
        ? `from .${part.name} import f as ${part.name}`
        : `from ..${group(part)} import ${part.name} as _${part.name}\n${part.name} = _${part.name}.f`,
    testFile: (part) => `tests/${group(part)}/test_${part.name}.py`,
    testText: (part) =>
      `import unittest\nfrom shop.${group(part)} import ${part.name}\n\n\nclass Values(unittest.TestCase):\n${numbers
        .map((n) => `    def test_${n}(self):\n        self.assertEqual(${part.name}.f(${n}), ${valueAt(part, n)})\n`)
        .join('\n')}`,
    testTitle: (_, n) => `Values > test_${n}`,
    more: {
      'pyproject.toml': '[tool.pytest.ini_options]\ntestpaths = ["tests"]\npythonpath = ["src"]\n',
      'src/shop/__init__.py': '',
      ...Object.fromEntries(
        ['core', 'api', 'jobs'].flatMap((name) => [
          [`src/shop/${name}/__init__.py`, ''],
          [`tests/${name}/__init__.py`, ''],
        ]),
      ),
      'tests/__init__.py': '',
      'docs/guide.md': '',
    },
  },
  {
    name: 'several projects that share a package, with modules that are loaded by name',
    parts: generateParts(3, 21),
    moduleFile: (part) => (group(part) === 'core' ? `shared/${part.name}.py` : `${group(part)}/${part.name}.py`),
    importOf: (part, from) => {
      if (group(part) === 'core') return `from shared.${part.name} import f as ${part.name}`;
      if (group(part) === group(from)) return `from ${part.name} import f as ${part.name}`;
      return `import importlib\n${part.name} = importlib.import_module("${group(part)}.${part.name}").f`;
    },
    testFile: (part) => `${group(part) === 'core' ? 'api' : group(part)}/checks/check_${part.name}.py`,
    testText: (part) => parametrized(part, group(part) === 'core' ? `shared.${part.name}` : part.name),
    testTitle: parametrizedTitle,
    more: {
      'shared/__init__.py': '',
      'api/setup.cfg': '[tool:pytest]\npython_files = check_*.py\npythonpath = . ..\n',
      'jobs/tox.ini': '[pytest]\npython_files = check_*.py\npythonpath = . ..\n',
      'core/notes.txt': '',
    },
  },
];

function moduleText(shape: Shape, part: Part, { factor = part.factor, more = '' } = {}): string {
  const imports = part.uses.map((used) => shape.importOf(used, part));
  const sum = [`n * ${factor}`, ...part.uses.map(({ name }) => `${name}(n)`)].join(' + ');
  return [...imports, '', '', 'def f(n):', `    return ${sum}`, more, ''].join('\n');
}

/** Twenty changes that no test can see. */
function innocentSaves(shape: Shape): readonly (readonly [string, string])[] {
  const of = (at: number): Part => shape.parts[at % shape.parts.length] as Part;
  const kinds: readonly ((part: Part) => readonly [string, string])[] = [
    (part) => [shape.moduleFile(part), `# A remark.\n${moduleText(shape, part)}`],
    (part) => [shape.moduleFile(part), moduleText(shape, part, { more: '\n\ndef unused():\n    return None' })],
    (part) => [shape.moduleFile(part), moduleText(shape, part).replace('n * ', 'n*')],
    (part) => [shape.testFile(part), `# A remark.\n${shape.testText(part)}`],
    (part) => [shape.testFile(part), `${shape.testText(part)}\n\ndef test_more():\n    assert True\n`],
  ];
  const saves = Array.from({ length: 18 }, (_, at) => (kinds[at % kinds.length] as (typeof kinds)[0])(of(at * 3)));
  const text = Object.keys(shape.more).find((file) => /\.(?:md|txt)$/.test(file)) ?? '';
  return [...saves, [text, 'More words.\n'], ['shared_new.py', 'def fresh():\n    return 1\n']];
}

test.each(shapes)('VERIFY-7, VERIFY-2: pytest, $name: no save is blamed in vain, no break is missed', async (shape) => {
  const { parts } = shape;
  const files: Record<string, string> = { ...shape.more };
  for (const part of parts) {
    files[shape.moduleFile(part)] = moduleText(shape, part);
    files[shape.testFile(part)] = shape.testText(part);
  }
  const project = await toolSample(await scratch('pytest-project'), 'pytest', files);
  const innocent = innocentSaves(shape);
  const broken = parts.slice(0, 20);
  expect([innocent.length, broken.length]).toEqual([20, 20]);
  await playSaves({
    project,
    files,
    tests: parts.length * numbers.length,
    innocent: rounds(innocent, savesInRound).map((round) => Object.fromEntries(round)),
    breaks: rounds(broken, savesInRound).map((round) => ({
      saves: Object.fromEntries(
        round.map((part) => [shape.moduleFile(part), moduleText(shape, part, { factor: part.factor + 1 })]),
      ),
      red: parts
        .filter((part) => isTouched(part, round))
        .flatMap((part) =>
          numbers.filter((n) => n > 0).map((n) => `pytest|${shape.testFile(part)}|${shape.testTitle(part, n)}|1`),
        ),
    })),
  });
});
