import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { run } from '../process/process.ts';

/** The oldest version with which the flags and the lines of its output were tried. */
export const minimumVersion = '2.1.150';

const versionTimeoutMs = 20_000;
const remedy = `Install Claude Code ${minimumVersion} or newer (npm install -g @anthropic-ai/claude-code), or set CLAUDE_COMMAND to its path.`;

export type Located =
  | { readonly command: string; readonly version: string }
  | { readonly problem: string; readonly remedy: string };

/**
 * Finds the Claude Code to use: the configured one and no other, else the first on the search path if it is new enough,
 * else the one that is installed as a package beside Mendwatch. Each is asked for its version, with a time limit.
 */
export async function locateClaude(options: {
  /** A path, or a name to look up on `path`. */
  configured?: string;
  path: string;
  packageRoot: string;
}): Promise<Located> {
  if (options.configured !== undefined) {
    const found = await onPath(options.configured, options.path);
    if (found === undefined) return { problem: `CLAUDE_COMMAND=${options.configured} is not a command`, remedy };
    return judge(found, options);
  }
  const problems: string[] = [];
  for (const command of [await onPath('claude', options.path), await packaged(options.packageRoot)]) {
    if (command === undefined) continue;
    const located = await judge(command, options);
    if ('command' in located) return located;
    problems.push(located.problem);
  }
  return { problem: problems.join('; ') || 'Claude Code was not found', remedy };
}

/** Whether `version` is at least `minimum`, both as `1.2.3`. */
export function isAtLeast(version: string, minimum: string): boolean {
  const [given, wanted] = [version, minimum].map((text) => text.split('.').map(Number));
  for (const [index, part] of (wanted ?? []).entries()) {
    const difference = (given?.[index] ?? 0) - part;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

async function judge(command: string, options: { path: string; packageRoot: string }): Promise<Located> {
  const { end, stdout, stderr } = await run({
    command,
    args: ['--version'],
    cwd: options.packageRoot,
    env: { PATH: options.path, DISABLE_AUTOUPDATER: '1' },
    timeoutMs: versionTimeoutMs,
    stdout: { kind: 'collect', limitBytes: 4096 },
    stderr: { kind: 'collect', limitBytes: 4096 },
  });
  const version = /^(\d+\.\d+\.\d+)\b.*Claude Code/m.exec(stdout)?.[1];
  if (end.kind === 'timed-out')
    return { problem: `${command} did not tell its version within ${versionTimeoutMs} ms`, remedy };
  if (end.kind === 'could-not-start') return { problem: `${command} could not be started: ${end.message}`, remedy };
  if (version === undefined) {
    const said = (stdout || stderr).trim().slice(0, 100);
    return { problem: `${command} is not Claude Code: it answers --version with "${said}"`, remedy };
  }
  if (!isAtLeast(version, minimumVersion)) {
    return { problem: `${command} is ${version}, and ${minimumVersion} is the oldest that works`, remedy };
  }
  return { command, version };
}

async function onPath(command: string, path: string): Promise<string | undefined> {
  const places = command.includes('/')
    ? [command]
    : path
        .split(delimiter)
        .filter((folder) => isAbsolute(folder))
        .map((folder) => join(folder, command));
  for (const place of places) if (await isExecutable(place)) return place;
  return undefined;
}

/** The package may lie beside this one or in a folder above: it is found as Node finds it. */
async function packaged(packageRoot: string): Promise<string | undefined> {
  try {
    const manifest = createRequire(join(packageRoot, 'package.json')).resolve('@anthropic-ai/claude-code/package.json');
    const { bin } = z
      .object({ bin: z.object({ claude: z.string() }) })
      .parse(JSON.parse(await readFile(manifest, 'utf8')));
    const command = join(dirname(manifest), bin.claude);
    return (await isExecutable(command)) ? command : undefined;
  } catch {
    return undefined;
  }
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
