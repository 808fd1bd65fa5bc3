import { randomUUID } from 'node:crypto';
import { readFile, realpath, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { z } from 'zod';
import { findPackage } from '../javascript/installed.ts';
import { isOwn } from '../report/paths.ts';
import { settingsChain } from '../settings-chain.ts';
import type { Finding } from '../types.ts';
import { checkRunner } from './check-runner.ts';
import { nodeTool, nothingFound, type Tool } from './find-tool.ts';
import { noReport, parseJsonWithComments } from './parse.ts';
import { settingsFiles } from './settings-files.ts';
import type { CheckFamily, CheckSearch, Command, Looked, Place, Problem } from './types.ts';

const sources = /\.(?:[cm]?[jt]sx?|json)$/;
const mostConfigurations = 100;

const configSchema = z.object({
  extends: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .catch(undefined),
  files: z.array(z.string()).optional().catch(undefined),
  include: z.array(z.string()).optional().catch(undefined),
  compilerOptions: z.object({ composite: z.boolean().optional() }).loose().optional().catch(undefined),
  references: z
    .array(z.object({ path: z.string() }))
    .optional()
    .catch(undefined),
});
type Config = z.infer<typeof configSchema>;

/** One check for all of the repository: what one package declares is used by others. */
export const tsc: CheckFamily = { name: 'tsc', find };

async function find(search: CheckSearch): Promise<readonly Finding[]> {
  const { root } = search;
  const first = search.files.filter((file) => /(?:^|\/)tsconfig\.json$/.test(file)).slice(0, mostConfigurations);
  if (first.length === 0) return nothingFound(search, 'tsc', 'tsconfig.json');
  const all = await configurations(root, first);
  const found = await compilersFor(search, all);
  if ('finding' in found) return [found.finding];
  const { length } = all;
  const packages = [search.packages.root, ...search.packages.inside];
  const chain = await settingsChain(root, { first, packages, namesIn });
  const runner = checkRunner({
    check: 'tsc',
    folder: '',
    version: found.version,
    what: length === 1 ? 'tsconfig.json' : `${length} configurations`,
    wants: (path) => sources.test(path),
    isSettings: (path) => settingsFiles.tsc.test(path),
    chain,
    commands: async (place) => commands(found.toolOf, await configurations(place.root, first), place),
    read: ({ code, stdout, stderr }) => readTsc(code, `${stdout}\n${stderr}`),
  });
  return [{ kind: 'runner', folder: '', runner }];
}

interface Compilers {
  readonly version: string;
  /** The one that a module in the folder of this configuration would get; where it has none, that of others. */
  readonly toolOf: (path: string) => Command;
}

/** A package may have a TypeScript of its own, also where the root has none. */
async function compilersFor(
  search: CheckSearch,
  paths: readonly string[],
): Promise<Compilers | { readonly finding: Finding }> {
  const tools = new Map<string, ReturnType<typeof nodeTool>>();
  const byFolder = new Map<string, Tool>();
  for (const folder of new Set(['', ...paths.map((path) => posix.dirname(path))])) {
    const installed = await findPackage('typescript', join(search.root, folder));
    if (installed === undefined) continue;
    const asked = tools.get(installed.folder) ?? nodeTool(search, folder, 'typescript', join('bin', 'tsc'));
    tools.set(installed.folder, asked);
    const found = await asked;
    if ('finding' in found) return found;
    byFolder.set(folder, found.tool);
  }
  const [any] = byFolder.values();
  if (any === undefined) {
    const found = await nodeTool(search, '', 'typescript', join('bin', 'tsc'));
    return 'finding' in found ? found : { version: found.tool.version, toolOf: () => found.tool };
  }
  return {
    version: [...new Set([...byFolder.values()].map(({ version }) => version))].join(', '),
    toolOf: (path) => byFolder.get(posix.dirname(path)) ?? any,
  };
}

/** What is to be checked: these and what they refer to, without those that only refer. */
async function configurations(root: string, first: readonly string[]): Promise<readonly string[]> {
  const seen = new Set<string>();
  const wanted: string[] = [];
  const queue = [...first];
  for (let path = queue.shift(); path !== undefined && seen.size < mostConfigurations; path = queue.shift()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const config = await readConfig(root, path);
    if (config === undefined) continue;
    const { files, include, references = [] } = config;
    if (files?.length !== 0 || include !== undefined || references.length === 0) wanted.push(path);
    for (const reference of references) {
      const at = posix.normalize(posix.join(posix.dirname(path), reference.path));
      queue.push(at.endsWith('.json') ? at : posix.join(at, 'tsconfig.json'));
    }
  }
  return wanted;
}

async function readConfig(root: string, path: string): Promise<Config | undefined> {
  if (!isOwn(path)) return undefined;
  const text = await readFile(join(root, path), 'utf8').catch(() => undefined);
  // What cannot be read is for the compiler to complain of.
  return text === undefined ? undefined : (parseJsonWithComments(text, configSchema) ?? {});
}

/** What a configuration is built on, and what it refers to. */
function namesIn(text: string): readonly string[] {
  const config = parseJsonWithComments(text, configSchema);
  const references = (config?.references ?? []).map(({ path }) => (path.startsWith('.') ? path : `./${path}`));
  return [...[config?.extends ?? []].flat(), ...references];
}

/** Nothing is written, whatever the configuration says, and nothing that an earlier run wrote is believed. */
const quiet = [
  ['--noEmit', '--emitDeclarationOnly', 'false'],
  ['--incremental', 'false', '--composite', 'false', '--tsBuildInfoFile', 'null'],
  ['--pretty', 'false', '--diagnostics'],
].flat();

async function commands(
  toolOf: Compilers['toolOf'],
  paths: readonly string[],
  { root, leave }: Place,
): Promise<readonly Command[]> {
  return Promise.all(
    paths.map(async (path) => {
      const { command, args } = toolOf(path);
      const alone = await withoutReferences(root, path, leave);
      return { command, args: [...args, '-p', join(root, alone), ...quiet] };
    }),
  );
}

/**
 * A project that refers to others would want what they were built to. A configuration beside it that takes everything but
 * the references from it reads their sources instead.
 */
async function withoutReferences(root: string, path: string, leave: Place['leave']): Promise<string> {
  const config = await readConfig(root, path);
  const folder = join(root, dirname(path));
  // A folder may be a link that leads out of the lane, where nothing is to be written.
  if ((config?.references ?? []).length === 0 || (await realpath(folder).catch(() => '')) !== folder) return path;
  const beside = join(dirname(path), `tsconfig.mendwatch-${randomUUID()}.json`);
  leave(join(root, beside));
  const up =
    dirname(path) === '.'
      ? '.'
      : dirname(path)
          .split('/')
          .map(() => '..')
          .join('/');
  const text = {
    extends: `./${posix.basename(path)}`,
    compilerOptions: { composite: false, incremental: false, rootDir: up },
    references: [],
  };
  await writeFile(join(root, beside), JSON.stringify(text), { flag: 'wx' });
  return beside;
}

/** A line of its plain output: `src/a.ts(3,5): error TS2345: …`, or without a place; lines that follow are indented. */
const line = /^(?:(?<file>\S.*?)\((?<line>\d+),(?<column>\d+)\): )?error (?<code>TS\d+): (?<message>.*)$/;

export function readTsc(code: number, output: string): Looked {
  const problems: (Problem & { message: string })[] = [];
  for (const text of output.split('\n')) {
    const { groups } = line.exec(text) ?? {};
    const last = problems.at(-1);
    if (groups !== undefined) {
      const { file = '', message = '', ...place } = groups;
      const at = place.line === undefined ? {} : { line: Number(place.line), column: Number(place.column) };
      problems.push({ file: withoutOurs(file), message, code: place.code, severity: 'error', ...at });
    } else if (/^\s+\S/.test(text) && last !== undefined) {
      problems[problems.length - 1] = { ...last, message: `${last.message}\n${text}` };
    }
  }
  const checkTime = /^Check time:\s*([\d.]+)s/m.exec(output)?.[1];
  if (checkTime === undefined && problems.length === 0) return noReport('tsc', code, output);
  // It looks at types only where nothing is wrong with syntax and settings; a quick look may take no time.
  const hasTypes = problems.some((each) => each.file !== '' && /^TS(?:2|4|7|18)\d{3}$/.test(each.code ?? ''));
  const isWhole = problems.length === 0 || hasTypes || Number(checkTime ?? 0) > 0;
  return { kind: 'problems', problems, ...(isWhole ? {} : { unread: 'all' }) };
}

/** What is wrong with the configuration that we have made is wrong with the one beside it. */
function withoutOurs(file: string): string {
  return file.replace(/tsconfig\.mendwatch-[\w-]+\.json$/, 'tsconfig.json');
}
