import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, ExitCode, MendwatchError } from '../errors.ts';

const shortest = 16;

/** The token of this executor; made when there is none. Nobody but this user can read the file. */
export async function keepToken(folder: string): Promise<string> {
  const file = join(folder, 'token');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    // Exclusive: of two first starts one makes it, and both use it.
    await writeFile(file, `${randomBytes(32).toString('base64url')}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  await chmod(file, 0o600);
  const token = (await readFile(file, 'utf8')).trim();
  if (token.length >= shortest && !/\s/.test(token)) return token;
  throw new MendwatchError(`${file} does not hold a token of at least ${shortest} characters.`, {
    remedy: 'Delete it: the next start makes a new one. Or set EXECUTOR_TOKEN.',
    exitCode: ExitCode.configuration,
  });
}
