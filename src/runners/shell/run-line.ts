import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../process/process.ts';
import type { ProcessResult } from '../../process/types.ts';
import type { TestRequest, TestScope } from '../types.ts';

const outputLimitBytes = 64 * 1024 * 1024;
const keptOutputBytes = 256 * 1024;
const mostFiles = 1_000;
const mostCharacters = 100_000;

/** In a person's command the place of the files to look at. */
export const filesMark = '{files}';

/** The person's own command, by the system's shell, in the root. Never throws. */
export function runLine(line: string, root: string, request: TestRequest): Promise<ProcessResult> {
  const { env, niceness, timeoutMs, signal, scope } = request;
  return run({
    command: '/bin/sh',
    args: ['-c', withFiles(line, scope, root)],
    cwd: root,
    env,
    stdout: { kind: 'collect', limitBytes: keptOutputBytes },
    stderr: { kind: 'collect', limitBytes: keptOutputBytes },
    outputLimitBytes,
    timeoutMs,
    lowPriority: niceness ?? true,
    signal,
  });
}

/**
 * The line with the files in their place, quoted. None means everything: where nothing is left that exists, and where
 * there are more than a command line should hold.
 */
export function withFiles(line: string, scope: TestScope, root: string): string {
  if (!line.includes(filesMark)) return line;
  const files = scope.kind === 'all' ? [] : scope.files.filter((file) => file !== '' && existsSync(join(root, file)));
  const text = files.map(quoted).join(' ');
  const isTooMuch = files.length > mostFiles || text.length > mostCharacters;
  return line.replaceAll(filesMark, () => (isTooMuch ? '' : text));
}

function quoted(file: string): string {
  const name = file.startsWith('-') ? `./${file}` : file;
  return /^[\w./@+-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
}

/** The shell's own words for a command that it cannot find or may not run. */
export function isNoCommand({ end }: ProcessResult): boolean {
  return end.kind === 'exited' && (end.code === 126 || end.code === 127);
}
