import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { run } from '../../src/process/process.ts';
import { OLD_VITESTS } from './sample-project.ts';

const MAJORS = [1, 2, 3, 4];
const INSTALL_TIMEOUT_MS = 5 * 60_000;

/** Installs vitest 1 to 4, each into a folder of its own that later runs find again. Needs npm and its registry. */
export async function installOldVitests(): Promise<void> {
  for (const major of MAJORS) {
    const folder = join(OLD_VITESTS, `vitest-${major}`);
    if (existsSync(join(folder, 'node_modules', 'vitest', 'package.json'))) continue;
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), '{"private":true}');
    const { end, stderr } = await run({
      command: 'npm',
      args: ['install', '--prefix', folder, '--no-audit', '--no-fund', `vitest@${major}`],
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' },
      timeoutMs: INSTALL_TIMEOUT_MS,
    });
    if (end.kind !== 'exited' || end.code !== 0) throw new Error(`vitest ${major} was not installed: ${stderr}`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await installOldVitests();
