import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RunnerName } from '../../src/domain/runner-names.ts';
import type { TestRun } from '../../src/domain/tests.ts';
import { detectRunner } from '../../src/runners/detect.ts';
import type { Runner, TestRequest, TestScope } from '../../src/runners/types.ts';
import { sampleEnv } from './vitest-sample.ts';

/** The machine's own tools first: those of version managers ask for a version at every start. */
export const toolEnv: Record<string, string> = { ...sampleEnv, PATH: `/usr/bin:${sampleEnv.PATH}` };

/** A project of a runner whose tool is the machine's own: pytest, go. */
export interface ToolSample {
  readonly root: string;
  readonly runner: Runner;
  save(path: string, text: string): Promise<void>;
  run(scope?: TestScope, options?: Partial<TestRequest>): Promise<TestRun>;
  /** The test files that run for changed files, or how else the run ended. */
  related(...files: string[]): Promise<readonly string[] | string>;
}

export async function writeFiles(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

/** Files below `folder`, with the runner that was found for them. A tool that is missing is a failure. */
export async function toolSample(
  folder: string,
  wanted: RunnerName,
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = toolEnv,
): Promise<ToolSample> {
  const root = join(folder, 'project');
  await writeFiles(root, files);
  const reportFolder = join(folder, 'report');
  await mkdir(reportFolder, { recursive: true });
  const detection = await detectRunner({ root, wanted: [wanted], env });
  if (detection.kind !== 'found') throw new Error(`${detection.reason} ${detection.remedy}`);
  const { runner } = detection;
  const signal = new AbortController().signal;
  const run: ToolSample['run'] = (scope = { kind: 'all' }, options = {}) =>
    runner.run({ root, scope, env, reportFolder, niceness: 1, timeoutMs: 100_000, signal, ...options });
  return {
    root,
    runner,
    run,
    save: (path, text) => writeFiles(root, { [path]: text }),
    related: async (...changed) => {
      const done = await run({ kind: 'related', files: changed });
      if (done.kind === 'broken') return done.detail;
      return done.kind === 'report' ? done.report.files : done.kind;
    },
  };
}
