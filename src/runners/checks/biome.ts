import { join } from 'node:path';
import { z } from 'zod';
import { extendsIn, type SettingsChain, settingsChain } from '../settings-chain.ts';
import type { Finding } from '../types.ts';
import { checkRunner } from './check-runner.ts';
import { nodeTool, nothingFound, unusable } from './find-tool.ts';
import { noReport, parseJson } from './parse.ts';
import { readSarif } from './sarif.ts';
import { outermostFolders, settingsFiles } from './settings-files.ts';
import type { CheckFamily, CheckSearch, Looked, Problem } from './types.ts';

const sources = /\.(?:[cm]?[jt]sx?|jsonc?|css|graphql|gql|html|vue|svelte|astro)$/;

/** Of the versions 2.0 to 2.3, which know no SARIF. */
const oldReportSchema = z.object({
  diagnostics: z.array(
    z.object({
      category: z.string().nullish(),
      severity: z.string(),
      description: z.string().optional(),
      location: z.object({
        path: z.object({ file: z.string() }).nullish().catch(undefined),
        span: z.tuple([z.number(), z.number()]).nullish(),
        sourceCode: z.string().nullish(),
      }),
    }),
  ),
});

/** Its linter; how code is laid out is no problem that anyone should pay for. */
export const biome: CheckFamily = { name: 'biome', find };

async function find(search: CheckSearch): Promise<readonly Finding[]> {
  const settings = search.files.filter((file) => settingsFiles.biome.test(file));
  const folders = outermostFolders(settings);
  if (folders.length === 0) return nothingFound(search, 'biome', 'biome.json');
  const packages = [search.packages.root, ...search.packages.inside];
  const chain = await settingsChain(search.root, { first: settings, packages, namesIn });
  return Promise.all(folders.map((folder) => findIn(search, folder, chain)));
}

async function findIn(search: CheckSearch, folder: string, chain: SettingsChain): Promise<Finding> {
  const found = await nodeTool(search, folder, '@biomejs/biome', join('bin', 'biome'));
  if ('finding' in found) return found.finding;
  const { tool } = found;
  const [major = 0, minor = 0] = tool.version.split('.').map(Number);
  if (major < 2) {
    const reason = `biome ${tool.version} is installed; expected version 2 or later.`;
    return unusable(folder, reason, 'Update it, or take biome out of CHECKS.');
  }
  const reporter = major > 2 || minor >= 4 ? 'sarif' : 'json';
  const options = [`--reporter=${reporter}`, '--max-diagnostics=none', '--no-errors-on-unmatched', '--colors=off'];
  const runner = checkRunner({
    check: 'biome',
    folder,
    version: tool.version,
    what: 'lint',
    wants: (path) => sources.test(path),
    isSettings: (path) => settingsFiles.biome.test(path),
    chain,
    commands: async () => [{ command: tool.command, args: [...tool.args, 'lint', ...options, '.'] }],
    read: ({ code, stdout, stderr }) => readBiome(code, stdout, stderr),
  });
  return { kind: 'runner', folder, runner };
}

/** A name that ends like a file is one, whether or not it begins with a dot. */
function namesIn(text: string): readonly string[] {
  return extendsIn(text).map((name) => (/^(?!\.|@).*\.(?:jsonc?|grit)$/.test(name) ? `./${name}` : name));
}

/** Either format says itself which it is. A file that cannot be parsed is linted as far as it goes. */
export function readBiome(code: number, stdout: string, stderr: string): Looked {
  const problems = readSarif(stdout) ?? readOld(stdout);
  if (problems === undefined) return noReport('biome', code, `${stderr}\n${stdout}`);
  const unread = problems.filter((each) => each.code === 'parse' && each.severity === 'error');
  return { kind: 'problems', problems, unread: [...new Set(unread.map(({ file }) => file))] };
}

function readOld(text: string): readonly Problem[] | undefined {
  const report = parseJson(text, oldReportSchema);
  return report?.diagnostics.map(({ category, severity, description = 'no message', location }) => ({
    file: location.path?.file ?? '',
    ...placeOf(location.sourceCode, location.span?.[0]),
    code: category ?? undefined,
    message: description,
    severity: severity === 'error' || severity === 'fatal' ? 'error' : 'warning',
  }));
}

/** From a number of bytes to a line. */
function placeOf(source: string | null | undefined, offset: number | undefined): Pick<Problem, 'line' | 'column'> {
  if (typeof source !== 'string' || offset === undefined) return {};
  const before = Buffer.from(source).subarray(0, offset).toString().split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
