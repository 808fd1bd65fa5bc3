import { appendFile, chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import type { SettingName } from '../../config/settings.ts';
import { codeOf, MendwatchError } from '../../errors.ts';

export type Wanted = Readonly<Partial<Record<SettingName, string>>>;

const onlyOwner = 0o600;

const heading = [
  '# Settings of Mendwatch. The environment wins over this file. Keys may stand here, too: keep it out of git.',
  "# Without ANTHROPIC_API_KEY Claude's own login is used; with GITHUB_TOKEN, SLACK_WEBHOOK_URL or EMAIL_WEBHOOK_URL",
  '# people are told of what could not be mended.',
  '',
];

/** What is not in the file yet, as it would be written. A value that is there stays, whatever it is. */
export function missingLines(written: Readonly<Record<string, string>>, wanted: Wanted): readonly string[] {
  return Object.entries(wanted)
    .filter(([name]) => (written[name] ?? '') === '')
    .map(([name, text]) => assignment(name, text));
}

/**
 * Adds lines to the settings file, which only its owner may read from then on.
 *
 * @returns whether anything was changed
 */
export async function writeSettings(file: string, lines: readonly string[]): Promise<boolean> {
  const before = await readFile(file, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (before === undefined) {
    await makeFile(file, withEnds([...heading, ...lines], '\n'));
    return true;
  }
  if (lines.length > 0) await appendFile(file, appended(before, lines));
  const isOpen = ((await stat(file)).mode & 0o077) !== 0;
  if (isOpen) await chmod(file, onlyOwner);
  return isOpen || lines.length > 0;
}

/** @throws MendwatchError where something stands there that could not be read: a link to nowhere, or another `init` was faster */
async function makeFile(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { mode: onlyOwner, flag: 'wx' });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    throw new MendwatchError(
      `${file} is a link to nowhere, or was made just now by somebody else. Nothing was written.`,
      {
        remedy: 'Look at it, and start again.',
      },
    );
  }
}

/** As the file ends its lines, on lines of their own. */
export function appended(before: string, lines: readonly string[]): string {
  const end = /\r\n/.test(before) ? '\r\n' : '\n';
  const own = before === '' || before.endsWith('\n') ? '' : end;
  return own + withEnds(lines, end);
}

function withEnds(lines: readonly string[], end: string): string {
  return lines.map((line) => line + end).join('');
}

/** `NAME=value`, in the quotes with which it is read back as it is. */
function assignment(name: string, text: string): string {
  const written = [text, ...[`'`, '"', '`'].map((quote) => `${quote}${text}${quote}`)];
  const line = written.map((value) => `${name}=${value}`).find((each) => parseEnv(each)[name] === text);
  if (line === undefined) throw new MendwatchError(`${name}=${text} cannot be written into a settings file.`);
  return line;
}
