import { z } from 'zod';
import { settingsChain } from '../settings-chain.ts';
import type { Finding } from '../types.ts';
import { checkRunner } from './check-runner.ts';
import { nothingFound, pythonTool, unusable } from './find-tool.ts';
import { noReport, parseJson } from './parse.ts';
import { settingsFiles, settingsWith } from './settings-files.ts';
import type { CheckFamily, CheckSearch, Looked } from './types.ts';

const sources = /\.(?:pyi?|ipynb)$/;

const reportSchema = z.array(
  z.object({
    code: z.string().nullish(),
    message: z.string(),
    filename: z.string(),
    location: z.object({ row: z.number(), column: z.number() }).nullish(),
  }),
);

/** One for all of the repository: it takes the nearest settings of each file by itself. */
export const ruff: CheckFamily = { name: 'ruff', find };

async function find(search: CheckSearch): Promise<readonly Finding[]> {
  const settings = await settingsWith(search, settingsFiles.ruff, ['pyproject.toml'], /^\s*\[tool\.ruff[\].]/m);
  if (settings.size === 0) return nothingFound(search, 'ruff', 'configuration of it');
  const tool = await pythonTool(search, 'ruff');
  if (tool === undefined) {
    const reason = 'The check ruff is asked for but neither in the virtual environment nor on the PATH.';
    return [unusable('', reason, 'Install it, or take ruff out of CHECKS.')];
  }
  const chain = await settingsChain(search.root, { first: [...settings], packages: [], namesIn });
  const runner = checkRunner({
    check: 'ruff',
    folder: '',
    version: tool.version,
    what: '',
    wants: (path) => sources.test(path),
    isSettings: (path) => settingsFiles.ruff.test(path) || settings.has(path),
    chain,
    commands: async () => [
      {
        command: tool.command,
        args: [...tool.args, 'check', '--output-format', 'json', '--no-cache', '--no-fix', '--quiet', '.'],
      },
    ],
    read: ({ code, stdout, stderr }) => readRuff(code, stdout, stderr),
  });
  return [{ kind: 'runner', folder: '', runner }];
}

/** `extend = "../ruff-base.toml"` */
function namesIn(text: string): readonly string[] {
  return [...text.matchAll(/^\s*extend\s*=\s*["']([^"'\n]+)["']/gm)].map(([, name = '']) =>
    name.startsWith('.') ? name : `./${name}`,
  );
}

/** 0 and 1 are ends with a report, 2 is a crash or wrong settings. A syntax error has no code, or one that is called so. */
export function readRuff(code: number, stdout: string, stderr: string): Looked {
  const report = parseJson(stdout, reportSchema);
  if (report === undefined || code > 1) return noReport('ruff', code, causesIn(stderr) ?? `${stderr}\n${stdout}`);
  const isSyntax = (rule: string | null | undefined) => rule == null || rule === 'invalid-syntax' || rule === 'E999';
  return {
    kind: 'problems',
    problems: report.map(({ code: rule, message, filename, location }) => ({
      file: filename,
      line: location?.row,
      column: location?.column,
      code: rule ?? undefined,
      message,
      severity: 'error',
    })),
    unread: [...new Set(report.filter((each) => isSyntax(each.code)).map(({ filename }) => filename))],
  };
}

/** Its causes lie in each other, with a picture of the place between; the outermost says no more than the others. */
function causesIn(stderr: string): string | undefined {
  const [, ...causes] = stderr.split(/^ *Cause: /m);
  const said = causes.map((cause) =>
    cause
      .replaceAll(/^.*\|.*$/gm, '')
      .trim()
      .replaceAll(/\s*\n\s*/g, ': '),
  );
  return said.length === 0 ? undefined : said.slice(said.length > 1 ? 1 : 0).join(': ');
}
