import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { isOwn } from '../report/paths.ts';
import { type Bundle, bundle } from './bundle.ts';
import type { Package } from './packages.ts';
import { compile } from './path-rules.ts';

const mostModules = 20_000;
const largestFile = 1_000_000;
const module = /(?<!\.d)\.[cm]?[jt]sx?$/;
const endings = ['', '.ts', '.tsx', '.js', '.jsx', '.mts', '.mjs', '.cts', '.cjs', '.json', '/index.ts', '/index.js'];
/** What starts a program of which the graph knows nothing. */
const starters = /^(?:node:)?(?:child_process|worker_threads|cluster)$|^(?:execa|cross-spawn|tinyexec|zx|nano-spawn)$/;
/** A word in a text that may name a file: `../bin/cli.js`, `cli.js`. */
const pathWord = /[\w@./-]+\.[cm]?[jt]sx?\b/g;
const relativeWord = /['"`](\.{1,2}\/[^'"`\n\\]{1,200})['"`]/g;

/** Which module of a project needs which, as far as it can be known without running anything. Paths are relative to the root. */
export interface ImportGraph {
  /** The project's files that a module needs, directly or not. */
  dependencies(path: string): readonly string[];
  /**
   * These files and all that need them. Undefined where that cannot be known: a file that is no module and that nobody
   * names. `sure` also takes modules that load or start something by a computed name: they may need anything.
   */
  dependants(changed: readonly string[], how: { readonly sure: boolean }): ReadonlySet<string> | undefined;
}

export interface GraphInput {
  /** Without symbolic links. */
  readonly root: string;
  /** All files of the project, as `projectFiles` gives them. */
  readonly files: readonly string[];
  /** Packages of the workspace: an import by name needs the whole package. */
  readonly packages: readonly Package[];
}

export function isModule(path: string): boolean {
  return module.test(path);
}

/** Reads the modules of a project. Undefined where there are too many, or they cannot be made sense of. */
export async function importGraph(input: GraphInput): Promise<ImportGraph | undefined> {
  const modules = input.files.filter((path) => isModule(path) && !/[?#\\]/.test(path));
  if (modules.length > mostModules) return undefined;
  const { root, packages } = input;
  const texts = new Map(await Promise.all(modules.map(async (path) => [path, await textOf(root, path)] as const)));
  const read = await bundle({ root, packages, textOf: (path) => textOf(root, path) }, modules);
  if (read === undefined) return undefined;
  return graphOf(input, read, texts);
}

async function textOf(root: string, path: string): Promise<string> {
  const text = await readFile(join(root, path), 'utf8').catch(() => '');
  return text.slice(0, largestFile);
}

function graphOf({ files, packages }: GraphInput, read: Bundle, texts: ReadonlyMap<string, string>): ImportGraph {
  const needs = new Map<string, Set<string>>();
  const add = (from: string, to: string): void => {
    if (from !== to && isOwn(to)) needs.set(from, (needs.get(from) ?? new Set()).add(to));
  };
  const unclear = new Set([...read.unclear].map((path) => path.replace(/^\.\//, '')));
  const names = namesOf(files);
  for (const [path, { imports }] of Object.entries(read.inputs)) {
    if (!texts.has(path)) continue;
    for (const { path: to, external } of imports) {
      if (external !== true) add(path, to);
      else if (mayBeMapped(to)) for (const each of endingLike(to, names)) add(path, each);
    }
    const originals = new Set(imports.map(({ original }) => original));
    const mentioned = mentions(path, texts.get(path) ?? '', originals, names);
    for (const to of mentioned) add(path, to);
    if (mentioned.length === 0 && imports.some((each) => starters.test(each.path))) unclear.add(path);
  }
  const patterns = patternsIn(read.inputs);
  for (const { from, matches } of patterns) for (const to of files) if (matches(to)) add(from, to);
  const packageOf = packageFinder(packages);
  const nowhere = [...read.missing, ...mappedNames(read.inputs)];
  for (const { from, folder } of read.byName) needs.set(from, (needs.get(from) ?? new Set()).add(inPackage(folder)));
  return {
    dependencies: (path) => [...reach([path], needs)].filter((each) => each !== path && names.all.has(each)).sort(),
    dependants: (changed, { sure }) => {
      const starts = new Set<string>(sure ? unclear : []);
      for (const path of changed) {
        starts.add(path);
        starts.add(inPackage(packageOf(path)));
        if (!texts.has(path)) for (const from of meaning(path, nowhere)) starts.add(from);
        for (const { from, matches } of patterns) if (matches(path)) starts.add(from);
        if (isModule(path)) continue;
        const base = posix.basename(path);
        const naming = [...texts].filter(([, text]) => text.includes(base));
        if (naming.length === 0 && !isNeeded(path, needs)) return undefined;
        for (const [from] of [...naming, ...namingFolder(path, texts)]) starts.add(from);
      }
      return reach(starts, reversed(needs));
    },
  };
}

/** `import('./plugins/' + name + '.js')` needs all that fits: esbuild calls it a path with stars. */
function patternsIn(inputs: Bundle['inputs']): { from: string; matches: (path: string) => boolean }[] {
  return Object.entries(inputs).flatMap(([from, { imports }]) =>
    imports.flatMap(({ path, external }) =>
      external === true && path.startsWith('.') && path.includes('*')
        ? [{ from, matches: compile([posix.join(posix.dirname(from), path)]) }]
        : [],
    ),
  );
}

/** Names that only the settings of the runner may explain (`@/sum`, `~lib/sum`), or that are of a package. */
const mayBeMapped = (name: string): boolean => !/^(?:node:|\.)/.test(name) && /^[@~#$]|\//.test(name);

function mappedNames(inputs: Bundle['inputs']): { from: string; name: string }[] {
  return Object.entries(inputs).flatMap(([from, { imports }]) =>
    imports.flatMap(({ path, external }) => (external === true && mayBeMapped(path) ? [{ from, name: path }] : [])),
  );
}

/** Modules whose path ends like a name without its first step. */
function endingLike(name: string, names: Names): string[] {
  const tail = tailOf(name);
  return (names.byStem.get(posix.basename(tail)) ?? []).filter((path) => endsWith(path, tail));
}

function tailOf(name: string): string {
  return stem(name.replace(/^[^/]*\//, '').replace(/^[@~#$]/, ''));
}

function endsWith(path: string, tail: string): boolean {
  return stem(path) === tail || stem(path).endsWith(`/${tail}`);
}

/** Stands for all of a package. */
const inPackage = (folder: string): string => `${folder}/*`;

function packageFinder(packages: readonly Package[]): (path: string) => string {
  const folders = packages.map(({ folder }) => folder).sort((one, other) => other.length - one.length);
  return (path) => folders.find((folder) => folder !== '' && path.startsWith(`${folder}/`)) ?? '';
}

function reach(starts: Iterable<string>, edges: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const seen = new Set(starts);
  for (const path of seen) for (const next of edges.get(path) ?? []) seen.add(next);
  return seen;
}

function reversed(needs: ReadonlyMap<string, ReadonlySet<string>>): Map<string, Set<string>> {
  const back = new Map<string, Set<string>>();
  for (const [from, all] of needs) for (const to of all) back.set(to, (back.get(to) ?? new Set()).add(from));
  return back;
}

function isNeeded(path: string, needs: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  return [...needs.values()].some((all) => all.has(path));
}

interface Names {
  readonly all: ReadonlySet<string>;
  readonly byBase: ReadonlyMap<string, readonly string[]>;
  readonly byStem: ReadonlyMap<string, readonly string[]>;
}

function namesOf(files: readonly string[]): Names {
  return {
    all: new Set(files),
    byBase: Map.groupBy(files, (path) => posix.basename(path)),
    byStem: Map.groupBy(files.filter(isModule), (path) => posix.basename(stem(path))),
  };
}

/** Files that a text names otherwise than by an import: programs to start, modules to be replaced by doubles. */
function mentions(path: string, text: string, originals: ReadonlySet<string | undefined>, names: Names): string[] {
  const found = new Set<string>();
  const near = (word: string) => endings.map((ending) => posix.join(posix.dirname(path), word) + ending);
  for (const [, word = ''] of text.matchAll(relativeWord)) {
    if (originals.has(word)) continue;
    const meant = near(word).find((each) => names.all.has(each));
    if (meant !== undefined) found.add(meant);
  }
  for (const [word] of text.matchAll(pathWord)) {
    if (originals.has(word) || (word.startsWith('.') && near(word).some((each) => names.all.has(each)))) continue;
    const tail = word.replace(/^(?:\.{0,2}\/)+/, '');
    const fitting = names.byBase.get(posix.basename(tail)) ?? [];
    for (const each of fitting) if (each === tail || each.endsWith(`/${tail}`)) found.add(each);
  }
  found.delete(path);
  return [...found];
}

/** Modules whose text names the folder of a file, as who reads all files in it would. */
function namingFolder(path: string, texts: ReadonlyMap<string, string>): (readonly [string, string])[] {
  const folder = posix.basename(posix.dirname(path));
  if (folder === '.') return [];
  const words = [`'${folder}'`, `"${folder}"`, `/${folder}'`, `/${folder}"`];
  return [...texts].filter(([, text]) => words.some((word) => text.includes(word)));
}

function stem(path: string): string {
  return path.replace(/(?:\/index)?(?:\.[cm]?[jt]sx?|\.json)?$/, '');
}

/** Modules with an import that leads nowhere and may have meant this file. */
function meaning(path: string, nowhere: Bundle['missing']): string[] {
  return nowhere.flatMap(({ from, name }) => {
    const isMeant = name.startsWith('.')
      ? stem(posix.join(posix.dirname(from), name)) === stem(path)
      : endsWith(path, tailOf(name));
    return isMeant ? [from] : [];
  });
}
