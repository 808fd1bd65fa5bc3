import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Walls } from '../process/sandbox.ts';
import type { ClaudeSpec } from './types.ts';

/**
 * The walls around a CLI with a shell: it may write to its folder alone. What it keeps in its own folder is thrown away,
 * since hooks written there would run in the person's next session; only the login is the real one, because the CLI
 * renews it and the old one is void then.
 */
export function wallsOf({ cwd, env, walls }: ClaudeSpec): Walls {
  const home = env.HOME ?? '/';
  const own = env.CLAUDE_CONFIG_DIR ?? join(home, '.claude');
  const login = join(own, '.credentials.json');
  return {
    hidden: walls?.hidden ?? [],
    scratch: [own],
    shown: walls?.shown ?? [],
    writable: [cwd, ...(existsSync(login) ? [login] : [])],
  };
}
