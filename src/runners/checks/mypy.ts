import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { editableFolders } from '../pytest/editable.ts';
import { settingsChain } from '../settings-chain.ts';
import type { Finding } from '../types.ts';
import { checkRunner } from './check-runner.ts';
import { nothingFound, projectPython, pythonTool, unusable } from './find-tool.ts';
import { noReport } from './parse.ts';
import { outermostFolders, settingsFiles, settingsWith } from './settings-files.ts';
import type { CheckFamily, CheckSearch, Command, Looked, Problem } from './types.ts';

const sources = /\.pyi?$/;
const section = /^\s*\[(?:tool\.)?mypy\]/m;
const targets = /^\s*(?:files|packages|modules)\s*=/m;
const options = [
  ['--no-error-summary', '--show-column-numbers', '--show-error-codes', '--hide-error-context'],
  ['--no-color-output', '--no-pretty', '--show-absolute-path', '--cache-dir', '/dev/null'],
].flat();

/** One for each outermost folder that has a configuration. */
export const mypy: CheckFamily = { name: 'mypy', find };

async function find(search: CheckSearch): Promise<readonly Finding[]> {
  const settings = await settingsWith(search, settingsFiles.mypy, ['pyproject.toml', 'setup.cfg'], section);
  const folders = outermostFolders([...settings]);
  if (folders.length === 0) return nothingFound(search, 'mypy', 'configuration of it');
  const tool = await pythonTool(search, 'mypy');
  if (tool === undefined) {
    const reason = 'The check mypy is asked for but neither in the virtual environment nor on the PATH.';
    return [unusable('', reason, 'Install it, or take mypy out of CHECKS.')];
  }
  const python = projectPython(search.root);
  const types = python === undefined ? [] : ['--python-executable', python];
  const chain = await settingsChain(search.root, { first: [...settings], packages: [], namesIn });
  const editable = await editableFolders(search.root, search.env.VIRTUAL_ENV);
  return folders.map((folder): Finding => {
    const own = [...settings].filter((file) => file.split('/').slice(0, -1).join('/') === folder);
    const runner = checkRunner({
      check: 'mypy',
      folder,
      version: tool.version,
      what: '',
      wants: (path) => sources.test(path),
      isSettings: (path) => settingsFiles.mypy.test(path) || settings.has(path),
      chain,
      commands: async ({ root }) => {
        const texts = await Promise.all(own.map((file) => readFile(join(root, file), 'utf8').catch(() => '')));
        const named = texts.some((text) => targets.test(text.slice(Math.max(text.search(section), 0))));
        const args = [...tool.args, ...options, ...types, ...(named ? [] : ['.'])];
        return [{ command: tool.command, args, ...pathOf(root, editable, search.env.PYTHONPATH) }];
      },
      read: ({ code, stdout, stderr }) => readMypy(code, stdout, stderr),
    });
    return { kind: 'runner', folder, runner };
  });
}

/**
 * What is installed in editable mode, mypy finds as Python does: in the folder that the person's environment names, which is
 * not the one that is looked at. Of what comes first on the path it takes the same packages.
 */
function pathOf(root: string, editable: readonly string[], known: string | undefined): Pick<Command, 'env'> {
  // The folder that it runs in is looked at in any case.
  const own = editable.filter((folder) => folder !== '').map((folder) => join(root, folder));
  return own.length === 0 ? {} : { env: { PYTHONPATH: [...own, ...(known ? [known] : [])].join(delimiter) } };
}

/** Plugins of the project's own, by path or as modules: `plugins = ./tools/plugin.py, tools.plugin`. */
function namesIn(text: string): readonly string[] {
  const found = text.matchAll(/^\s*plugins\s*=\s*(\[[^\]]*\]|[^\n]*(?:\n[ \t]+\S[^\n]*)*)/gm);
  return [...found].flatMap(([, value = '']) =>
    (value.match(/[\w./-]+/g) ?? []).map((name) => {
      if (name.endsWith('.py')) return `./${name}`;
      return `./${name.replaceAll('.', '/')}`;
    }),
  );
}

const line =
  /^(?<file>[^:\n]+\.pyi?):(?:(?<line>\d+):)?(?:(?<column>\d+):)? error: (?<message>.*?)(?: {2}\[(?<code>[\w-]+)\])?$/gm;

/** 0 and 1 are ends; 2 is a crash, wrong settings, or a file that it cannot parse, beyond which it does not look. */
export function readMypy(code: number, stdout: string, stderr: string): Looked {
  const problems = [...stdout.matchAll(line)].map(({ groups = {} }): Problem => {
    const at = { line: numberOf(groups.line), column: numberOf(groups.column) };
    return { file: groups.file ?? '', ...at, code: groups.code, message: groups.message ?? '', severity: 'error' };
  });
  if (code > 1 && problems.length === 0) return noReport('mypy', code, `${stderr}\n${stdout}`);
  return { kind: 'problems', problems, ...(code > 1 ? { unread: 'all' } : {}) };
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
