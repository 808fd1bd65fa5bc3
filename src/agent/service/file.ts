import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, MendwatchError } from '../../errors.ts';

/** Undefined where there is none. */
export async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * @param ours what stands in each file that was made here
 * @returns what the file says; undefined where there is none
 * @throws MendwatchError where somebody else has made it
 */
export async function ownText(file: string, ours: string, remedy: string): Promise<string | undefined> {
  const text = await textOf(file);
  if (text === undefined || text.includes(ours)) return text;
  throw new MendwatchError(`${file} was not made by Mendwatch, and is left as it is.`, { remedy });
}

/**
 * Writes the file of a service, which only this user can read: it tells of his machine.
 *
 * @param ours what stands in each file that was made here; another is left alone
 * @returns what puts back what was there before
 */
export async function writeServiceFile(file: string, text: string, ours: string): Promise<() => Promise<void>> {
  const before = await ownText(file, ours, 'Move it away and install the service again.');
  await mkdir(dirname(file), { recursive: true });
  await replace(file, text);
  return () => (before === undefined ? rm(file, { force: true }) : replace(file, before));
}

async function replace(file: string, text: string): Promise<void> {
  const next = `${file}.${process.pid}.new`;
  await writeFile(next, text, { mode: 0o600 });
  await rename(next, file);
}
