import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** What installs the packages of this project, by its lockfile. */
export function installCommand(root: string): string {
  const has = (name: string) => existsSync(join(root, name));
  if (has('pnpm-lock.yaml')) return 'pnpm install';
  if (has('yarn.lock')) return 'yarn install';
  if (has('bun.lock') || has('bun.lockb')) return 'bun install';
  return 'npm install';
}
