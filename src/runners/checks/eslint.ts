import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { z } from 'zod';
import { extendsIn, type SettingsChain, settingsChain } from '../settings-chain.ts';
import type { Finding, Search } from '../types.ts';
import { checkRunner } from './check-runner.ts';
import { nodeTool, nothingFound, unusable } from './find-tool.ts';
import { noReport, parseJson } from './parse.ts';
import { outermostFolders, settingsFiles, settingsWith } from './settings-files.ts';
import type { CheckFamily, CheckSearch, Looked, Place, Problem } from './types.ts';

const oldestMajor = 8;
const sources = /\.(?:[cm]?[jt]sx?|vue|svelte|astro)$/;
/** Languages that plugins bring. Which of them a configuration has, only eslint can tell. */
const perhaps = /\.(?:json[c5]?|mdx?|s?css|html?|hbs|ya?ml|toml|graphql|gql)$/;
const token = randomUUID();

const reportSchema = z.array(
  z.object({
    filePath: z.string(),
    messages: z.array(
      z.object({
        ruleId: z.string().nullish(),
        fatal: z.boolean().optional(),
        severity: z.number(),
        message: z.string(),
        line: z.number().nullish(),
        column: z.number().nullish(),
      }),
    ),
  }),
);

/** One for each outermost folder that has a configuration. */
export const eslint: CheckFamily = { name: 'eslint', find };

async function find(search: CheckSearch): Promise<readonly Finding[]> {
  // One of the old kind may be set up in `package.json` alone.
  const settings = await settingsWith(search, settingsFiles.eslint, ['package.json'], /"eslintConfig"\s*:/);
  const folders = outermostFolders([...settings].filter((file) => !file.endsWith('.eslintignore')));
  if (folders.length === 0) return nothingFound(search, 'eslint', 'configuration of it');
  const packages = [search.packages.root, ...search.packages.inside];
  const chain = await settingsChain(search.root, { first: [...settings], packages, namesIn: extendsIn });
  return Promise.all(folders.map((folder) => findIn(search, folder, chain)));
}

async function findIn(search: CheckSearch, folder: string, chain: SettingsChain): Promise<Finding> {
  const found = await nodeTool(search, folder, 'eslint', join('bin', 'eslint.js'));
  if ('finding' in found) return found.finding;
  const { tool } = found;
  if (Number.parseInt(tool.version, 10) < oldestMajor) {
    const reason = `eslint ${tool.version} is installed; expected version ${oldestMajor} or later.`;
    return unusable(folder, reason, 'Update it, or take eslint out of CHECKS.');
  }
  const asked = askedIn(scriptOf(search, folder), Number.parseInt(tool.version, 10));
  // Its report names all files that it looked at: what was there and is not in it, it passed over.
  const there = new Set(search.files.map(extname));
  const seen: { endings: ReadonlySet<string> | undefined } = { endings: undefined };
  const isLooked = (path: string) => {
    const ending = extname(path);
    return seen.endings?.has(ending) === true || (perhaps.test(path) && !(seen.endings && there.has(ending)));
  };
  const runner = checkRunner({
    check: 'eslint',
    folder,
    version: tool.version,
    what: '',
    wants: (path) => sources.test(path) || isLooked(path) || /(?:^|\/)package\.json$/.test(path),
    isSettings: (path) => settingsFiles.eslint.test(path),
    chain,
    commands: async (place) => {
      const report = reportFile(place);
      // The next run must not find it: one that writes none would be believed by it.
      place.leave(report);
      const options = ['--format', 'json', '--output-file', report, '--no-error-on-unmatched-pattern'];
      return [{ command: tool.command, args: [...tool.args, ...options, ...asked.args, '.'], env: asked.env }];
    },
    read: async ({ code, stdout, stderr }, place) => {
      const text = await readFile(reportFile(place), 'utf8').catch(() => '');
      seen.endings = endingsIn(text) ?? seen.endings;
      const looked = eslintReport(code, text, `${stderr}\n${stdout}`);
      return asked.warningsCount ? allAsErrors(looked) : looked;
    },
  });
  return { kind: 'runner', folder, runner };
}

/** What the project's own script asks of eslint, and no configuration says. */
interface Asked {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly warningsCount: boolean;
}

/** The scripts of the folder's package that call eslint. */
function scriptOf({ packages }: Search, folder: string): string {
  const here = [packages.root, ...packages.inside].find((each) => each.folder === folder);
  const lines = Object.values(here?.manifest.scripts ?? {});
  return lines.filter((line) => /\beslint\b/.test(line)).join('\n');
}

/** With configurations of the old kind it looks at `.js` alone unless told otherwise; version 9 has to be told of that kind, too. */
function askedIn(script: string, major: number): Asked {
  const isOldKind = major === 8 || (major === 9 && /\bESLINT_USE_FLAT_CONFIG=['"]?false\b/.test(script));
  const [, endings] = isOldKind ? (/--ext[= ]['"]?([.\w,]+)/.exec(script) ?? []) : [];
  const warningsCount = /--max-warnings[= ]['"]?0\b/.test(script);
  return {
    args: [...(endings === undefined ? [] : ['--ext', endings]), ...(warningsCount ? ['--max-warnings', '0'] : [])],
    env: isOldKind && major === 9 ? { ESLINT_USE_FLAT_CONFIG: 'false' } : {},
    warningsCount,
  };
}

/** Where the project takes none, a warning is as bad beside an error as it is alone. */
function allAsErrors(looked: Looked): Looked {
  if (looked.kind === 'broken') return looked;
  return { ...looked, problems: looked.problems.map((each) => ({ ...each, severity: 'error' })) };
}

/** By a name that what runs meanwhile cannot know; one for each folder. */
function reportFile({ root, folder, reportFolder }: Place): string {
  return join(reportFolder, `eslint-${relative(root, folder).replaceAll(sep, '-')}-${token}.json`);
}

function endingsIn(text: string): ReadonlySet<string> | undefined {
  const report = parseJson(text, reportSchema);
  return report === undefined ? undefined : new Set(report.map(({ filePath }) => extname(filePath)));
}

/** 0 and 1 are ends with a report, 2 is a crash or a wrong configuration. */
export function eslintReport(code: number, text: string, output: string): Looked {
  const report = parseJson(text, reportSchema);
  if (report === undefined || code > 1) return noReport('eslint', code, reasonIn(output));
  const problems = report.flatMap(({ filePath, messages }) =>
    messages.map(
      ({ ruleId, severity, message, line, column }): Problem => ({
        file: filePath,
        line: line ?? undefined,
        column: column ?? undefined,
        code: ruleId ?? undefined,
        message,
        severity: severity === 2 ? 'error' : 'warning',
      }),
    ),
  );
  const unread = report.filter(({ messages }) => messages.some(({ fatal }) => fatal === true));
  return { kind: 'problems', problems, unread: unread.map(({ filePath }) => filePath) };
}

/** What it says below its own version, up to the stack, on one line. */
function reasonIn(output: string): string {
  const [, said = output] = /^ESLint: \S+\n+([\s\S]*)/m.exec(output) ?? [];
  const [beginning = ''] = said.trim().split(/\n\s+at /);
  const [first = '', second = ''] = beginning.split(/\n\s*\n/);
  return (first.endsWith(':') ? `${first} ${second}` : first).replaceAll(/\s*\n\s*/g, ' ');
}
