import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { build, type Loader, type Message, type Metafile, type Plugin, stop } from 'esbuild';
import { isOwn } from '../report/paths.ts';
import type { Package } from './packages.ts';

const mostModules = 20_000;
const mostPasses = 6;
const largestFile = 1_000_000;
const module = /(?<!\.d)\.[cm]?[jt]sx?$/;
const endings = ['', '.ts', '.tsx', '.js', '.jsx', '.mts', '.mjs', '.cts', '.cjs', '.json', '/index.ts', '/index.js'];
/** What starts a program of which the graph knows nothing. */
const starters = /^(?:node:)?(?:child_process|worker_threads|cluster)$|^(?:execa|cross-spawn|tinyexec|zx|nano-spawn)$/;
const computed = new Set(['unsupported-require-call', 'unsupported-dynamic-import']);
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
  const read = await bundle(input, modules);
  if (read === undefined) return undefined;
  const texts = new Map(await Promise.all(modules.map((path) => textOf(input.root, path))));
  return graphOf(input, read, texts);
}

interface Read {
  readonly inputs: Metafile['inputs'];
  /** Imports that lead nowhere: a file that was deleted, or a name that only the runner's own settings explain. */
  readonly missing: readonly { readonly from: string; readonly name: string }[];
  readonly byName: readonly { readonly from: string; readonly folder: string }[];
  /** Modules that load something by a computed name. */
  readonly unclear: ReadonlySet<string>;
}

/** Esbuild stops at the first module that it cannot read; it is then given the imports of that module alone. */
async function bundle(input: GraphInput, modules: readonly string[]): Promise<Read | undefined> {
  const unreadable = new Map<string, string>();
  const unclear = new Set<string>();
  const loader: Record<string, Loader> = {
    '.js': 'jsx',
    '.mjs': 'jsx',
    '.cjs': 'jsx',
    '.json': 'empty',
    '.css': 'empty',
  };
  const unresolved = new Set<string>();
  for (let pass = 0; pass < mostPasses; pass++) {
    const found: Pick<Read, 'missing' | 'byName'> & Found = { missing: [], byName: [] };
    const result = await once(input, modules, { loader, unresolved, unreadable, found }).catch(failureOf);
    for (const { id, location } of result.warnings) if (computed.has(id) && location) unclear.add(location.file);
    if (result.inputs !== undefined) return { inputs: result.inputs, ...found, unclear };
    for (const { text, location } of result.errors) {
      const ending = /^No loader is configured for "([^"]+)" files/.exec(text)?.[1];
      const name = /^Could not resolve "(.+)"$/.exec(text)?.[1];
      if (ending !== undefined) loader[ending] = 'empty';
      else if (name !== undefined) unresolved.add(name);
      else if (location && !unreadable.has(location.file)) {
        unreadable.set(location.file, await bareImports(input.root, location.file));
        // A pattern of names (`require('./' + name)`) that fits nothing is not known, either.
        unclear.add(location.file);
      }
    }
    if (result.errors.length === 0) return undefined;
  }
  return undefined;
}

interface Found {
  missing: { from: string; name: string }[];
  byName: { from: string; folder: string }[];
}

interface Pass {
  readonly loader: Record<string, Loader>;
  /** Names that lead nowhere from some module. */
  readonly unresolved: ReadonlySet<string>;
  readonly unreadable: ReadonlyMap<string, string>;
  readonly found: Found;
}

interface Outcome {
  readonly inputs?: Metafile['inputs'];
  readonly errors: readonly Message[];
  readonly warnings: readonly Message[];
}

let running = 0;

async function once({ root, packages }: GraphInput, modules: readonly string[], pass: Pass): Promise<Outcome> {
  running++;
  try {
    const { metafile, errors, warnings } = await build({
      stdin: { contents: modules.map((path) => `import ${JSON.stringify(`./${path}`)};`).join('\n'), resolveDir: root },
      absWorkingDir: root,
      bundle: true,
      write: false,
      metafile: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      treeShaking: false,
      ignoreAnnotations: true,
      logLevel: 'silent',
      logLimit: 0,
      logOverride: Object.fromEntries([...computed].map((id) => [id, 'warning'] as const)),
      loader: pass.loader,
      plugins: [plugin(root, packages, pass)],
    });
    return { inputs: metafile.inputs, errors, warnings };
  } finally {
    running--;
    // Its process would stay for as long as this one.
    if (running === 0) await stop();
  }
}

function failureOf(error: unknown): Outcome {
  const { errors = [], warnings = [] } = error as Partial<Outcome>;
  return { errors, warnings };
}

