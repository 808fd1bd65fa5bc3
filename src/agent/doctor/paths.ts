import { accessSync, constants, existsSync, lstatSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';

export function nearestExisting(path: string): string {
  let existing = path;
  while (!existsSync(existing) && existing !== dirname(existing)) existing = dirname(existing);
  return existing;
}

/** The system's code for why this user may not write there (EACCES, EROFS), or undefined. */
export function whyNotWritable(path: string, isFolder: boolean): string | undefined {
  try {
    accessSync(path, isFolder ? constants.W_OK | constants.X_OK : constants.W_OK);
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

export function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}
