import { commandEnvironment } from '../config/environment.ts';
import type { Config } from '../config/types.ts';
import { Hooks, hookMarker } from '../hooks/hooks.ts';
import { outsideOf } from './trusted-path.ts';

/** The person's own programs, found and checked. */
export function openHooks(
  { hooks, projectRoot, packageRoot }: Pick<Config, 'hooks' | 'projectRoot' | 'packageRoot'>,
  launch: Readonly<Record<string, string | undefined>>,
  { scrub, marker }: { readonly scrub: (text: string) => string; readonly marker: string },
): Hooks {
  const env = commandEnvironment(launch, { projectRoot, packageRoot });
  const isInHook = launch.MENDWATCH_MARKER?.split(':').includes(hookMarker) ?? false;
  return new Hooks({
    ...hooks,
    ...(isInHook ? { whyOff: 'this was started by a hook', untrusted: undefined } : {}),
    cwd: hooks.folder,
    env: { ...env, PATH: outsideOf(projectRoot, env.PATH ?? ''), MENDWATCH_MARKER: marker },
    scrub,
  });
}
