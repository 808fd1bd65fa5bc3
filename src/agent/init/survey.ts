import { existsSync, realpathSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { commandEnvironment } from '../../config/environment.ts';
import { findProject } from '../../config/find-project.ts';
import { loadConfig } from '../../config/load.ts';
import { isInstalled } from '../../config/package-root.ts';
import { absolutePath, homeFolder, readSources } from '../../config/sources.ts';
import type { Config } from '../../config/types.ts';
import { ExitCode, MendwatchError } from '../../errors.ts';
import { repositoryOf } from '../../escalate/repository.ts';
import { readManifest, workspacePackages } from '../../runners/javascript/packages.ts';
import { type AskedRepository, askRepository } from '../../workspace/ask-repository.ts';
import { findRunner } from '../furnish.ts';

/** Where a first look is made from. */
export interface Whereabouts {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly packageRoot: string;
}

/** What there is to know of a project before anything is set up. */
export interface Survey {
  readonly config: Config;
  /** What stands in the settings file already. */
  readonly written: Readonly<Record<string, string>>;
  readonly repository: AskedRepository | undefined;
  /** `owner/name`, where the origin is at GitHub. */
  readonly github: string | undefined;
  readonly packageManager: string | undefined;
  /** Packages of a workspace, beside the root. */
  readonly packages: number;
  readonly tests: TestsFound;
  /** What `npm test` runs. */
  readonly testScript: string | undefined;
}

export type TestsFound =
  | { readonly runner: string; readonly description: string }
  | { readonly runner: undefined; readonly reason: string; readonly remedy: string };

/** Whether PROJECT_ROOT says which project. */
export function isProjectSet({ env, cwd, packageRoot }: Whereabouts): boolean {
  return readSources({ env, cwd, packageRoot }).texts.has('PROJECT_ROOT');
}

/** The project that a person is in; undefined where a clone of ours was started from itself. */
export function projectAround({ env, cwd, packageRoot }: Whereabouts): string | undefined {
  if (isInstalled(packageRoot)) return findProject(cwd, homeFolder(env)) ?? cwd;
  // npm runs a script in the folder of its package and says here where the person is.
  const found = findProject(env.INIT_CWD ?? cwd, homeFolder(env));
  return found === packageRoot ? undefined : found;
}

/**
 * Looks at a project; nothing is made or changed, none of its code is run.
 *
 * @param project undefined: the one that PROJECT_ROOT says
 * @throws MendwatchError (exit code 2)
 */
export async function survey({ env, cwd, packageRoot }: Whereabouts, project: string | undefined): Promise<Survey> {
  if (project !== undefined && (await isSame(project, homeFolder(env)))) {
    throw wrong(`${project} is your home folder, not a project.`, 'Go to the folder of a project and start again.');
  }
  const given = project === undefined ? {} : { overrides: { PROJECT_ROOT: project } };
  const options = { env, cwd, packageRoot, ...given };
  const config = loadConfig(options);
  const { projectRoot } = config;
  const written = readSources(options).fileVariables;
  checkSameProject(config, written, env);
  const repository = await askRepository(projectRoot, commandEnvironment(env, config));
  const manifest = await readManifest(projectRoot);
  const found = repository?.origin && repositoryOf(repository.origin, config.githubApiUrl);
  return {
    config,
    written,
    repository,
    github: found ? `${found.owner}/${found.name}` : undefined,
    packageManager: packageManagerOf(projectRoot),
    packages: (await workspacePackages(projectRoot, manifest)).length,
    tests: await testsOf(config, env),
    testScript: manifest?.scripts?.test,
  };
}

async function isSame(...paths: readonly string[]): Promise<boolean> {
  const [one, other] = await Promise.all(paths.map((path) => realpath(path).catch(() => undefined)));
  return one !== undefined && one === other;
}

/** A clone of ours has one settings file, and it names one project. */
function checkSameProject({ settingsFile, projectRoot }: Config, written: Survey['written'], env: Whereabouts['env']) {
  const { PROJECT_ROOT: text = '' } = written;
  if (text === '') return;
  const named = absolutePath({ text, source: '', folder: dirname(settingsFile) }, homeFolder(env));
  if (existsSync(named) && realpathSync(named) === projectRoot) return;
  throw wrong(
    `${settingsFile} already names another project: PROJECT_ROOT=${text}.`,
    `Change PROJECT_ROOT there to ${projectRoot}, or set it in the environment with each command.`,
  );
}

async function testsOf(config: Config, env: Whereabouts['env']): Promise<TestsFound> {
  try {
    const { runner } = await findRunner(config, env);
    return { runner: runner.name, description: runner.description };
  } catch (error) {
    if (!(error instanceof MendwatchError)) throw error;
    return { runner: undefined, reason: error.message, remedy: error.remedy ?? '' };
  }
}

const lockfiles: ReadonlyArray<readonly [file: string, name: string]> = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['package.json', 'npm'],
  ['uv.lock', 'uv'],
  ['poetry.lock', 'poetry'],
  ['pyproject.toml', 'pip'],
  ['go.mod', 'go'],
  ['Cargo.toml', 'cargo'],
];

function packageManagerOf(root: string): string | undefined {
  return lockfiles.find(([file]) => existsSync(join(root, file)))?.[1];
}

export function wrong(message: string, remedy: string): MendwatchError {
  return new MendwatchError(message, { remedy, exitCode: ExitCode.configuration });
}
