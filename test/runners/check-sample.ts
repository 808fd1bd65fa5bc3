import { realpathSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import type { TestReport, TestRun } from '../../src/domain/tests.ts';
import { type DetectOptions, detectRunner } from '../../src/runners/detect.ts';
import type { Runner, TestRequest, TestScope } from '../../src/runners/types.ts';
import { sampleEnv } from './vitest-sample.ts';

const require = createRequire(import.meta.url);

/** The repository's own package, as a link in the project's `node_modules`. */
export async function linkPackage(root: string, name: string): Promise<void> {
  const link = join(root, 'node_modules', name);
  await mkdir(dirname(link), { recursive: true });
  await symlink(realpathSync(dirname(require.resolve(`${name}/package.json`))), link);
}

async function writeFiles(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

export interface CheckSample {
  readonly root: string;
  readonly runner: Runner;
  readonly save: (path: string, text: string) => Promise<void>;
  readonly run: (scope?: TestScope, options?: Partial<TestRequest>) => Promise<TestRun>;
}

/** A project on disk below `folder`, with the checks that were detected in it. */
export async function checkSample(
  folder: string,
  files: Readonly<Record<string, string>>,
  options: Partial<DetectOptions> & { readonly packages?: readonly string[] } = {},
): Promise<CheckSample> {
  const { packages = [], ...detecting } = options;
  const root = join(folder, 'project');
  const reportFolder = join(folder, 'report');
  await mkdir(reportFolder, { recursive: true });
  await writeFiles(root, files);
  for (const name of packages) await linkPackage(root, name);
  // The distribution's Python is the one that has mypy.
  const env = { ...sampleEnv, PATH: `/usr/bin:/bin:${sampleEnv.PATH}` };
  const detection = await detectRunner({ root, env, checks: ['auto'], ...detecting });
  if (detection.kind !== 'found') throw new Error(`${detection.reason} ${detection.remedy}`);
  const { runner } = detection;
  const signal = new AbortController().signal;
  return {
    root,
    runner,
    save: (path, text) => writeFiles(root, { [path]: text }),
    run: (scope = { kind: 'all' }, more = {}) =>
      runner.run({ root, scope, env, reportFolder, niceness: 0, timeoutMs: 100_000, signal, ...more }),
  };
}

export function reportOf(run: TestRun): TestReport {
  if (run.kind !== 'report') expect(run).toMatchObject({ kind: 'report' });
  if (run.kind !== 'report') throw new Error('not a report');
  return run.report;
}

export const idsOf = (run: TestRun): readonly string[] => reportOf(run).tests.map(({ id }) => id);
