import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openService, type Service } from '../../../src/agent/service/service.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { findPackageRoot } from '../../../src/config/package-root.ts';
import type { Config } from '../../../src/config/types.ts';
import { codeOf } from '../../../src/errors.ts';
import { placesIn } from '../../rig/places.ts';
import { scratch } from '../../rig/scratch.ts';

/** A home, a project, and a PATH that holds only the commands which the test has put there. */
export interface ServiceMachine {
  readonly home: string;
  readonly config: Config;
  /** A shell script as a command; its words are written down first. */
  command(name: string, script: string): Promise<void>;
  open(platform: NodeJS.Platform, more?: Readonly<Record<string, string>>, asked?: readonly string[]): Promise<Service>;
  /** The command lines so far. */
  said(): Promise<readonly string[]>;
}

export async function serviceMachine(): Promise<ServiceMachine> {
  const folder = await scratch('service');
  const [home, bin, project, calls] = ['home', 'bin', 'shop', 'calls'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  for (const made of [home, bin, project]) await mkdir(made);
  await symlink('/bin/sh', join(bin, 'sh'));
  const launch = { HOME: home, PATH: bin, PROJECT_ROOT: project, ...placesIn(folder) };
  const config = loadConfig({ env: launch, cwd: folder, packageRoot: findPackageRoot() });
  return {
    home,
    config,
    command: async (name, script) => {
      const file = join(bin, name);
      await writeFile(file, `#!/bin/sh\necho "${name} $*" >> '${calls}'\n${script}\n`);
      await chmod(file, 0o755);
    },
    open: (platform, more = {}, asked = []) => {
      const machine = { platform, launch: { ...launch, ...more }, uid: 501, signal: new AbortController().signal };
      return openService({ machine, config, cwd: folder, variables: asked });
    },
    said: async () => {
      try {
        return (await readFile(calls, 'utf8')).trimEnd().split('\n');
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return [];
        throw error;
      }
    },
  };
}
