import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { run } from '../../src/process/process.ts';
import { OLD_VITESTS } from './sample-project.ts';

/**
 * The newest of each major version and an early one. The very first do not run at all with what npm installs beside them
 * today: 1.0 cannot transform under Vite 5.4, 4.0.0 does not know what Vite 7.3 asks of it.
 */
export const NEWEST = [1, 2, 3, 4, 5] as const;
export const EARLY = ['1.3.1', '2.0.0', '3.0.0', '4.0.5', '5.0.0'] as const;
const INSTALL_TIMEOUT_MS = 5 * 60_000;

/** Installs all of them but the repository's own, each into a folder of its own that later runs find again. Needs npm and its registry. */
export async function installOldVitests(): Promise<void> {
  for (const version of [...NEWEST.filter((major) => major < 5), ...EARLY]) {
    const folder = join(OLD_VITESTS, `vitest-${version}`);
    if (existsSync(join(folder, 'node_modules', 'vitest', 'package.json'))) continue;
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), '{"private":true}');
    const { end, stderr } = await run({
      command: 'npm',
      args: ['install', '--prefix', folder, '--no-audit', '--no-fund', `vitest@${version}`],
      cwd: folder,
      // Proxies, certificates and registries of this machine are in its environment.
      env: Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value ? [[name, value]] : []))),
      timeoutMs: INSTALL_TIMEOUT_MS,
    });
    if (end.kind !== 'exited' || end.code !== 0) throw new Error(`vitest ${version} was not installed: ${stderr}`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await installOldVitests();
