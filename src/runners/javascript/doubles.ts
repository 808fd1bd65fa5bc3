import { existsSync, realpathSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { isOwn, relativePath } from '../report/paths.ts';

/** A name that the settings of a runner lead to another module: `moduleNameMapper` of jest, `alias` of vitest. */
export const rawMapping = z.object({
  /** A name, which stands for what begins with it and a slash as well, or the source of a regular expression. */
  name: z.string(),
  isPattern: z.boolean(),
  /** Absolute, or names; `$1` is what was matched. */
  targets: z.array(z.string()),
});
export type RawMapping = z.infer<typeof rawMapping>;

/** Of one project of the runner: where its mappings are looked up from. */
export interface Mappings {
  readonly base: string;
  readonly mappings: readonly RawMapping[];
}

const endings = [
  ...['', '.ts', '.tsx', '.js', '.jsx', '.mts', '.mjs', '.cts', '.cjs', '.json'],
  ...['.ts', '.tsx', '.js', '.jsx', '.mjs', '.cjs', '.json'].map((ending) => `/index${ending}`),
];
const ofTests = new Set(
  'mock mocks mocked mocking stub stubs fake fakes doubles dummy dummies test tests testing fixture fixtures'.split(
    ' ',
  ),
);

/**
 * Whether a path is a test double that the settings put in the place of something. A mapping may as well be a shorter
 * name of ordinary source, which a fix has to be able to change, so that a target is a double only
 *
 * - by its name: a folder or a file that says mock, stub, fake, fixture, test (`mocks/$1`, `src/fileMock.js`), or
 * - since one file stands for what would be found without the mapping: an installed package, a module of Node, a file by
 *   its relative path; or for many names at once (`\.css$`).
 *
 * `^@/(.*)$` to `src/$1`, or `@core` to `src/core/index.ts`, explains names that nothing else explains: no double.
 *
 * @param root the folder of the run; a path is looked at as if it lay there.
 */
export function doublesIn(all: readonly Mappings[], root: string): (path: string) => boolean {
  const files = new Set<string>();
  const patterns: RegExp[] = [];
  for (const { base, mappings } of all) {
    for (const mapping of mappings) {
      for (const target of mapping.targets) {
        if (!isOwn(relativePath(root, target))) continue;
        if (saysTests(relativePath(base, target).replaceAll(/\$\d+/g, ''))) {
          patterns.push(patternOf(relativePath(root, target)));
          continue;
        }
        const file = /\$\d/.test(target) ? undefined : fileOf(target);
        if (file !== undefined && standsFor(mapping, { base, root, file })) files.add(relativePath(root, file));
      }
    }
  }
  return (path) => files.has(path) || patterns.some((pattern) => pattern.test(path));
}

function saysTests(path: string): boolean {
  const words = path.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').split(/[^A-Za-z]+/);
  return words.some((word) => ofTests.has(word.toLowerCase()));
}

function fileOf(target: string): string | undefined {
  return endings
    .map((ending) => target + ending)
    .find((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}

/** What a target with `$1` may come to mean, or a folder that a name stands for. */
function patternOf(target: string): RegExp {
  const parts = target.split(/\$\d+/).map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.+')}(?:[./].*)?$`);
}

function standsFor(
  { name, isPattern }: RawMapping,
  { base, root, file }: { readonly base: string; readonly root: string; readonly file: string },
): boolean {
  const beginning = isPattern ? literalBeginning(name) : name;
  if (beginning === '' || /^\.{0,2}\//.test(beginning) || isBuiltin(beginning)) return true;
  const [scope = '', inside] = beginning.split('/');
  const packageName = scope.startsWith('@') && inside ? `${scope}/${inside}` : scope;
  for (let folder = base; ; folder = dirname(folder)) {
    const installed = join(folder, 'node_modules', packageName);
    // A package of the workspace stands there as a link to its sources: its name for these is no double.
    if (existsSync(installed)) return !file.startsWith(`${realpathSync(installed)}/`);
    if (folder === root || dirname(folder) === folder) return false;
  }
}

/** `^@core\/api$` begins with `@core/api`; empty where many names fit that have nothing in common. */
function literalBeginning(source: string): string {
  const [, text = ''] = /^\^((?:\\[^A-Za-z0-9]|[\w@/:-]|\.(?![*+?{]))*)/.exec(source) ?? [];
  const isCutInWord = /^[*+?{]/.test(source.slice(text.length + 1));
  return (isCutInWord ? text.slice(0, -1) : text).replaceAll('\\', '').replace(/\/$/, '');
}
