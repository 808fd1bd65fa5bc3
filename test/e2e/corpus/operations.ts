import { chmodSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Operation } from './types.ts';

/** Writes a file whole; an existing one keeps its mode. */
export function write(path: string, content: string | Uint8Array, mode?: number): Operation {
  return ({ root }) => {
    const file = join(root, path);
    const isNew = lstatSync(file, { throwIfNoEntry: false }) === undefined;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    if (isNew || mode !== undefined) chmodSync(file, mode ?? 0o644);
  };
}

/** Replaces the first `before`, byte by byte, so that no encoding is changed by the way. */
export function edit(path: string, before: string, after: string): Operation {
  return ({ root }) => {
    const file = join(root, path);
    const text = readFileSync(file, 'latin1');
    const [from, to] = [before, after].map((each) => Buffer.from(each).toString('latin1')) as [string, string];
    if (!text.includes(from)) throw new Error(`${path} does not hold ${before}`);
    writeFileSync(
      file,
      Buffer.from(
        text.replace(from, () => to),
        'latin1',
      ),
    );
  };
}

export function prepend(path: string, text: string): Operation {
  return ({ root }) => {
    const file = join(root, path);
    writeFileSync(file, Buffer.concat([Buffer.from(text), readFileSync(file)]));
  };
}

export function append(path: string, text: string): Operation {
  return ({ root }) => writeFileSync(join(root, path), text, { flag: 'a' });
}

/** A file, or a folder with all that is in it. */
export function remove(path: string): Operation {
  return ({ root }) => rmSync(join(root, path), { recursive: true });
}

export function move(from: string, to: string): Operation {
  return ({ root }) => {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    renameSync(join(root, from), join(root, to));
  };
}

export function chmod(path: string, mode: number): Operation {
  return ({ root }) => chmodSync(join(root, path), mode);
}

/** @param target as the link holds it, or made from the place. */
export function link(path: string, target: string | ((outside: string) => string)): Operation {
  return ({ root, outside }) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync(typeof target === 'string' ? target : target(outside), join(root, path));
  };
}
