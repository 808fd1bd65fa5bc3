import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { filesInTree, findInTrees } from '../javascript/apart.ts';
import { chooseNode, nodeVersion } from '../javascript/installed.ts';
import { allPackages, declares } from '../javascript/packages.ts';
import { scriptCommands } from '../javascript/scripts.ts';
import type { Family, Finding, Search } from '../types.ts';
import { type NodeCommand, neededNode, nodeCommand } from './command.ts';
import { defaultTests, testFiles } from './test-files.ts';

const otherRunners = ['vitest', 'jest', 'mocha', 'ava', 'tap', 'jasmine', 'uvu'];
const mostLookedAt = 50;
const byDefault: NodeCommand = { env: {}, options: [], patterns: [], support: [] };

/** Tests of `node --test` in a script of the root, else of each package; else files that import `node:test`. */
export const nodeTest: Family = { name: 'node-test', find: (search) => findInTrees(search, find) };

async function find(search: Search): Promise<readonly Finding[]> {
  const { root, inside } = search.packages;
  const told = [root, ...inside].flatMap((each) => {
    const [first] = scriptCommands(each, ['node', 'tsx']).filter(({ args }) => args.includes('--test'));
    return first === undefined ? [] : [{ folder: each.folder, command: nodeCommand(first) }];
  });
  const inRoot = told.filter(({ folder }) => folder === root.folder);
  const found = inRoot.length > 0 ? inRoot : told;
  if (found.length > 0) return Promise.all(found.map((each) => finding(search, each)));
  if (await importsNodeTest(search)) return [await finding(search, { folder: root.folder, command: byDefault })];
  if (!search.isAsked) return [];
  return [
    {
      kind: 'unusable',
      folder: '',
      reason: 'No tests of node:test were found.',
      remedy: 'Say in package.json where they are: "scripts": { "test": "node --test \'test/**/*.js\'" }',
    },
  ];
}

/** Without a script: test files by their names, and nothing else that would run them. */
async function importsNodeTest(search: Search): Promise<boolean> {
  const { root, packages, isAsked } = search;
  const all = [packages.root, ...packages.inside];
  if (!isAsked && otherRunners.some((name) => all.some((each) => declares(each, name)))) return false;
  const tests = filesInTree(search).filter(defaultTests(true)).slice(0, mostLookedAt);
  const texts = await Promise.all(tests.map((path) => readFile(join(root, path), 'utf8').catch(() => '')));
  return texts.some((text) => /['"]node:test['"]/.test(text));
}

async function finding(
  search: Search,
  { folder, command }: { readonly folder: string; readonly command: NodeCommand },
): Promise<Finding> {
  const { root, env, files } = search;
  const needed = neededNode(command);
  const node = await chooseNode(root, [needed], env);
  const version = node === undefined ? undefined : await nodeVersion(node, root, env);
  if (node === undefined || version === undefined) {
    return {
      kind: 'unusable',
      folder,
      reason: `The tests need Node ${needed}, which neither the node on the PATH nor ${process.version} is.`,
      remedy: 'Put a fitting node on the PATH.',
    };
  }
  const matches = testFiles(command, version);
  const inner =
    folder === ''
      ? files
      : files.flatMap((path) => (path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : []));
  if (!inner.some(matches)) {
    const where = command.patterns.length === 0 ? 'node --test' : `node --test ${command.patterns.join(' ')}`;
    return {
      kind: 'unusable',
      folder,
      reason: `The script runs ${where}, but no such file is part of the project: what is built is not looked at.`,
      remedy: 'Let node run the tests as they are written (for example by --import tsx), or set TEST_COMMAND.',
    };
  }
  // Packages need each other: a change in one may matter to the tests of all, so that none is kept to its folder.
  const { nodeTestRunner } = await import('./adapter.ts');
  return {
    kind: 'runner',
    folder: '',
    homes: [folder],
    runner: nodeTestRunner({ folder, node, version, command, packages: allPackages(search) }),
  };
}
