import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findInTrees } from '../javascript/apart.ts';
import { noNode, notInstalled, type Signs, tellingPackages, wrongVersion } from '../javascript/evidence.ts';
import { chooseNode, findPackage } from '../javascript/installed.ts';
import { allPackages, type Package } from '../javascript/packages.ts';
import { scriptCommands } from '../javascript/scripts.ts';
import { chainOfPackage } from '../settings-chain.ts';
import type { Family, Finding, Search } from '../types.ts';
import { mochaCommand, plainMocha } from './command.ts';

const oldest = 8;
const newest = 12;
const signs: Signs = { name: 'mocha', programs: ['mocha', 'ts-mocha'], settings: /^\.mocharc(?:\.\w+)?$/ };

/** Mocha in the root, where it tells of it, else in each package. */
export const mocha: Family = {
  name: 'mocha',
  find: (search) => findInTrees(search, find),
};

async function find(search: Search): Promise<readonly Finding[]> {
  return Promise.all((await tellingPackages(search, signs)).map((each) => finding(search, each)));
}

async function finding(search: Search, telling: Package): Promise<Finding> {
  const { root, env } = search;
  const { folder } = telling;
  const installed = await findPackage('mocha', join(root, folder));
  if (installed === undefined) return notInstalled(search, 'mocha', folder);
  const { version, engines } = installed;
  const wrong = wrongVersion('mocha', { version, oldest, newest, folder });
  if (wrong !== undefined) return wrong;
  const ranges = [engines, '>=14.0.0'].filter((range) => range !== undefined);
  const node = await chooseNode(root, ranges, env);
  if (node === undefined) return noNode('mocha', version, ranges.join(' and '), folder);
  const [first] = scriptCommands(telling, signs.programs);
  const names = ['mocha.js', 'mocha'].map((name) => join(installed.folder, 'bin', name));
  const command = first === undefined ? plainMocha : mochaCommand(first);
  const packages = allPackages(search);
  const { mochaRunner } = await import('./adapter.ts');
  return {
    kind: 'runner',
    // Packages need each other: a change in one may matter to the tests of all.
    folder: '',
    homes: [folder],
    runner: mochaRunner({
      folder,
      mocha: installed.folder,
      executable: names.find((name) => existsSync(name)) ?? join(installed.folder, 'bin', 'mocha'),
      version,
      node,
      command,
      packages,
      chain: await chainOfPackage(search, signs.settings, { folder, packages }),
    }),
  };
}
