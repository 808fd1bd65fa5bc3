import { expect, test } from 'vitest';
import { scratch } from '../../rig/scratch.ts';
import { cargoSample, crate } from '../../runners/cargo-sample.ts';
import { generateParts, isTouched, type Part, playSaves, rounds, valueAt } from './generated.ts';

const numbers = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
/** Every round builds and links the tests of all crates that are touched: several saves make one round. */
const savesInRound = 10;

interface Shape {
  readonly name: string;
  readonly parts: readonly Part[];
  /** The folder of a part's crate (empty: the root), and the crate's name. */
  readonly folder: (part: Part) => string;
  readonly crate: (part: Part) => string;
  /** Tests in a file of their own see only what is public. */
  readonly isOutside: boolean;
  readonly more: Readonly<Record<string, string>>;
}

/** Parts use earlier ones only, so that crates in this order need each other in one direction. */
const layerOf = (part: Part, size: number): number => Math.floor(Number(part.name.slice(1)) / size);
const below = (layer: number): string =>
  Array.from({ length: layer }, (_, at) => `layer${at} = { path = "../layer${at}" }\n`).join('');

const shapes: readonly Shape[] = [
  {
    name: 'one crate whose modules hold their tests, with examples in documentation',
    parts: generateParts(7, 24),
    folder: () => '',
    crate: () => 'shop',
    isOutside: false,
    more: { 'Cargo.toml': crate('shop'), 'README.md': '' },
  },
  {
    name: 'a crate in a folder, with a program and tests that see it from outside',
    parts: generateParts(8, 20),
    folder: () => 'server',
    crate: () => 'server',
    isOutside: true,
    more: {
      'server/Cargo.toml': crate('server'),
      'server/src/main.rs': 'fn main() {\n    println!("{}", server::m00::m00(1));\n}\n',
      'docs/guide.md': '',
    },
  },
  {
    name: 'a workspace of crates that need each other',
    parts: generateParts(9, 20),
    folder: (part) => `crates/layer${layerOf(part, 5)}`,
    crate: (part) => `layer${layerOf(part, 5)}`,
    isOutside: false,
    more: {
      'Cargo.toml': '[workspace]\nmembers = ["crates/*"]\n',
      ...Object.fromEntries(
        [0, 1, 2, 3].map((at) => [
          `crates/layer${at}/Cargo.toml`,
          crate(`layer${at}`, `\n[dependencies]\n${below(at)}`),
        ]),
      ),
      'README.md': '',
    },
  },
];

const within = (folder: string, file: string): string => (folder === '' ? file : `${folder}/${file}`);
const sourceFile = (shape: Shape, part: Part): string => within(shape.folder(part), `src/${part.name}.rs`);
const testFile = (shape: Shape, part: Part): string =>
  within(shape.folder(part), shape.isOutside ? `tests/${part.name.slice(0, 2)}.rs` : 'src/lib.rs');
const hasExample = (shape: Shape, part: Part): boolean => shape.crate(part) === 'shop' && part === shape.parts[0];

function testsText(part: Part, call: string): string {
  return numbers
    .map((n) => `    #[test]\n    fn n${n}() {\n        assert_eq!(${call}(${n}), ${valueAt(part, n)});\n    }\n`)
    .join('');
}

function sourceText(shape: Shape, part: Part, { factor = part.factor, more = '' } = {}): string {
  const calls = part.uses.map((used) => {
    const from = shape.crate(used) === shape.crate(part) ? 'crate' : shape.crate(used);
    return `${from}::${used.name}::${used.name}(n)`;
  });
  const example = `/// \`\`\`\n/// assert_eq!(shop::${part.name}::${part.name}(1), ${valueAt(part, 1)});\n/// \`\`\`\n`;
  const tests = `\n#[cfg(test)]\nmod tests {\n    use super::*;\n\n${testsText(part, part.name)}}\n`;
  return [
    hasExample(shape, part) ? example : '',
    `pub fn ${part.name}(n: u64) -> u64 {\n    ${[`n * ${factor}`, ...calls].join(' + ')}\n}\n`,
    more,
    shape.isOutside ? '' : tests,
  ].join('');
}

function filesOf(shape: Shape): Record<string, string> {
  const files: Record<string, string> = { ...shape.more };
  for (const part of shape.parts) {
    files[sourceFile(shape, part)] = sourceText(shape, part);
    const library = within(shape.folder(part), 'src/lib.rs');
    files[library] = `${files[library] ?? ''}pub mod ${part.name};\n`;
    if (!shape.isOutside) continue;
    const file = testFile(shape, part);
    const tests = testsText(part, `server::${part.name}::${part.name}`);
    files[file] = `${files[file] ?? ''}mod ${part.name} {\n${tests}}\n`;
  }
  return files;
}

function idsOf(shape: Shape, part: Part, values: readonly number[]): readonly string[] {
  const path = shape.isOutside ? part.name : `${part.name}::tests`;
  const ids = values.map((n) => `cargo|${testFile(shape, part)}|${path}::n${n}|1`);
  const example = `cargo:doc|src/lib.rs|${sourceFile(shape, part)} - ${part.name}::${part.name}|1`;
  return hasExample(shape, part) ? [...ids, example] : ids;
}

/** Twenty changes that no test can see. */
function innocentSaves(shape: Shape, files: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  const of = (at: number): Part => shape.parts[at % shape.parts.length] as Part;
  const text = (file: string): string => files[file] ?? '';
  const kinds: readonly ((part: Part) => readonly [string, string])[] = [
    (part) => [sourceFile(shape, part), `// A remark.\n\n${sourceText(shape, part)}`],
    (part) => [sourceFile(shape, part), sourceText(shape, part, { more: `\nfn unused() {}\n` })],
    (part) => [sourceFile(shape, part), sourceText(shape, part).replace('n * ', 'n  *  ')],
    (part) => [testFile(shape, part), `// A remark.\n${text(testFile(shape, part))}`],
    (part) => [testFile(shape, part), `${text(testFile(shape, part))}\n#[test]\nfn more() {}\n`],
  ];
  const saves = Array.from({ length: 18 }, (_, at) => (kinds[at % kinds.length] as (typeof kinds)[0])(of(at * 3)));
  const page = Object.keys(shape.more).find((file) => file.endsWith('.md')) ?? '';
  return [...saves, [page, 'More words.\n'], ['docs/more.md', 'Words.\n']];
}

test.each(shapes)(
  'VERIFY-7, VERIFY-2: cargo, $name: no save is blamed in vain, no break is missed',
  { timeout: 240_000 },
  async (shape) => {
    const { parts } = shape;
    const files = filesOf(shape);
    const project = await cargoSample(await scratch('cargo-project'), files);
    const innocent = innocentSaves(shape, files);
    const broken = parts.slice(-20);
    expect([innocent.length, broken.length]).toEqual([20, 20]);
    await playSaves({
      project,
      files,
      tests: parts.flatMap((part) => idsOf(shape, part, numbers)).length,
      innocent: rounds(innocent, savesInRound).map((round) => Object.fromEntries(round)),
      breaks: rounds(broken, savesInRound).map((round) => ({
        saves: Object.fromEntries(
          round.map((part) => [sourceFile(shape, part), sourceText(shape, part, { factor: part.factor + 1 })]),
        ),
        red: parts.filter((part) => isTouched(part, round)).flatMap((part) => idsOf(shape, part, numbers.slice(1))),
      })),
    });
  },
);
