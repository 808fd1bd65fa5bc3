import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { isTellingName } from './names.ts';
import { passwordIn, shortestSecret } from './shapes.ts';

const limits = { depth: 3, folders: 500, files: 100, fileBytes: 256 * 1024, values: 1_000 };

/** These are there to be read by everybody. */
const exampleName = /\.(?:example|sample|template|dist|defaults?)$/i;

/** The secret values in the project's `.env*` files, in its folder and those of its packages. What cannot be read is left out. */
export async function envFileSecrets(root: string): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const file of await envFiles(root)) {
    for (const value of await secretsOf(file)) if (found.size < limits.values) found.add(value);
  }
  return [...found];
}

/** Whether a file of this name is one of them. */
function isEnvFile(name: string): boolean {
  return /^\.env(?:\..*)?$/.test(name) && !exampleName.test(name);
}

async function envFiles(root: string): Promise<readonly string[]> {
  const files: string[] = [];
  const folders = [{ path: root, depth: 0 }];
  for (let next = 0; next < folders.length && next < limits.folders; next++) {
    const folder = folders[next];
    if (folder === undefined) break;
    for (const entry of await entriesOf(folder.path)) {
      const path = join(folder.path, entry.name);
      if (isEnvFile(entry.name) && files.length < limits.files) files.push(path);
      const goesOn = entry.isDirectory() && folder.depth < limits.depth && !/^(?:\.|node_modules$)/.test(entry.name);
      if (goesOn) folders.push({ path, depth: folder.depth + 1 });
    }
  }
  return files;
}

function entriesOf(folder: string): Promise<readonly Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch(() => []);
}

async function secretsOf(file: string): Promise<readonly string[]> {
  try {
    const { size } = await stat(file);
    if (size > limits.fileBytes) return [];
    return envSecrets(parseEnv((await readFile(file, 'utf8')).replace(/^\uFEFF/, '')));
  } catch {
    return [];
  }
}

/**
 * Which values of such a file are secrets. Not all of them: `development`, `localhost:5432` or `src/app` taken out of
 * every text would leave prompts and reports that nobody can read. A telling name is enough, and else what no person
 * would think up: a word in which letters and digits are mixed.
 */
export function envSecrets(variables: NodeJS.Dict<string>): readonly string[] {
  const found: string[] = [];
  for (const [name, given = ''] of Object.entries(variables)) {
    const value = given.trim();
    const password = passwordIn(value);
    if (password !== undefined) found.push(password);
    if (value.length < shortestSecret || isPlain(value)) continue;
    if (isTellingName(name) || looksMade(value)) found.push(value);
  }
  return found;
}

/** What says nothing even under a telling name: yes and no, numbers, paths. */
function isPlain(value: string): boolean {
  return /^(?:true|false|enabled|disabled|undefined|changeme|\d{1,9}|(?:~|\.{1,2})?\/[\w./-]*)$/i.test(value);
}

function looksMade(value: string): boolean {
  const words = value.split(/[^A-Za-z0-9]+/);
  return (
    value.length >= 10 &&
    words.some((word) => (word.length >= 7 && /\d/.test(word) && /[A-Za-z]/.test(word)) || isMixedCase(word))
  );
}

function isMixedCase(word: string): boolean {
  return word.length >= 16 && /[a-z]/.test(word) && (word.match(/[A-Z]/g)?.length ?? 0) >= 4;
}
