import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, ExitCode, MendwatchError, messageOf } from '../errors.ts';

const shortest = 16;

/** The token of this executor; made when there is none. Nobody but this user can read the file. */
export async function keepToken(folder: string): Promise<string> {
  const file = join(folder, 'token');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (!existsSync(file)) await make(file);
  await chmod(file, 0o600);
  const token = (await readFile(file, 'utf8')).trim();
  if (token.length >= shortest && !/\s/.test(token)) return token;
  throw new MendwatchError(`${file} does not hold a token of at least ${shortest} characters.`, {
    remedy: 'Delete it: the next start makes a new one. Or set EXECUTOR_TOKEN.',
    exitCode: ExitCode.configuration,
  });
}

/** Of two first starts one makes it, and both use it. It is whole as soon as it is there: a full disk leaves none. */
async function make(file: string): Promise<void> {
  const half = `${file}.${randomUUID()}`;
  try {
    await writeFile(half, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flush: true });
    await link(half, file);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    throw new MendwatchError(`The token cannot be written to ${file}: ${messageOf(error)}`, {
      remedy: 'Make room there, or set EXECUTOR_TOKEN.',
      cause: error,
    });
  } finally {
    await rm(half, { force: true });
  }
}
