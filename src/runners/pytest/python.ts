import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { z } from 'zod';
import { run } from '../../process/process.ts';

const askTimeoutMs = 30_000;
/** Where tools put the virtual environment of a project: venv, poetry, pipenv and uv inside of it. */
const environmentFolders = ['.venv', 'venv', 'env'];

/** Asked in the project, since version managers decide by the folder; but nothing of the project may be imported. */
const question = `
import sys
sys.path[:] = [path for path in sys.path if path]
import os
here = os.path.realpath(os.getcwd())
sys.path[:] = [path for path in sys.path if os.path.realpath(path) != here]
import json
try:
    import pytest
    version = pytest.__version__
except ImportError:
    version = None
print(json.dumps({"executable": sys.executable, "python": sys.version.split()[0], "pytest": version}))
`;
const answer = z.object({ executable: z.string(), python: z.string(), pytest: z.string().nullable() });

/** A Python with what it says of itself. */
export interface FoundPython {
  /** Absolute path, so that it is the same one in a lane. */
  readonly executable: string;
  readonly python: string;
  /** The version of its pytest; undefined where it has none. */
  readonly pytest: string | undefined;
  /** The virtual environment that it belongs to. */
  readonly environment: string | undefined;
  /** As people would call it. */
  readonly name: string;
}

/**
 * The Python that runs the tests of a folder: the virtual environment of the folder, of those above it in the project, the
 * one that is active, else what is on the PATH. Undefined when there is none.
 */
export async function findPython(
  root: string,
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<FoundPython | undefined> {
  const steps = folder === '' ? [] : folder.split('/');
  const folders = [...steps.map((_, at) => steps.slice(0, steps.length - at).join('/')), ''];
  const inProject = folders.flatMap((each) =>
    environmentFolders.map((name) => ({ path: join(root, each, name), name: each === '' ? name : `${each}/${name}` })),
  );
  const active = env.VIRTUAL_ENV ? [{ path: env.VIRTUAL_ENV, name: env.VIRTUAL_ENV }] : [];
  for (const { path, name } of [...inProject, ...active]) {
    const command = programOf(path);
    if (command === undefined) continue;
    const found = await ask(command, join(root, folder), env);
    if (found !== undefined) return { ...found, executable: command, environment: path, name };
  }
  for (const command of ['python3', 'python']) {
    const found = await ask(command, join(root, folder), env);
    if (found !== undefined) return { ...found, environment: undefined, name: command };
  }
  return undefined;
}

function programOf(environment: string): string | undefined {
  if (!existsSync(join(environment, 'pyvenv.cfg'))) return undefined;
  return [join(environment, 'bin', 'python'), join(environment, 'Scripts', 'python.exe')].find((path) =>
    existsSync(path),
  );
}

async function ask(command: string, cwd: string, env: Readonly<Record<string, string>>) {
  const { end, stdout } = await run({
    command,
    args: ['-B', '-c', question],
    cwd,
    env,
    timeoutMs: askTimeoutMs,
  });
  if (end.kind !== 'exited' || end.code !== 0) return undefined;
  const line = stdout.trim().split('\n').at(-1) ?? '';
  try {
    const { executable, python, pytest } = answer.parse(JSON.parse(line));
    return executable === '' ? undefined : { executable, python, pytest: pytest ?? undefined };
  } catch {
    return undefined;
  }
}

/** The environment as activating the virtual environment would make it: tests start programs of it. */
export function activated(
  env: Readonly<Record<string, string>>,
  environment: string | undefined,
): Readonly<Record<string, string>> {
  if (environment === undefined) return env;
  const bin = join(environment, process.platform === 'win32' ? 'Scripts' : 'bin');
  const { PYTHONHOME: _, ...rest } = env;
  return { ...rest, VIRTUAL_ENV: environment, PATH: [bin, env.PATH ?? ''].join(delimiter) };
}
