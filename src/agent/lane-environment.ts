import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { READ_ONLY, readOnlyList } from '../process/read-only.ts';

type Variables = Readonly<Record<string, string>>;

/** By these tools are told where to keep what they make. */
const keeping = [
  'CARGO_TARGET_DIR',
  'COVERAGE_FILE',
  'GOCACHE',
  'GRADLE_USER_HOME',
  'MYPY_CACHE_DIR',
  'PYTHONPYCACHEPREFIX',
  'RUFF_CACHE_DIR',
  'XDG_CACHE_HOME',
] as const;
/** They must exist; without them there is the system's own. */
const passing = ['GOTMPDIR', 'TEMP', 'TMP', 'TMPDIR'] as const;

/** What is known of a lane beside its root. */
export interface LaneSurroundings {
  /** The person's own tree, real path. */
  readonly projectRoot: string;
  readonly lane: { readonly root: string; readonly linkedFrom: readonly string[] };
  /** Whether this machine can make folders read-only for a process. */
  readonly canGuard: boolean;
  /** Folders that Python takes modules from, relative to the root: those of the lane come first. */
  readonly modules: readonly string[];
}

/** The environment of commands in a lane: what they would keep in the person's tree they keep in the lane. */
export function laneEnvironment(env: Variables, around: LaneSurroundings): Record<string, string> {
  const { projectRoot, lane, canGuard, modules } = around;
  const made: Record<string, string> = { ...env, PYTHONDONTWRITEBYTECODE: '1' };
  const within = (path: string | undefined): path is string =>
    path !== undefined && (path === projectRoot || path.startsWith(`${projectRoot}/`));
  for (const name of keeping) {
    const path = env[name];
    if (within(path)) made[name] = join(lane.root, path.slice(projectRoot.length));
  }
  for (const name of passing) if (within(env[name])) delete made[name];
  if (modules.length > 0) {
    const own = modules.map((path) => join(lane.root, path));
    made.PYTHONPATH = [...own, ...(env.PYTHONPATH ? [env.PYTHONPATH] : [])].join(delimiter);
  }
  if (canGuard) {
    const beside = [...lane.linkedFrom, ...(env.VIRTUAL_ENV ? [env.VIRTUAL_ENV] : [])];
    const others = beside.filter((path) => !within(path) && existsSync(path));
    made[READ_ONLY] = readOnlyList([projectRoot, ...new Set(others)]);
  }
  return made;
}
