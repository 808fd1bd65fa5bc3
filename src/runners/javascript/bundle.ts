import { join, posix } from 'node:path';
import { build, type Loader, type Message, type Metafile, type Plugin, stop } from 'esbuild';
import type { Package } from './packages.ts';

const mostPasses = 6;
const computed = new Set(['unsupported-require-call', 'unsupported-dynamic-import']);

export interface BundleInput {
  /** Without symbolic links. */
  readonly root: string;
  /** Packages of the workspace: an import by name needs the whole package. */
  readonly packages: readonly Package[];
  readonly textOf: (path: string) => Promise<string>;
}

/** What esbuild says of the imports of a project's modules. */
export interface Bundle {
  readonly inputs: Metafile['inputs'];
  /** Imports that lead nowhere: a file that was deleted, or a name that only the runner's own settings explain. */
  readonly missing: readonly { readonly from: string; readonly name: string }[];
  readonly byName: readonly { readonly from: string; readonly folder: string }[];
  /** Modules that load something by a computed name. */
  readonly unclear: ReadonlySet<string>;
}

/** Esbuild stops at the first module that it cannot read; it is then given the imports of that module alone. */
export async function bundle(input: BundleInput, modules: readonly string[]): Promise<Bundle | undefined> {
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
    const found: Found = { missing: [], byName: [] };
    const result = await once(input, modules, { loader, unresolved, unreadable, found }).catch(failureOf);
    for (const { id, location } of result.warnings) if (computed.has(id) && location) unclear.add(location.file);
    if (result.inputs !== undefined) return { inputs: result.inputs, ...found, unclear };
    for (const { text, location } of result.errors) {
      const ending = /^No loader is configured for "([^"]+)" files/.exec(text)?.[1];
      const name = /^Could not resolve "(.+)"$/.exec(text)?.[1];
      if (ending !== undefined) loader[ending] = 'empty';
      else if (name !== undefined) unresolved.add(name);
      else if (location && !unreadable.has(location.file)) {
        unreadable.set(location.file, bareImports(await input.textOf(location.file)));
        // A pattern of names (`require('./' + name)`) that fits nothing now.
        if (text.startsWith('Could not resolve ')) unclear.add(location.file);
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

async function once({ root, packages }: BundleInput, modules: readonly string[], pass: Pass): Promise<Outcome> {
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
function bareImports(text: string): string {
  const names = [...text.matchAll(/(?:\bfrom|\bimport|\brequire)\s*\(?\s*['"]([^'"\n]+)['"]/g)].map(([, name]) => name);
  return [...new Set(names)].map((name) => `import ${JSON.stringify(name)};`).join('\n');
}
