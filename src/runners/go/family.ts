import { run } from '../../process/process.ts';
import type { Family, Finding, Search } from '../types.ts';
import { goModules } from './modules.ts';

const oldest = [1, 19] as const;
const askTimeoutMs = 20_000;

/** One runner for all modules: they import each other. */
export const go: Family = { name: 'go', find };

async function find({ root, env, files, isAsked }: Search): Promise<readonly Finding[]> {
  const modules = await goModules(root, files);
  if (!isAsked && (modules.length === 0 || !files.some((file) => file.endsWith('_test.go')))) return [];
  if (modules.length === 0) {
    return unusable('go is asked for, but there is no go.mod.', 'Run: go mod init <the name of the module>');
  }
  const version = await askVersion(root, env);
  if (version === undefined) {
    return unusable(
      'The project has tests in Go, and there is no go on the PATH.',
      `Install Go ${oldest.join('.')} or later, or start the agent where go is on the PATH.`,
    );
  }
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
    return unusable(`go ${version} is installed; expected version ${oldest.join('.')} or later.`, 'Update Go.');
  }
  const { goRunner } = await import('./adapter.ts');
  const homes = modules.map(({ folder }) => folder);
  const only = (some: readonly string[]) =>
    goRunner(
      root,
      version,
      modules.filter(({ folder }) => some.includes(folder)),
    );
  return [{ kind: 'runner', folder: '', runner: goRunner(root, version, modules), homes, only }];
}

/** Its own version: to answer for the module it might load another one first. */
async function askVersion(root: string, env: Readonly<Record<string, string>>): Promise<string | undefined> {
  const { end, stdout } = await run({
    command: 'go',
    args: ['version'],
    cwd: root,
    env: { ...env, GOTOOLCHAIN: 'local' },
    timeoutMs: askTimeoutMs,
  });
  if (end.kind !== 'exited' || end.code !== 0) return undefined;
  return /\bgo(\d+\.\d+(?:\.\d+)?)/.exec(stdout)?.[1];
}

function unusable(reason: string, remedy: string): readonly Finding[] {
  return [{ kind: 'unusable', folder: '', reason, remedy }];
}
