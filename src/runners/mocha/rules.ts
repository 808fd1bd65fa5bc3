import { posix } from 'node:path';
import { compile, type PathRules, pathRules } from '../javascript/path-rules.ts';
import type { RawRun } from '../javascript/raw-run.ts';
import { isOwn, relativePath } from '../report/paths.ts';
import type { MochaCommand } from './command.ts';

const isSettings = compile(['**/.mocharc*', '**/mocha.opts']);
const isTestByPlace = compile(['{test,spec}/**/*.{test,spec}?(s).?(c|m)[jt]s?(x)', 'test/*.?(c|m)js']);

/** What is known of a package's tests: at first from its script, then from what mocha said of itself. */
export interface MochaKnowledge {
  readonly rules: PathRules;
  /** Files of the project that are loaded beside the tests, relative to the root; undefined before the first run. */
  readonly support: readonly string[] | undefined;
}

export function guessed(folder: string, command: MochaCommand): MochaKnowledge {
  return { rules: rulesFor(folder, command.spec, new Set(), command.support), support: undefined };
}

export function learned(
  folder: string,
  command: MochaCommand,
  { run, root, files }: { readonly run: RawRun; readonly root: string; readonly files: readonly string[] },
): MochaKnowledge {
  const known = new Set(files);
  const named = run.support.map((path) => relativePath(root, path)).filter(isOwn);
  const support = [...named.flatMap((path) => withEnding(path, known)), ...placed(folder, command.support)];
  const ran = new Set(run.files.map((path) => relativePath(root, path)));
  const spec = run.spec.length > 0 ? run.spec.map((each) => relativeSpec(each, { root, folder })) : command.spec;
  return { rules: rulesFor(folder, spec, ran, [...new Set(support)]), support };
}

function rulesFor(
  folder: string,
  spec: readonly string[],
  ran: ReadonlySet<string>,
  support: readonly string[],
): PathRules {
  const matches = spec.length === 0 ? isTestByPlace : compile(spec.map(asPattern));
  const isTestFile = (path: string) => {
    const inner = folder === '' ? path : path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined;
    return ran.has(path) || (inner !== undefined && !`/${inner}`.includes('/node_modules/') && matches(inner));
  };
  const isSupport = new Set(support);
  return pathRules((path) => isTestFile(path) && !isSupport.has(path), isSettings, isSupport);
}

function asPattern(spec: string): string {
  return /[*?{[]|\.\w+$/.test(spec) ? spec : `${spec}/**/*.?(c|m)[jt]s?(x)`;
}

function relativeSpec(spec: string, { root, folder }: { readonly root: string; readonly folder: string }): string {
  const plain = spec.startsWith('/') ? posix.relative(posix.join(root, folder), spec) : spec;
  return posix.normalize(plain).replace(/\/$/, '');
}

function placed(folder: string, paths: readonly string[]): string[] {
  return paths.map((path) => posix.join(folder, path));
}

function withEnding(path: string, known: ReadonlySet<string>): string[] {
  const endings = ['', '.js', '.cjs', '.mjs', '.ts', '.mts', '.cts', '/index.js', '/index.ts'];
  return endings
    .map((ending) => path + ending)
    .filter((each) => known.has(each))
    .slice(0, 1);
}
