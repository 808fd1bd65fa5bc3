import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createGit } from './git.ts';
import { joinNul, toBytePath, toText } from './paths.ts';
import { Project } from './project.ts';
import type { Skipped } from './types.ts';

/** Paths that one rule of git excludes. */
export interface IgnoreRule {
  /** `.gitignore:3`, or the path of the file of rules. */
  readonly where: string;
  readonly pattern: string;
  readonly paths: readonly string[];
}

/** The project as the agent will see it. */
export interface Survey {
  readonly hasGit: boolean;
  readonly origin: string | undefined;
  /** Undefined without git, while there is no private repository that could say. */
  readonly files: readonly string[] | undefined;
  readonly skipped: readonly Skipped[];
  readonly rules: readonly IgnoreRule[];
  /** Paths that are excluded in all, packages and the agent's own folders among them. */
  readonly ignored: number;
}

export interface SurveyOptions {
  /** Real path. */
  readonly root: string;
  /** It need not exist. */
  readonly cacheFolder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly agentFolders: readonly string[];
  readonly signal: AbortSignal;
}

const maxExplained = 5_000;

/** Looks at a project as `openWorkspace` does, and makes nothing. @throws MendwatchError for a bare repository */
export async function surveyProject({ root, cacheFolder, env, agentFolders, signal }: SurveyOptions): Promise<Survey> {
  const shadowDir = join(cacheFolder, 'shadow.git');
  const git = createGit(env, join(cacheFolder, 'home'), signal);
  const project = new Project(git, { root, env, shadowDir, signal, agentFolders: [...agentFolders, cacheFolder] });
  await project.locate();
  const { hasGit } = project;
  if (!hasGit && !existsSync(shadowDir)) {
    return { hasGit, origin: undefined, files: undefined, skipped: [], rules: [], ignored: 0 };
  }
  const [{ files, skipped }, ignored, origin] = await Promise.all([
    project.list(),
    project.ignored(),
    project.origin(),
  ]);
  const rules = await rulesOf(project, ignored);
  return { hasGit, origin, files: [...files].map(toText), skipped, rules, ignored: ignored.length };
}

async function rulesOf(project: Project, ignored: readonly string[]): Promise<readonly IgnoreRule[]> {
  const paths = ignored.filter((path) => !/(^|\/)(node_modules|\.git)\/?$/.test(path)).slice(0, maxExplained);
  if (paths.length === 0) return [];
  const question = [...project.excludeSettings, 'check-ignore', '--no-index', '-v', '-z', '--stdin'];
  const fields = (await project.ask(question, joinNul(paths.map(toBytePath))))?.toString('utf8').split('\0') ?? [];
  const rules = new Map<string, { where: string; pattern: string; paths: string[] }>();
  for (let at = 0; at + 3 < fields.length; at += 4) {
    const [file = '', line = '', pattern = '', path = ''] = fields.slice(at, at + 4);
    if (pattern === '' || pattern.startsWith('!')) continue;
    const rule = rules.get(`${file}:${line}`) ?? { where: `${file}:${line}`, pattern, paths: [] };
    rule.paths.push(path);
    rules.set(rule.where, rule);
  }
  return [...rules.values()].sort((a, b) => b.paths.length - a.paths.length);
}
