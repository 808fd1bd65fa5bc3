import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Family, Finding, Search } from '../types.ts';
import { pytestFolders, within } from './folders.ts';
import type { PytestProject } from './learned.ts';
import { pluginFiles } from './plugins.ts';
import { type FoundPython, findPython } from './python.ts';
import { readSettings } from './settings.ts';

const oldestMajor = 6;

/**
 * One runner for all folders that pytest is run in, each with a Python of its own: code that several of them share belongs
 * to none, and a change of it is everyone's.
 */
export const pytest: Family = { name: 'pytest', find };

type Unusable = Extract<Finding, { kind: 'unusable' }>;

async function find({ root, env, files, isAsked }: Search): Promise<readonly Finding[]> {
  const folders = await pytestFolders(root, files);
  if (folders.length === 0 && !isAsked) return [];
  const all = folders.length === 0 ? [''] : folders;
  const found = await Promise.all(all.map((folder) => look(root, folder, all, env)));
  const projects = found.flatMap((each) => ('kind' in each ? [] : [each]));
  const left = found.flatMap((each) => ('kind' in each ? [each] : []));
  if (projects.length === 0) return left;
  const { pytestRunner } = await import('./adapter.ts');
  const homes = projects.map(({ folder }) => folder);
  const places = projects.map(({ folder, settings }) => ({ folder, file: settings.file }));
  const plugins = await pluginFiles(root, places, files);
  const only = (some: readonly string[]) =>
    pytestRunner(
      root,
      projects.filter(({ folder }) => some.includes(folder)),
      plugins,
    );
  return [{ kind: 'runner', folder: '', runner: pytestRunner(root, projects, plugins), homes, only }, ...left];
}

async function look(
  root: string,
  folder: string,
  all: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<PytestProject | Unusable> {
  const python = await findPython(root, folder, env);
  const problem = problemOf(root, folder, python);
  if (python?.pytest === undefined || problem !== undefined) {
    const [reason, remedy] = problem ?? ['', ''];
    return { kind: 'unusable', folder, reason, remedy };
  }
  const settings = await readSettings(join(root, folder), majorOf(python.pytest));
  const others = all.flatMap((each) => (each === folder ? [] : (within(each, folder) ?? [])));
  return { folder, python, version: python.pytest, settings, others };
}

function problemOf(
  root: string,
  folder: string,
  python: FoundPython | undefined,
): readonly [reason: string, remedy: string] | undefined {
  const place = folder === '' ? '' : ` in ${folder}`;
  if (python === undefined) {
    return [
      `There are tests for pytest${place}, but no Python: neither a virtual environment nor python3 on the PATH.`,
      'Make a virtual environment in .venv with pytest in it, or start the agent where python3 is on the PATH.',
    ];
  }
  const { pytest: version, name } = python;
  if (version === undefined) {
    return [
      `There are tests for pytest${place}, but ${name} (Python ${python.python}) has no pytest.`,
      `Run: ${installCommand(join(root, folder), python)}`,
    ];
  }
  if (majorOf(version) >= oldestMajor) return undefined;
  return [
    `pytest ${version} is installed in ${name}; expected version ${oldestMajor} or later.`,
    `Run: ${python.executable} -m pip install --upgrade pytest`,
  ];
}

function installCommand(folder: string, { executable }: FoundPython): string {
  const has = (name: string) => existsSync(join(folder, name));
  if (has('uv.lock')) return 'uv sync';
  if (has('poetry.lock')) return 'poetry install';
  if (has('Pipfile')) return 'pipenv install --dev';
  return `${executable} -m pip install pytest`;
}

function majorOf(version: string): number {
  return Number.parseInt(version, 10) || 0;
}
