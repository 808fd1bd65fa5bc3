import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Package } from './javascript/packages.ts';
import { isInFolder, isOwn } from './report/paths.ts';

const mostFiles = 500;
const module = /\.[cm]?[jt]sx?$/;
const ofBabel = /^(?:babel\.config|\.babelrc)(?:\.\w+)?$/;
const endings = [
  ...['', '.json', '.js', '.cjs', '.mjs', '.ts', '.yml', '.yaml', '.py'],
  ...['/index.js', '/index.json', '/tsconfig.json', '/jest-preset.js', '/jest-preset.json', '/__init__.py'],
];

/**
 * Files of the project that the settings of a tool take something from, settings or code: who changes these changes what
 * the tool says as well. It is looked at anew before every run, since settings change.
 */
export interface SettingsChain {
  includes(path: string): boolean;
  /** @param more settings that only a run has told of */
  refresh(root: string, more?: readonly string[]): Promise<void>;
}

export interface ChainInput {
  /** Settings files, relative to the root with `/`. */
  readonly first: readonly string[];
  readonly packages: readonly Package[];
  /** What this settings file names: paths relative to it that begin with a dot, or names of packages. */
  readonly namesIn: (text: string, path: string) => readonly string[];
}

interface Chain {
  readonly files: ReadonlySet<string>;
  /** Packages of the workspace, all of them. */
  readonly folders: readonly string[];
  /** Of the texts that this was read from. */
  readonly hash: string;
}

export async function settingsChain(root: string, input: ChainInput): Promise<SettingsChain> {
  const known = { current: await read(root, input) };
  return {
    includes: (path) => {
      const { files, folders } = known.current;
      return files.has(path) || folders.some((folder) => isInFolder(path, folder));
    },
    refresh: async (at, more = []) => {
      const { files, hash } = known.current;
      const first = [...new Set([...input.first, ...more])];
      if ((await hashOf(at, [...first, ...files])) !== hash) known.current = await read(at, { ...input, first });
    },
  };
}

async function read(given: string, { first, packages, namesIn }: ChainInput): Promise<Chain> {
  const root = await realpath(given);
  const seen = new Set(first);
  const folders = new Set<string>();
  const add = (name: string, from: string): void => {
    if (seen.size >= mostFiles) return;
    const owner = packages.find(({ folder, manifest }) => folder !== '' && isOf(name, manifest.name));
    if (owner === undefined) {
      if (/^\.{1,2}\//.test(name)) for (const path of meant(root, name, from)) seen.add(path);
      return;
    }
    // A file of another package is that file; by the name of the package alone it may be any of it.
    const inside = name.slice(owner.manifest.name?.length ?? 0);
    const there = meant(root, `.${inside}`, `${owner.folder}/package.json`).filter((path) =>
      existsSync(join(root, path)),
    );
    if (inside === '' || there.length === 0) folders.add(owner.folder);
    else for (const path of there) seen.add(path);
  };
  const ownText = (path: string): Promise<string> => textOf(root, path);
  for (const path of seen) for (const name of namesIn(await ownText(path), path)) add(name, path);
  const modules = [...seen].filter((path) => module.test(path));
  if (modules.length > 0) {
    const { bundle } = await import('./javascript/bundle.ts');
    const found = await bundle({ root, packages, textOf: ownText }, modules);
    for (const path of Object.keys(found?.inputs ?? {}))
      if (isOwn(path) && existsSync(join(root, path))) seen.add(path);
    for (const { folder } of found?.byName ?? []) if (folder !== '') folders.add(folder);
    for (const { name, from } of found?.missing ?? []) add(name, from);
  }
  const files = new Set([...seen].filter((path) => !first.includes(path)));
  return { files, folders: [...folders], hash: await hashOf(root, [...first, ...files]) };
}

function isOf(name: string, packageName: string | undefined): boolean {
  return packageName !== undefined && (name === packageName || name.startsWith(`${packageName}/`));
}

/** Where nothing of the name exists, whatever may come to stand there. */
function meant(root: string, name: string, from: string): readonly string[] {
  const at = posix.normalize(posix.join(posix.dirname(from), name));
  const candidates = endings.map((ending) => at + ending).filter(isOwn);
  const [found] = candidates.filter((path) => /\.\w+$/.test(path) && existsSync(join(root, path)));
  return found === undefined ? candidates.filter((path) => /\.\w+$/.test(path)) : [found];
}

async function hashOf(root: string, paths: readonly string[]): Promise<string> {
  const texts = await Promise.all([...new Set(paths)].sort().map((path) => textOf(root, path)));
  return createHash('sha1').update(texts.join('\0')).digest('hex');
}

function textOf(root: string, path: string): Promise<string> {
  return readFile(join(root, path), 'utf8').catch(() => '');
}

/** What stands under `extends`, in JSON, YAML or JavaScript, on one line or as a list: paths and names of packages. */
export function extendsIn(text: string): readonly string[] {
  const found = text.matchAll(
    /["']?\b(?:extends|preset|plugins)\b["']?[ \t]*:[ \t]*(\s*\[[^\]]*\]|(?:\n\s*-[^\n]*)+|\s*[^\n,}]+)/g,
  );
  return [...found]
    .flatMap(([, value = '']) => value.match(/[\w@.][\w@./-]*/g) ?? [])
    .filter((each) => /[./@]/.test(each));
}

/** The settings of a runner of JavaScript as a chain: files of these names in its package and below it. */
export function chainOfPackage(
  { root, files }: { readonly root: string; readonly files: readonly string[] },
  settings: RegExp,
  place: { readonly folder: string; readonly packages: readonly Package[]; readonly config?: string | undefined },
): Promise<SettingsChain> {
  const { folder, packages, config } = place;
  const isSettings = (name: string): boolean => settings.test(name) || ofBabel.test(name);
  const named = files.filter((path) => isInFolder(path, folder) && isSettings(posix.basename(path)));
  const own = ['package.json', ...(config === undefined ? [] : [config])].map((path) => posix.join(folder, path));
  return settingsChain(root, { first: [...new Set([...named, ...own])], packages, namesIn });
}

/** Babel names its plugins in lists, with options between them; what these call `root` are folders of sources. */
function namesIn(text: string, path: string): readonly string[] {
  if (!ofBabel.test(posix.basename(path))) return extendsIn(text);
  const lists = text.replace(/["']?\broot["']?\s*:\s*\[[^\]]*\]/g, '');
  return lists.match(/(?<=[[,]\s*["'`])\.{1,2}\/[\w@./-]+|(?<=\bextends["']?\s*:\s*["'`])[\w@./-]+/g) ?? [];
}
