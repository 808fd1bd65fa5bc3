import { resolve } from 'node:path';
import { addLine, type KeepOut, keepOut } from '../agent/init/keep-out.ts';
import { isProjectSet, projectAround, type Survey, survey, type Whereabouts, wrong } from '../agent/init/survey.ts';
import { missingLines, type Wanted, writeSettings } from '../agent/init/write-settings.ts';
import { findPackageRoot } from '../config/package-root.ts';
import { launchEnvironment } from '../config/process-environment.ts';
import { settings } from '../config/settings.ts';
import { ExitCode } from '../errors.ts';
import { foundLines, nextLines, type Outcome, outcomeLines, outcomeRecord } from './init-lines.ts';
import { print, printJson } from './look.ts';
import { openPrompt, type Prompt } from './prompt.ts';

export interface Options {
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** The first run in a project: looks, asks little, writes the settings file. A second one finds nothing to do. */
export async function runInit(folder: string | undefined, { yes, json }: Options): Promise<number> {
  const asks = !yes && !json && process.stdin.isTTY && process.stdout.isTTY;
  const prompt = asks ? openPrompt(process.stdin, process.stdout) : undefined;
  try {
    const where = { env: launchEnvironment(), cwd: process.cwd(), packageRoot: findPackageRoot() };
    const found = await survey(where, await projectOf(where, folder, prompt));
    if (!json) print(foundLines(found).join('\n'));
    const outcome = await setUp(found, where.env, prompt);
    if (json) return printJson(outcomeRecord(found, outcome));
    const gap = prompt === undefined ? [] : [''];
    print([...gap, ...outcomeLines(found, outcome), ...nextLines(found)].join('\n'));
    if (!(await prompt?.confirm('\nCheck everything now (mendwatch doctor)?'))) return ExitCode.done;
    prompt?.close();
    process.chdir(found.config.projectRoot);
    return await (await import('./doctor.ts')).runDoctor({});
  } finally {
    prompt?.close();
  }
}

/** Undefined where PROJECT_ROOT says. */
async function projectOf(
  where: Whereabouts,
  folder: string | undefined,
  prompt: Prompt | undefined,
): Promise<string | undefined> {
  if (folder !== undefined) return resolve(where.cwd, folder);
  if (isProjectSet(where)) return undefined;
  const around = projectAround(where);
  if (around !== undefined) return around;
  if (prompt === undefined) {
    throw wrong('Which project? This was started in the clone of Mendwatch itself.', 'Say: init /path/to/your/project');
  }
  const { schema } = settings.PROJECT_ROOT;
  return resolve(where.cwd, await prompt.ask('The folder of the project', undefined, schema));
}

async function setUp(found: Survey, env: Whereabouts['env'], prompt: Prompt | undefined): Promise<Outcome> {
  const { settingsFile } = found.config;
  const lines = missingLines(found.written, await wanted(found, prompt));
  const keeping = await keepOut(found, env);
  const ignoreFile = await whereToIgnore(keeping, prompt);
  const changed = await writeSettings(settingsFile, lines);
  if (keeping.kind === 'to-add' && ignoreFile !== undefined) await addLine(ignoreFile, keeping.line);
  return { lines, changed, keeping: keeping.kind, ignoreFile };
}

/** What is set already is not asked for again. */
async function wanted({ config, github, written }: Survey, prompt: Prompt | undefined): Promise<Wanted> {
  const answers: Record<string, string> = config.installed ? {} : { PROJECT_ROOT: config.projectRoot };
  const ask = async (
    name: 'GITHUB_REPO' | 'MAX_COST_PER_DAY_USD' | 'LAND',
    question: string,
    otherwise: string,
  ): Promise<void> => {
    if ((written[name] ?? '') !== '') return;
    answers[name] = (await prompt?.ask(question, otherwise, settings[name].schema)) ?? otherwise;
  };
  const repository = config.githubRepo ?? github;
  if (repository !== undefined) await ask('GITHUB_REPO', 'GitHub repository for reports', repository);
  await ask('MAX_COST_PER_DAY_USD', 'The most that a day may cost, in dollars', String(config.maxCostPerDayUsd));
  await ask('LAND', 'A proven fix: put into your files (apply), or kept as a patch (park)', config.land);
  return answers;
}

async function whereToIgnore(keeping: KeepOut, prompt: Prompt | undefined): Promise<string | undefined> {
  if (keeping.kind !== 'to-add') return undefined;
  const { shared, own, line } = keeping;
  if (shared === undefined) return own;
  const isShared =
    prompt === undefined || (await prompt.confirm(`Add ${line} to ${shared}? (n: to ${own}, for you alone)`));
  return isShared ? shared : own;
}
