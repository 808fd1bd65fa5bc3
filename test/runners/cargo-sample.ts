import { homedir } from 'node:os';
import { join } from 'node:path';
import { type ToolSample, toolEnv, toolSample } from './tool-sample.ts';

/** What rustup's stand-ins for cargo need to find the real one; a cargo of the system needs none of it. */
export const rustEnv: Record<string, string> = {
  ...toolEnv,
  RUSTUP_HOME: process.env.RUSTUP_HOME ?? join(homedir(), '.rustup'),
  CARGO_HOME: process.env.CARGO_HOME ?? join(homedir(), '.cargo'),
  CARGO_PROFILE_DEV_DEBUG: '0',
};

/** A project of Rust below `folder` with its runner, which keeps what it builds. */
export async function cargoSample(folder: string, files: Readonly<Record<string, string>>): Promise<ToolSample> {
  const project = await toolSample(folder, 'cargo', files, rustEnv);
  const keptFolder = join(folder, 'kept');
  return { ...project, run: (scope, options) => project.run(scope, { keptFolder, ...options }) };
}

export function crate(name: string, more = ''): string {
  return `[package]\nname = "${name}"\nversion = "0.1.0"\nedition = "2021"\n${more}`;
}
