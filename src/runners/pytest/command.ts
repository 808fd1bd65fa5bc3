import { copyFile, mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { activated, type FoundPython } from './python.ts';

const pluginName = 'mendwatch_report';
const plugin = fileURLToPath(new URL(`./${pluginName}.py`, import.meta.url));

/** The arguments of one cold run. The project's own settings stay; `mendwatch_report.py` says what is set beside them. */
export function pytestArguments({
  folder,
  settingsFile,
  others,
  reportFolder,
  files,
}: {
  /** The folder that pytest is run in. */
  readonly folder: string;
  readonly settingsFile: string | undefined;
  /** Folders inside of it that belong to another pytest. */
  readonly others: readonly string[];
  readonly reportFolder: string;
  /** Relative to the folder; undefined: all tests. */
  readonly files: readonly string[] | undefined;
}): string[] {
  return [
    ...['-B', '-m', 'pytest', '-p', pluginName],
    `--rootdir=${folder}`,
    // With file names pytest would look for settings from the folder that they share.
    ...(settingsFile === undefined ? [] : ['-c', settingsFile]),
    ...['-o', `cache_dir=${join(reportFolder, 'pytest-cache')}`],
    ...others.map((other) => `--ignore=${other}`),
    // A file may be named like an option.
    ...(files ?? []).map((file) => `./${file}`),
  ];
}

/** The environment of one run, with our plugin where Python finds it. */
export async function pytestEnvironment({
  env,
  python,
  reportFolder,
  report,
  token,
  project,
  lane,
}: {
  readonly env: Readonly<Record<string, string>>;
  readonly python: FoundPython;
  readonly reportFolder: string;
  readonly report: string;
  readonly token: string;
  /** The person's own tree, and the one that is tested: both without links. */
  readonly project: string;
  readonly lane: string;
}): Promise<Record<string, string>> {
  const place = join(reportFolder, 'pytest-plugin');
  await mkdir(place, { recursive: true });
  await copyFile(plugin, join(place, `${pluginName}.py`));
  const given = env.PYTHONPATH ?? '';
  return {
    ...activated(env, python.environment),
    PYTHONPATH: given === '' ? place : [place, given].join(delimiter),
    // Nothing is written beside the sources, neither in the lane nor where packages are installed.
    PYTHONDONTWRITEBYTECODE: '1',
    HYPOTHESIS_STORAGE_DIRECTORY: join(reportFolder, 'hypothesis'),
    MENDWATCH_TEST_REPORT: report,
    MENDWATCH_TEST_TOKEN: token,
    MENDWATCH_PYTHONPATH: given,
    MENDWATCH_PROJECT: project,
    MENDWATCH_LANE: lane,
  };
}
