import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import parseDiff from 'parse-diff';
import { checkOf, type RedTest } from '../domain/tests.ts';
import type { Patch } from '../workspace/types.ts';

const script = /\.(?:[cm]?[jt]sx?|vue|svelte|astro|html)$/;
const web = /\.(?:[cm]?[jt]sx?|vue|svelte|astro|html|s?css|less|jsonc?|graphql|gql)$/;
const python = /\.(?:pyi?|ipynb)$/;

/** What tells a check to look away; each with the checks that heed it, beside a command of one's own. */
const marks: readonly { readonly pattern: RegExp; readonly files: RegExp; readonly check?: string }[] = [
  { pattern: /@ts-(?:ignore|expect-error|nocheck)\b/, files: script, check: 'tsc' },
  {
    pattern: /\b(?:eslint|oxlint|tslint)[-:]disable|\/\*\s*(?:eslint\s+[\w@/'"-]+\s*:|globals?\s|exported\s)/,
    files: script,
    check: 'eslint',
  },
  { pattern: /\bbiome-ignore/, files: web, check: 'biome' },
  { pattern: /\bstylelint-disable/, files: web },
  { pattern: /#\s*(?:(?:ruff|flake8)\s*:\s*)?noqa\b|#\s*ruff\s*:\s*(?:disable|ignore)/i, files: python, check: 'ruff' },
  { pattern: /#\s*type:\s*ignore\b|#\s*mypy:|@(?:typing\.)?no_type_check\b/, files: python, check: 'mypy' },
  { pattern: /#\s*(?:pyright|pylint|pyre)(?:\s*:|-)/, files: python },
  { pattern: /\/\/\s*nolint\b|\/\/\s*lint:(?:file-)?ignore\b/, files: /\.go$/, check: 'go-vet' },
  {
    pattern: /#!?\s*\[\s*(?:cfg_attr\s*\(.*\b)?(?:allow|expect)\s*\(/,
    files: /\.rs$/,
    check: 'clippy',
  },
];

/** A line that a patch adds and that silences a check. */
interface Suppression {
  readonly check: string | undefined;
  readonly where: string;
  readonly line: string;
}

const mostTold = 10;

/**
 * Lines that a patch adds so that a check looks away. A line that was only moved is not new.
 *
 * @param root a folder that holds the patched tree: a file that is no UTF-8 has no lines in the patch.
 */
export function suppressionsIn(patch: Patch, root: string): readonly Suppression[] {
  const found: Suppression[] = [];
  const read = new Set<string>();
  for (const file of parseDiff(patch.text)) {
    const path = (file.to === '/dev/null' ? file.from : file.to) ?? '';
    if (file.chunks.length > 0) read.add(path);
    const changes = file.chunks.flatMap((chunk) => chunk.changes);
    const gone = changes.filter(({ type }) => type === 'del').map(({ content }) => content.slice(1).trim());
    for (const change of changes) {
      if (change.type !== 'add') continue;
      const line = change.content.slice(1).trim();
      const at = gone.indexOf(line);
      if (at >= 0) gone.splice(at, 1);
      else found.push(...silencing(path, change.ln, line));
    }
  }
  for (const { path, kind } of patch.changes) {
    const file = join(root, path);
    if (kind === 'deleted' || read.has(path) || !marks.some(({ files }) => files.test(path)) || !existsSync(file))
      continue;
    const lines = readFileSync(file, 'latin1').split('\n');
    for (const [at, line] of lines.entries()) found.push(...silencing(path, at + 1, line.trim()));
  }
  return found;
}

function silencing(path: string, at: number, line: string): readonly Suppression[] {
  const hit = marks.filter(({ pattern, files }) => files.test(path) && pattern.test(line));
  return hit.map(({ check }) => ({ check, where: `${path}:${at}`, line: line.slice(0, 160) }));
}

/**
 * Which of these a patch is refused for: those of a check that has problems here, since silence would pass for a fix.
 * The others are for a person to look at. A command of one's own may heed any of them.
 */
export function weighSuppressions(
  found: readonly Suppression[],
  tests: readonly Pick<RedTest, 'id'>[],
): { readonly refused: readonly string[]; readonly doubtful: readonly string[] } {
  const checks = new Set(tests.map(({ id }) => checkOf(id)?.split(':', 1)[0]).filter((name) => name !== undefined));
  const isAtWork = ({ check }: Suppression) => checks.has('command') || (check !== undefined && checks.has(check));
  const told = (each: Suppression) => `${each.where} silences ${each.check ?? 'a check'}: ${each.line}`;
  return {
    refused: found
      .filter(isAtWork)
      .slice(0, mostTold)
      .map((each) => `It mends nothing: ${told(each)}`),
    doubtful: found
      .filter((each) => !isAtWork(each))
      .slice(0, mostTold)
      .map(told),
  };
}

/** A problem has gone, too, where its file has: whether that is the mending is for a person to say. */
export function goneWithTheirFile({ changes }: Patch, regression: readonly RedTest[]): readonly string[] {
  const gone = new Set(changes.filter(({ kind }) => kind === 'deleted').map(({ path }) => path));
  const files = regression
    .filter(({ id, file }) => checkOf(id) !== undefined && gone.has(file))
    .map(({ file }) => file);
  return [...new Set(files)].map((file) => `it deletes ${file}, which the problem was in`);
}
