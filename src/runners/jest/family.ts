import { join } from 'node:path';
import { findInTrees } from '../javascript/apart.ts';
import { noNode, notInstalled, type Signs, tellingPackages, wrongVersion } from '../javascript/evidence.ts';
import { chooseNode, findPackage } from '../javascript/installed.ts';
import { allPackages, type Package } from '../javascript/packages.ts';
import { scriptCommands } from '../javascript/scripts.ts';
import { chainOfPackage } from '../settings-chain.ts';
import type { Family, Finding, Search } from '../types.ts';
import { jestCommand, plainJest } from './command.ts';

const oldest = 27;
const newest = 30;
const signs: Signs = { name: 'jest', programs: ['jest'], settings: /^jest\.config\.\w+$/ };

/** Jest in the root, where it tells of it (its own projects are jest's business), else in each package. */
export const jest: Family = {
  name: 'jest',
  find: (search) => findInTrees(search, find),
};

async function find(search: Search): Promise<readonly Finding[]> {
  return Promise.all((await tellingPackages(search, signs)).map((each) => finding(search, each)));
}

async function finding(search: Search, telling: Package): Promise<Finding> {
  const { root, env } = search;
  const { folder } = telling;
  const installed = await findPackage('jest', join(root, folder));
  if (installed === undefined) return notInstalled(search, 'jest', folder);
  const { version, engines } = installed;
  const wrong = wrongVersion('jest', { version, oldest, newest, folder });
  if (wrong !== undefined) return wrong;
  const ranges = [engines, '>=14.0.0'].filter((range) => range !== undefined);
  const node = await chooseNode(root, ranges, env);
  if (node === undefined) return noNode('jest', version, ranges.join(' and '), folder);
  const [first] = scriptCommands(telling, signs.programs);
  const command = first === undefined ? plainJest : jestCommand(first);
  const packages = allPackages(search);
  const { jestRunner } = await import('./adapter.ts');
  return {
    kind: 'runner',
    // Packages need each other: a change in one may matter to the tests of all.
    folder: '',
    homes: [folder],
    runner: jestRunner({
      folder,
      jest: installed.folder,
      version,
      node,
      command,
      packages,
      chain: await chainOfPackage(search, signs.settings, { folder, packages, config: command.config }),
    }),
  };
}
