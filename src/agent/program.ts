import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A command line without a shell. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * `mendwatch` with these words, by this very Node and from these very files: no npm, which passes no signals on, and no
 * PATH between.
 */
export function ownProgram(packageRoot: string, ...words: readonly string[]): Program {
  const isBuilt = extname(import.meta.filename) === '.js';
  const automation = join(packageRoot, ...(isBuilt ? ['dist'] : []), 'automation');
  const cache = [join(automation, 'compile-cache.mjs'), join(packageRoot, 'automation', 'compile-cache.mjs')].find(
    (file) => existsSync(file),
  );
  // As an address, since in a path Node would take a % for the beginning of an escape.
  const preload = cache === undefined ? [] : ['--import', pathToFileURL(cache).href];
  const entry = join(automation, isBuilt ? 'mendwatch.js' : 'mendwatch.ts');
  return { command: process.execPath, args: [...preload, entry, ...words] };
}
