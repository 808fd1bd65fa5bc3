import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../src/process/process.ts';
import { OLD_VERSIONS } from './sample-project.ts';

/**
 * The newest of each major version and an early one. The very first do not run at all with what npm installs beside them
 * today: 1.0 cannot transform under Vite 5.4, 4.0.0 does not know what Vite 7.3 asks of it.
 */
export const NEWEST = [1, 2, 3, 4, 5] as const;
export const EARLY = ['1.3.1', '2.0.0', '3.0.0', '4.0.5', '5.0.0'] as const;
const INSTALL_TIMEOUT_MS = 5 * 60_000;

/** Installs them, each into a folder of its own that later runs find again. Needs npm and its registry. */
export async function installOld(name: string, versions: readonly (string | number)[]): Promise<void> {
  for (const version of versions) {
    const folder = join(OLD_VERSIONS, `${name}-${version}`);
    if (existsSync(join(folder, 'node_modules', name, 'package.json'))) continue;
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), '{"private":true,"allowScripts":{"node":true}}');
    const { end, stderr } = await run({
      command: 'npm',
      args: ['install', '--prefix', folder, '--no-audit', '--no-fund', `${name}@${version}`],
      cwd: folder,
      // Proxies, certificates and registries of this machine are in its environment.
      env: Object.fromEntries(Object.entries(process.env).flatMap(([key, value]) => (value ? [[key, value]] : []))),
      timeoutMs: INSTALL_TIMEOUT_MS,
    });
    if (end.kind !== 'exited' || end.code !== 0) throw new Error(`${name} ${version} was not installed: ${stderr}`);
  }
}

/** Vitest in all these versions but the repository's own. */
export const installOldVitests = (): Promise<void> =>
  installOld('vitest', [...NEWEST.filter((major) => major < 5), ...EARLY]);
