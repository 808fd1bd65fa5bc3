import { constants } from 'node:fs';
import { glob, lstat, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import picomatch from 'picomatch';

const mostReports = 5_000;
const mostBytes = 64 * 1024 * 1024;
const installed = ['**/node_modules/**', '**/.git/**'];

export interface ReportText {
  /** Relative to the root with `/`. */
  readonly path: string;
  readonly text: string;
}

/** Reports of before. Only where nobody else's files are: in a lane. */
export async function removeReports(root: string, patterns: readonly string[]): Promise<void> {
  for (const path of await reportPaths(root, patterns)) await rm(join(root, path), { force: true });
}

/** Many tools make the file when they begin and write it when they end: one that crashes leaves it empty. */
export const isEmpty = ({ text }: ReportText): boolean => text.trim() === '';

/**
 * What the patterns name: real files inside of the root, reached by no link, since it is the project that says where they are.
 *
 * @throws when there is more than a report can be
 */
export async function readReports(
  root: string,
  patterns: readonly string[],
  sinceMs: number,
): Promise<readonly ReportText[]> {
  const paths = await reportPaths(root, patterns);
  if (paths.length > mostReports) throw new Error(`more than ${mostReports} files are named by TEST_REPORTS`);
  const reports: ReportText[] = [];
  let left = mostBytes;
  for (const path of paths) {
    const file = await open(join(root, path), constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined);
    if (file === undefined) continue;
    try {
      const stats = await file.stat();
      if (!stats.isFile() || stats.ctimeMs < sinceMs) continue;
      left -= stats.size;
      if (left < 0) throw new Error(`the reports are larger than ${mostBytes / 1024 / 1024} MB`);
      reports.push({ path, text: (await file.readFile('utf8')).replace(/^\uFEFF/, '') });
    } finally {
      await file.close();
    }
  }
  return reports;
}

async function reportPaths(root: string, patterns: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  const isInstalled = picomatch(installed, { dot: true });
  for (const pattern of patterns) {
    if (pattern.startsWith('/') || pattern.split('/').includes('..')) continue;
    for await (const path of glob(pattern, {
      cwd: root,
      exclude: (name) => name === 'node_modules' || name === '.git',
    })) {
      const plain = path.replaceAll('\\', '/');
      if (!isInstalled(plain) && (await isReal(root, plain))) found.add(plain);
    }
  }
  return [...found].sort();
}

async function isReal(root: string, path: string): Promise<boolean> {
  const steps = path.split('/');
  for (const [at] of steps.entries()) {
    const stats = await lstat(join(root, ...steps.slice(0, at + 1))).catch(() => undefined);
    const isLast = at === steps.length - 1;
    if (stats === undefined || !(isLast ? stats.isFile() : stats.isDirectory())) return false;
  }
  return true;
}
