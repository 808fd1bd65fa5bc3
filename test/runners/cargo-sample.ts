import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { detectRunner } from '../../src/runners/detect.ts';
import type { TestRequest, TestScope } from '../../src/runners/types.ts';
import type { Sample } from './vitest-sample.ts';

/** What rustup's stand-ins for cargo need to find the real one; a cargo of the system needs none of it. */
export const rustEnv: Record<string, string> = {
  PATH: process.env.PATH ?? '',
  HOME: process.env.HOME ?? '',
  RUSTUP_HOME: process.env.RUSTUP_HOME ?? join(homedir(), '.rustup'),
  CARGO_HOME: process.env.CARGO_HOME ?? join(homedir(), '.cargo'),
  CARGO_PROFILE_DEV_DEBUG: '0',
};

export async function writeFiles(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
}

/** A project of Rust below `folder` with its runner, which keeps what it builds. */
export async function cargoSample(folder: string, files: Readonly<Record<string, string>>): Promise<Sample> {
  const root = join(folder, 'project');
  const [reportFolder, keptFolder] = [join(folder, 'report'), join(folder, 'kept')];
  await writeFiles(root, files);
  await mkdir(reportFolder);
  const detection = await detectRunner({ root, env: rustEnv, wanted: ['cargo'] });
  if (detection.kind !== 'found') throw new Error(`${detection.reason} ${detection.remedy}`);
  const { runner } = detection;
  const signal = new AbortController().signal;
  return {
    root,
    runner,
    run: (scope: TestScope = { kind: 'all' }, options: Partial<TestRequest> = {}) =>
      runner.run({ root, scope, env: rustEnv, reportFolder, keptFolder, timeoutMs: 100_000, signal, ...options }),
  };
}

export function crate(name: string, more = ''): string {
  return `[package]\nname = "${name}"\nversion = "0.1.0"\nedition = "2021"\n${more}`;
}
