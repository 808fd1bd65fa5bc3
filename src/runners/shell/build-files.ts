import { readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import picomatch from 'picomatch';

const startsRunner = /(?:^|[\s;&|(/@-])(?:[gb]?make|just|task|go-task)(?=\s|$)/m;
const usualNames = [
  ...['GNUmakefile', 'makefile', 'Makefile', 'justfile', 'Justfile', '.justfile'],
  ...['Taskfile', 'taskfile'].flatMap((name) => ['.yml', '.yaml', '.dist.yml', '.dist.yaml'].map((end) => name + end)),
];
const mostFiles = 50;
const largestBytes = 1024 * 1024;

export interface BuildFiles {
  /** What such a file includes, whatever its name: who changes it changes what the command does. */
  includes(path: string): boolean;
  readonly texts: readonly string[];
}

/**
 * The files that command runners (make, just, task) read where one of these texts starts one, with what they include.
 * Looked up when it is asked, since they change.
 *
 * @param texts the command and the scripts that it runs.
 * @param root the person's own tree.
 */
export function buildFiles(texts: readonly string[], root: string): BuildFiles {
  const starting = texts.filter((text) => startsRunner.test(text));
  const words = starting.flatMap((text) => text.match(/[^\s"'`;|&<>()=]+/g) ?? []).map(normal);
  const folders = ['', ...words.filter((word) => kindOf(root, word) === 'folder')];
  const named = folders.flatMap((folder) => words.map((word) => posix.join(folder, word)));
  const usual = folders.flatMap((folder) => usualNames.map((name) => posix.join(folder, name)));
  const read = new Map<string, string>();
  const included = new Set<string>();
  const waiting = starting.length === 0 ? [] : [...usual, ...named];
  for (const path of waiting) {
    if (read.has(path) || read.size >= mostFiles || kindOf(root, path) !== 'file') continue;
    const text = readFileSync(join(root, path), 'utf8').replaceAll('\\\n', ' ');
    read.set(path, text);
    for (const name of includedBy(text)) {
      // Make looks from where it was started, the others from the file.
      const meant = [...new Set([posix.dirname(path), ...folders])].map((folder) => normal(posix.join(folder, name)));
      for (const each of meant) included.add(each);
      waiting.push(...meant);
    }
  }
  const matches = included.size === 0 ? () => false : picomatch([...included], { dot: true });
  return { includes: (path) => read.has(path) || matches(path), texts: [...read.values()] };
}

function includedBy(text: string): readonly string[] {
  const ofMake = [...text.matchAll(/^[ ]*[-s]?include[ \t]+([^#\n]+)/gm)].flatMap(([, list = '']) =>
    wordsOfMake(list, text),
  );
  const ofJust = [...text.matchAll(/^[ \t]*(?:import|mod)\??[ \t]+(?:[\w-]+[ \t]+)?(?:'([^'\n]+)'|"([^"\n]+)")/gm)].map(
    ([, one, other]) => one ?? other ?? '',
  );
  const modules = [...text.matchAll(/^[ \t]*mod\??[ \t]+([\w-]+)[ \t]*$/gm)].flatMap(([, name]) => [
    `${name}.just`,
    `${name}/mod.just`,
  ]);
  const ofTask = [...text.matchAll(/^[ \t]+[\w-]+:[ \t]*['"]?(\.{0,2}[\w./-]+\.ya?ml)\b/gm)].map(
    ([, path = '']) => path,
  );
  return [...ofMake, ...ofJust, ...modules, ...ofTask];
}

/** Variables of one step are looked up; what else is computed may be anything, so that only the rest of a path counts. */
function wordsOfMake(list: string, text: string): readonly string[] {
  const known = list.replaceAll(/\$[({]([\w.-]+)[)}]/g, (whole, name: string) => {
    const values = [...text.matchAll(/^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*[:?+]{0,3}=[ \t]*([^#\n]*)/gm)];
    const found = values.filter(([, each]) => each === name).map(([, , value = '']) => value.trim());
    return found.length === 0 ? whole : found.join(' ');
  });
  const plain = known.replaceAll(/\$[({](?:wildcard|sort)[ \t]+([^()]*)[)}]/g, '$1');
  return plain
    .split(/\s+/)
    .map((word) => word.replaceAll(/\$[({][^(){}]*[)}]/g, '**').replaceAll('%', '*'))
    .filter((word) => /[^*/.]/.test(word));
}

function normal(path: string): string {
  return posix
    .normalize(path)
    .replace(/^\.?\//, '')
    .replace(/\/$/, '');
}

function kindOf(root: string, path: string): 'file' | 'folder' | undefined {
  if (path === '' || path.startsWith('..') || path.includes('\0')) return undefined;
  const found = statSync(join(root, path), { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return 'folder';
  return found?.isFile() === true && found.size <= largestBytes ? 'file' : undefined;
}
