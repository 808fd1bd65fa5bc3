import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../process/process.ts';
import { installCommand } from '../javascript/install-command.ts';
import { chooseNode, findPackage } from '../javascript/installed.ts';
import { plugAndPlay, usesPlugAndPlay } from '../javascript/plug-and-play.ts';
import type { Finding, Search } from '../types.ts';
import type { Command } from './types.ts';

const versionTimeoutMs = 20_000;
const environments = ['.venv', 'venv', 'env'];

/** A tool that can be run, with what stands before its own arguments. */
export interface Tool extends Command {
  readonly version: string;
}

/** The first of these commands that says its version. */
export async function firstThatRuns(
  { root, env }: Pick<Search, 'root' | 'env'>,
  candidates: readonly Command[],
  question: readonly string[] = ['--version'],
): Promise<Tool | undefined> {
  for (const candidate of candidates) {
    const args = [...candidate.args, ...question];
    const { end, stdout } = await run({ ...candidate, args, cwd: root, env, timeoutMs: versionTimeoutMs });
    const [version] = /\d+\.\d+(?:\.\d+)?/.exec(stdout) ?? [];
    if (end.kind === 'exited' && end.code === 0 && version !== undefined) return { ...candidate, version };
  }
  return undefined;
}

/**
 * A tool of Python: of the project's virtual environment, else of the PATH. Environments are ignored files, so that a lane
 * has none: the person's own is used, by its absolute path.
 */
export function pythonTool(search: Pick<Search, 'root' | 'env'>, name: string): Promise<Tool | undefined> {
  const { root, env } = search;
  const folders = [...environments.map((each) => join(root, each)), ...(env.VIRTUAL_ENV ? [env.VIRTUAL_ENV] : [])];
  const inside = folders.filter((folder) => existsSync(join(folder, 'pyvenv.cfg')));
  const module = ['-m', name];
  return firstThatRuns(search, [
    ...inside.map((folder) => ({ command: join(folder, 'bin', name), args: [] })),
    ...inside.map((folder) => ({ command: join(folder, 'bin', 'python'), args: module })),
    { command: name, args: [] },
    { command: 'python3', args: module },
  ]);
}

/** The Python of the project's virtual environment. */
export function projectPython(root: string): string | undefined {
  return environments.map((each) => join(root, each, 'bin', 'python')).find((path) => existsSync(path));
}

/** A tool of a package of the project, run by a Node that it can do with; else why not. */
export async function nodeTool(
  search: Search,
  folder: string,
  name: string,
  bin: string,
): Promise<{ readonly tool: Tool } | { readonly finding: Finding }> {
  const found = await findPackage(name, join(search.root, folder));
  if (found === undefined) {
    if (usesPlugAndPlay(search.root)) return { finding: plugAndPlay(folder) };
    const reason = `The project is set up for ${name}, but it is not installed.`;
    return { finding: unusable(folder, reason, `Run: ${installCommand(search.root)}`) };
  }
  const node = await chooseNode(search.root, found.engines === undefined ? [] : [found.engines], search.env);
  if (node === undefined) {
    const reason = `${name} ${found.version} needs Node ${found.engines}, which neither the node on the PATH nor ${process.version} is.`;
    return { finding: unusable(folder, reason, `Put a fitting node on the PATH, or update ${name}.`) };
  }
  return { tool: { command: node, args: [join(found.folder, bin)], version: found.version } };
}

export function unusable(folder: string, reason: string, remedy: string): Finding {
  return { kind: 'unusable', folder, reason, remedy };
}

/** Nothing of the check is in the project, which is worth a word only where the check is named. */
export function nothingFound({ isAsked }: Pick<Search, 'isAsked'>, name: string, looked: string): readonly Finding[] {
  if (!isAsked) return [];
  const reason = `CHECKS names ${name}, but the project has no ${looked}.`;
  return [unusable('', reason, `Add it, or take ${name} out of CHECKS.`)];
}
