import { compile } from '../javascript/path-rules.ts';
import { loadsTypes, type NodeCommand } from './command.ts';

type Matches = (path: string) => boolean;

/** Which files of a package (paths relative to it) are its tests. */
export function testFiles(command: NodeCommand, version: string): Matches {
  const byDefault = defaultTests(readsTypes(command, version));
  if (command.patterns.length === 0) return byDefault;
  const each = command.patterns.map((pattern): Matches => {
    if (/[*?{[]/.test(pattern)) return compile([pattern]);
    if (pattern === '.') return byDefault;
    return (path) => path === pattern || (path.startsWith(`${pattern}/`) && byDefault(path));
  });
  return (path) => !isInstalled(path) && each.some((matches) => matches(path));
}

const isInstalled: Matches = (path) => `/${path}`.includes('/node_modules/');

/** As Node 20 and later look for test files. */
export function defaultTests(withTypes: boolean): Matches {
  const ending = withTypes ? '?(c|m)[jt]s' : '?(c|m)js';
  const matches = compile([`**/{*.test,*-test,*_test,test-*,test}.${ending}`, `**/test/**/*.${ending}`]);
  return (path) => !isInstalled(path) && !/\.d\.[cm]?ts$/.test(path) && matches(path);
}

function readsTypes(command: NodeCommand, version: string): boolean {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return loadsTypes(command) || major >= 24 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);
}
