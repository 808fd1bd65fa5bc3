import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Search } from '../types.ts';

/** Files that decide what a check says, by their names anywhere in the project. */
export const settingsFiles = {
  tsc: /(?:^|\/)[tj]sconfig[^/]*\.json$/,
  eslint: /(?:^|\/)(?:eslint\.config\.[cm]?[jt]s|\.eslintrc(?:\.\w+)?|\.eslintignore)$/,
  biome: /(?:^|\/)\.?biome\.jsonc?$/,
  ruff: /(?:^|\/)\.?ruff\.toml$/,
  mypy: /(?:^|\/)\.?mypy\.ini$/,
  goVet: /(?:^|\/)\.golangci\.\w+$/,
  clippy: /(?:^|\/)\.?clippy\.toml$/,
} as const;

const all = Object.values(settingsFiles);

export function isAnySettings(path: string): boolean {
  return all.some((pattern) => pattern.test(path));
}

/** The outermost folders of these files: what is below one of them is looked at from there. */
export function outermostFolders(files: readonly string[]): string[] {
  const folders = [...new Set(files.map((file) => file.split('/').slice(0, -1).join('/')))].sort();
  return folders.filter(
    (folder) => !folders.some((other) => other !== folder && (other === '' || folder.startsWith(`${other}/`))),
  );
}

/** Settings files of the tool's own, and those shared with others that have a section of it. */
export async function settingsWith(
  { root, files }: Pick<Search, 'root' | 'files'>,
  own: RegExp,
  shared: readonly string[],
  section: RegExp,
): Promise<ReadonlySet<string>> {
  const candidates = files.filter((file) => own.test(file) || shared.includes(file.split('/').at(-1) ?? ''));
  const found = await Promise.all(
    candidates.map(async (file) =>
      own.test(file) || section.test(await readFile(join(root, file), 'utf8').catch(() => '')) ? [file] : [],
    ),
  );
  return new Set(found.flat());
}
