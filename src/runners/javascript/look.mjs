/** What lies in a project: looked at twice, it tells what happened in between. */
import { lstatSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { join, resolve } from 'node:path';

const ENTRIES_LIMIT = 20_000;
/** What package managers write at the end of an installation. */
const INSTALLATION_MARKS = ['.package-lock.json', '.modules.yaml', '.yarn-state.yml'];

/** What reads them remembers what it read, wherever they lie. */
export const SETTINGS =
  /(^|\/)(package|[jt]sconfig[^/]*|deno)\.json$|(^|\/)(vite|vitest|jest|babel|\.[^/]*rc)\.?[^/]*$/;

/** A project of which it cannot be told what happened in between. */
export class Unfit extends Error {}

/** Every file and folder by its absolute path, with what changes when it does; packages by their `package.json`. */
export function look(root) {
  const found = new Map();
  found.set(root, String(statSync(root).ino));
  addFolder(root, { root, found });
  return found;
}

/** Changes with the content of a file, whoever writes it and whatever he does to its times. */
export function stampOf(path) {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stats === undefined ? 'none' : `${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
}

/** Paths with what has become of them: `new`, `gone` or `changed`. */
export function differences(before, now) {
  const found = [];
  for (const [path, stamp] of now) {
    const earlier = before.get(path);
    if (earlier !== stamp) found.push([path, earlier === undefined ? 'new' : 'changed']);
  }
  for (const path of before.keys()) if (!now.has(path)) found.push([path, 'gone']);
  return found;
}

export function isUnderModules(path) {
  return path.includes('/node_modules/');
}

function addFolder(folder, around) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.name === 'node_modules') addPackages(path, around);
    else if (entry.isDirectory()) {
      add(path, 'folder', around);
      addFolder(path, around);
    } else if (entry.isSymbolicLink()) addLink(path, around);
    else add(path, stampOf(path), around);
  }
}

function addLink(path, around) {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Unfit(`${path} leads to a folder elsewhere, where files may come and go`);
  }
  add(path, `${readlinkSync(path)} ${stampOf(path)}`, around);
}

function addPackages(folder, around) {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  add(folder, realpathSync(folder), around);
  for (const mark of INSTALLATION_MARKS) add(join(folder, mark), stampOf(join(folder, mark)), around);
  for (const name of readdirSync(folder)) {
    if (name.startsWith('.')) continue;
    const path = join(folder, name);
    if (name.startsWith('@')) for (const inner of readdirSync(path)) addPackage(join(path, inner), around);
    else addPackage(path, around);
  }
}

function addPackage(path, around) {
  const { root } = around;
  let target = '';
  if (lstatSync(path).isSymbolicLink()) {
    target = readlinkSync(path);
    const real = statSync(path, { throwIfNoEntry: false }) === undefined ? '' : realpathSync(path);
    if (real.startsWith(`${root}/`) && !isUnderModules(real)) {
      throw new Unfit(`the package ${path} lies among the project's own files`);
    }
  }
  add(path, `${target} ${stampOf(join(path, 'package.json'))}`, around);
}

function add(path, stamp, { found }) {
  if (found.size >= ENTRIES_LIMIT) throw new Unfit(`it has more than ${ENTRIES_LIMIT} files`);
  found.set(path, stamp);
}

/** What is read while the configuration is made, it depends on, whoever reads it. */
export async function noteReads(make, settings, root) {
  const fs = createRequire(import.meta.url)('node:fs');
  const undo = [];
  for (const [owner, names] of [
    [fs, ['readFileSync', 'readFile', 'openSync', 'open', 'createReadStream', 'readdirSync', 'readdir']],
    [fs.promises, ['readFile', 'open', 'readdir']],
  ]) {
    for (const name of names) {
      const original = owner[name];
      owner[name] = function (path, ...rest) {
        const text = path instanceof URL ? path.pathname : path;
        if (typeof text === 'string') settings.add(resolve(root, text));
        return Reflect.apply(original, this, [path, ...rest]);
      };
      undo.push(() => {
        owner[name] = original;
      });
    }
  }
  syncBuiltinESMExports();
  try {
    return await make();
  } finally {
    for (const each of undo) each();
    syncBuiltinESMExports();
  }
}
