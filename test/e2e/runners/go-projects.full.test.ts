import { expect, test } from 'vitest';
import { scratch } from '../../rig/scratch.ts';
import { toolSample } from '../../runners/tool-sample.ts';
import { generateParts, isTouched, type Part, playSaves, rounds, valueAt } from './generated.ts';

const numbers = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
/** Every round builds and links the tests of all packages that are touched: several saves make one round. */
const savesInRound = 10;

/** How a project is laid out; several modules of the generated kind are files of one package, as in real ones. */
interface Shape {
  readonly name: string;
  readonly parts: readonly Part[];
  /** The folder of a part's package, and the package's import path. */
  readonly folder: (part: Part) => string;
  readonly path: (part: Part) => string;
  /** Tests in a package of their own see only what is exported. */
  readonly isOutside: boolean;
  readonly more: Readonly<Record<string, string>>;
}

/** Parts use earlier ones only, so that packages in this order import each other in one direction. */
const packageAt = (part: Part, size: number): string => `p${Math.floor(Number(part.name.slice(1)) / size)}`;

const shapes: readonly Shape[] = [
  {
    name: 'one module with packages of several files and tables of tests',
    parts: generateParts(4, 24),
    folder: (part) => packageAt(part, 4),
    path: (part) => `example.com/shop/${packageAt(part, 4)}`,
    isOutside: false,
    more: { 'go.mod': 'module example.com/shop\n\ngo 1.19\n', 'README.md': '' },
  },
  {
    name: 'a module in a folder, with internal packages and tests that see them from outside',
    parts: generateParts(5, 20),
    folder: (part) => `server/internal/${packageAt(part, 5)}`,
    path: (part) => `example.com/server/internal/${packageAt(part, 5)}`,
    isOutside: true,
    more: { 'server/go.mod': 'module example.com/server\n\ngo 1.19\n', 'docs/guide.md': '' },
  },
  {
    name: 'a workspace of modules that import each other',
    parts: generateParts(6, 20),
    folder: (part) => (Number(part.name.slice(1)) < 10 ? `lib/${packageAt(part, 5)}` : `app/${packageAt(part, 5)}`),
    path: (part) => `example.com/${Number(part.name.slice(1)) < 10 ? 'lib' : 'app'}/${packageAt(part, 5)}`,
    isOutside: false,
    more: {
      'go.work': 'go 1.19\n\nuse (\n\t./lib\n\t./app\n)\n',
      'lib/go.mod': 'module example.com/lib\n\ngo 1.19\n',
      'app/go.mod': 'module example.com/app\n\ngo 1.19\n',
      'README.md': '',
    },
  },
];

const packageOf = (shape: Shape, part: Part): string => shape.path(part).split('/').at(-1) ?? '';
const functionOf = ({ name }: Part): string => name.toUpperCase();
const sourceFile = (shape: Shape, part: Part): string => `${shape.folder(part)}/${part.name}.go`;
const testFile = (shape: Shape, part: Part): string => `${shape.folder(part)}/${part.name}_test.go`;

function importsOf(paths: readonly string[]): string {
  const own = [...new Set(paths)].sort();
  return own.length === 0 ? '' : `import (\n${own.map((path) => `\t"${path}"\n`).join('')})\n\n`;
}

function sourceText(shape: Shape, part: Part, { factor = part.factor, more = '' } = {}): string {
  const others = part.uses.filter((used) => shape.path(used) !== shape.path(part));
  const calls = part.uses.map(
    (used) => `${others.includes(used) ? `${packageOf(shape, used)}.` : ''}${functionOf(used)}(n)`,
  );
  const sum = [`n*${factor}`, ...calls].join(' + ');
  return `package ${packageOf(shape, part)}\n\n${importsOf(others.map(shape.path))}func ${functionOf(part)}(n int) int {\n\treturn ${sum}\n}\n${more}`;
}

function testText(shape: Shape, part: Part): string {
  const outside = shape.isOutside ? `${packageOf(shape, part)}.` : '';
  const imports = importsOf(['fmt', 'testing', ...(shape.isOutside ? [shape.path(part)] : [])]);
  return `package ${packageOf(shape, part)}${shape.isOutside ? '_test' : ''}

${imports}func Test${functionOf(part)}(t *testing.T) {
	for n, want := range []int{${numbers.map((n) => valueAt(part, n)).join(', ')}} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			if got := ${outside}${functionOf(part)}(n); got != want {
				t.Errorf("got %d, want %d", got, want)
			}
		})
	}
}
`;
}

/** Twenty changes that no test can see. */
function innocentSaves(shape: Shape): readonly (readonly [string, string])[] {
  const of = (at: number): Part => shape.parts[at % shape.parts.length] as Part;
  const kinds: readonly ((part: Part) => readonly [string, string])[] = [
    (part) => [sourceFile(shape, part), sourceText(shape, part).replace('\nfunc', '\n// A remark.\nfunc')],
    (part) => [sourceFile(shape, part), sourceText(shape, part, { more: `\nfunc unused${part.name}() {}\n` })],
    (part) => [sourceFile(shape, part), sourceText(shape, part).replace('n*', 'n * ')],
    (part) => [testFile(shape, part), `// A remark.\n\n${testText(shape, part)}`],
    (part) => [testFile(shape, part), `${testText(shape, part)}\nfunc TestMore${part.name}(t *testing.T) {}\n`],
  ];
  const saves = Array.from({ length: 18 }, (_, at) => (kinds[at % kinds.length] as (typeof kinds)[0])(of(at * 3)));
  const text = Object.keys(shape.more).find((file) => file.endsWith('.md')) ?? '';
  return [...saves, [text, 'More words.\n'], ['docs/more.md', 'Words.\n']];
}

test.each(shapes)('VERIFY-7, VERIFY-2: go, $name: no save is blamed in vain, no break is missed', async (shape) => {
  const { parts } = shape;
  const files: Record<string, string> = { ...shape.more };
  for (const part of parts) {
    files[sourceFile(shape, part)] = sourceText(shape, part);
    files[testFile(shape, part)] = testText(shape, part);
  }
  const project = await toolSample(await scratch('go-project'), 'go', files);
  const innocent = innocentSaves(shape);
  const broken = parts.slice(-20);
  expect([innocent.length, broken.length]).toEqual([20, 20]);
  const titles = (part: Part): readonly string[] => {
    const top = `Test${functionOf(part)}`;
    return [top, ...numbers.filter((n) => n > 0).map((n) => `${top} > ${n}`)];
  };
  await playSaves({
    project,
    files,
    tests: parts.length * (numbers.length + 1),
    innocent: rounds(innocent, savesInRound).map((round) => Object.fromEntries(round)),
    breaks: rounds(broken, savesInRound).map((round) => ({
      saves: Object.fromEntries(
        round.map((part) => [sourceFile(shape, part), sourceText(shape, part, { factor: part.factor + 1 })]),
      ),
      red: parts
        .filter((part) => isTouched(part, round))
        .flatMap((part) => titles(part).map((title) => `go|${testFile(shape, part)}|${title}|1`)),
    })),
  });
});
