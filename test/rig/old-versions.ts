import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lock } from 'proper-lockfile';
import { run } from '../../src/process/process.ts';
import { OLD_VERSIONS } from './sample-project.ts';

/**
 * The newest of each major version and an early one. The very first do not run at all with what npm installs beside them
 * today: 1.0 cannot transform under Vite 5.4, 4.0.0 does not know what Vite 7.3 asks of it.
 */
export const NEWEST = [1, 2, 3, 4, 5] as const;
export const EARLY = ['1.3.1', '2.0.0', '3.0.0', '4.0.5', '5.0.0'] as const;
const INSTALL_TIMEOUT_MS = 5 * 60_000;

/** So many at a time: npm mostly waits for its registry. */
const AT_ONCE = 4;

/** Installs them, each into a folder of its own that later runs find again. Needs npm and its registry. */
export async function installOld(name: string, versions: readonly (string | number)[]): Promise<void> {
  await mkdir(OLD_VERSIONS, { recursive: true });
  // Several test files want the same ones, and are run at the same time.
  const retries = { forever: true, minTimeout: 200, maxTimeout: 200 };
  const release = await lock(join(OLD_VERSIONS, name), { realpath: false, retries });
  try {
    const missing = versions.filter((version) => !existsSync(join(OLD_VERSIONS, `${name}-${version}`)));
    const install = async (): Promise<void> => {
      for (let next = missing.shift(); next !== undefined; next = missing.shift()) await installOne(name, next);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, install));
  } finally {
    await release();
  }
}

/** All or nothing, since a run may be ended at any moment. */
async function installOne(name: string, version: string | number): Promise<void> {
  const folder = join(OLD_VERSIONS, `${name}-${version}`);
  const begun = `${folder}.begun`;
  await rm(begun, { recursive: true, force: true });
  await mkdir(begun);
  await writeFile(join(begun, 'package.json'), '{"private":true,"allowScripts":{"node":true}}');
  const flags = ['--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline'];
  const { end, stderr } = await run({
    command: 'npm',
    args: ['install', '--prefix', begun, ...flags, `${name}@${version}`],
    cwd: begun,
    // Proxies, certificates and registries of this machine are in its environment.
    env: Object.fromEntries(Object.entries(process.env).flatMap(([key, value]) => (value ? [[key, value]] : []))),
    timeoutMs: INSTALL_TIMEOUT_MS,
  });
  if (end.kind !== 'exited' || end.code !== 0) throw new Error(`${name} ${version} was not installed: ${stderr}`);
  await rename(begun, folder);
}

/** Vitest in all these versions but the repository's own. */
export const installOldVitests = (): Promise<void> =>
  installOld('vitest', [...NEWEST.filter((major) => major < 5), ...EARLY]);
