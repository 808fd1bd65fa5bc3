import { cp, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPackageRoot } from '../../src/config/package-root.ts';
import { type ProcessResult, run } from '../../src/process/process.ts';
import { scratch } from '../rig/scratch.ts';

/** A home, a project and a clone of Mendwatch with a settings file of its own. */
export interface OwnClone {
  readonly folder: string;
  readonly clone: string;
  readonly shop: string;
  readonly env: Record<string, string>;
  /** Writes the settings file, or takes it away. */
  settings(content: string | Uint8Array | undefined): Promise<void>;
  mendwatch(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<ProcessResult>;
  /** Everything that is there, links not followed. */
  listing(): Promise<readonly string[]>;
}

/** @param within an empty folder that outlives the test */
export async function ownClone(within?: string): Promise<OwnClone> {
  const folder = within ?? (await scratch('clone'));
  const [root, clone, shop, home] = [
    findPackageRoot(),
    join(folder, 'clone'),
    join(folder, 'shop'),
    join(folder, 'home'),
  ];
  for (const made of [clone, shop, home]) await mkdir(made);
  for (const name of ['src', 'automation', 'package.json'])
    await cp(join(root, name), join(clone, name), { recursive: true });
  await symlink(join(root, 'node_modules'), join(clone, 'node_modules'));
  await writeFile(join(folder, 'file'), '');
  // Compiled anew for each clone, since it lies elsewhere.
  const compiled = { NODE_COMPILE_CACHE: join(tmpdir(), 'compiled') };
  const own = { PATH: process.env.PATH ?? '', TMPDIR: tmpdir(), HOME: home, TERM: 'xterm' };
  const env = { ...own, ...compiled };
  const file = join(clone, '.env');
  return {
    folder,
    clone,
    shop,
    env,
    settings: async (content) => {
      await rm(file, { recursive: true, force: true });
      if (content === 'a folder') await mkdir(file);
      else if (content !== undefined) await writeFile(file, content);
    },
    mendwatch: (args, more = {}) =>
      run({
        command: process.execPath,
        args: [join(clone, 'automation', 'mendwatch.ts'), ...args],
        cwd: clone,
        env: { ...env, ...more },
        timeoutMs: 60_000,
      }),
    listing: async () => {
      const found = await Promise.all(
        [folder, ...['home', 'shop', 'clone', 'clone/automation'].map((name) => join(folder, name))].map((each) =>
          readdir(each, { recursive: each.endsWith('home') || each.endsWith('shop') }),
        ),
      );
      return found.flat();
    },
  };
}