function plugin(root: string, packages: readonly Package[], { unresolved, unreadable, found }: Pass): Plugin {
  return {
    name: 'mendwatch',
    setup(esbuild) {
      for (const { folder, manifest } of packages) {
        if (manifest.name === undefined) continue;
        esbuild.onResolve({ filter: new RegExp(`^${escaped(manifest.name)}(/|$)`) }, ({ importer, path }) => {
          found.byName.push({ from: posix.relative(root, importer), folder });
          return { path, external: true };
        });
      }
      if (unreadable.size > 0) {
        const paths = [...unreadable.keys()].map((path) => join(root, path));
        esbuild.onLoad({ filter: anyOf(paths) }, ({ path }) => ({
          contents: unreadable.get(posix.relative(root, path)) ?? '',
          loader: 'js',
        }));
      }
      if (unresolved.size === 0) return;
      esbuild.onResolve(
        { filter: anyOf([...unresolved]) },
        async ({ path, importer, kind, resolveDir, pluginData }) => {
          if (pluginData === 'asked') return undefined;
          const resolved = await esbuild.resolve(path, { importer, kind, resolveDir, pluginData: 'asked' });
          if (resolved.errors.length === 0) return resolved;
          found.missing.push({ from: posix.relative(root, importer), name: path });
          return { path, external: true };
        },
      );
    },
  };
}

function anyOf(texts: readonly string[]): RegExp {
  return new RegExp(`^(?:${texts.map(escaped).join('|')})$`);
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** What a module that cannot be parsed seems to import. */
async function bareImports(root: string, path: string): Promise<string> {
  const [, text] = await textOf(root, path);
  const names = [...text.matchAll(/(?:\bfrom|\bimport|\brequire)\s*\(?\s*['"]([^'"\n]+)['"]/g)].map(([, name]) => name);
  return [...new Set(names)].map((name) => `import ${JSON.stringify(name)};`).join('\n');
}

async function textOf(root: string, path: string): Promise<readonly [string, string]> {
  const text = await readFile(join(root, path), 'utf8').catch(() => '');
  return [path, text.slice(0, largestFile)];
}

function graphOf({ files, packages }: GraphInput, read: Read, texts: ReadonlyMap<string, string>): ImportGraph {
  const needs = new Map<string, Set<string>>();
  const add = (from: string, to: string): void => {
    if (from !== to && isOwn(to)) needs.set(from, (needs.get(from) ?? new Set()).add(to));
  };
  const unclear = new Set([...read.unclear].map((path) => path.replace(/^\.\//, '')));
  const names = namesOf(files);
  for (const [path, { imports }] of Object.entries(read.inputs)) {
    if (!texts.has(path)) continue;
    for (const { path: to, external } of imports) if (external !== true) add(path, to);
    const originals = new Set(imports.map(({ original }) => original));
    const mentioned = mentions(path, texts.get(path) ?? '', originals, names);
    for (const to of mentioned) add(path, to);
    if (mentioned.length === 0 && imports.some((each) => starters.test(each.path))) unclear.add(path);
  }
  const packageOf = packageFinder(packages);
  for (const { from, folder } of read.byName) needs.set(from, (needs.get(from) ?? new Set()).add(inPackage(folder)));
  return {
    dependencies: (path) => [...reach([path], needs)].filter((each) => each !== path && !each.endsWith('/*')).sort(),
    dependants: (changed, { sure }) => {
      const starts = new Set<string>(sure ? unclear : []);
      for (const path of changed) {
        starts.add(path);
        starts.add(inPackage(packageOf(path)));
        for (const { from, name } of read.missing) if (mayMean(from, name, path)) starts.add(from);
        if (isModule(path)) continue;
        const naming = namingData(path, texts);
        if (naming.length === 0 && !isNeeded(path, needs)) return undefined;
        for (const from of naming) starts.add(from);
      }
      return reach(starts, reversed(needs));
    },
  };
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
}

function namesOf(files: readonly string[]): Names {
  return { all: new Set(files), byBase: Map.groupBy(files, (path) => posix.basename(path)) };
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
    if (originals.has(word) || near(word).some((each) => names.all.has(each))) continue;
    const tail = word.replace(/^(?:\.{0,2}\/)+/, '');
    const fitting = names.byBase.get(posix.basename(tail)) ?? [];
    for (const each of fitting) if (each === tail || each.endsWith(`/${tail}`)) found.add(each);
  }
  found.delete(path);
  return [...found];
}

/** Modules whose text names a file that is no module, or the folder that it lies in. */
function namingData(path: string, texts: ReadonlyMap<string, string>): string[] {
  const base = posix.basename(path);
  const folder = posix.basename(posix.dirname(path));
  const words =
    folder === '.' ? [base] : [base, `${folder}/`, `'${folder}'`, `"${folder}"`, `/${folder}'`, `/${folder}"`];
  return [...texts].filter(([, text]) => words.some((word) => text.includes(word))).map(([from]) => from);
}

/** Whether an import that leads nowhere may have meant this file. */
function mayMean(from: string, name: string, path: string): boolean {
  const stem = (each: string) => each.replace(/(?:\/index)?(?:\.[cm]?[jt]sx?|\.json)?$/, '');
  if (name.startsWith('.')) return stem(posix.join(posix.dirname(from), name)) === stem(path);
  return posix.basename(stem(name)) === posix.basename(stem(path));
}
