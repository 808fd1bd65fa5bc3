import { dirname, join } from 'node:path';
import { isInside, type Places, realOrSame } from './places.ts';
import type { SettingValues } from './settings.ts';
import type { HooksConfig } from './types.ts';

/** Where the person's own programs are: in a clone in `automation/hooks`, else beside the state file. */
export function hooksConfig(
  values: SettingValues,
  { projectRoot, stateFile }: Places,
  installed: boolean,
  packageRoot: string,
): HooksConfig {
  const folder = installed ? join(dirname(stateFile), 'hooks') : join(packageRoot, 'automation', 'hooks');
  const timeoutMs = values.HOOK_TIMEOUT_SECONDS;
  if (!values.HOOKS_ENABLED) return { folder, whyOff: 'HOOKS_ENABLED is false', timeoutMs };
  const untrusted = whyUntrusted(folder, projectRoot);
  return { folder, whyOff: untrusted, untrusted, timeoutMs };
}

/** Whoever can write to the project (a pulled branch, a model) must not get programs started by that. */
function whyUntrusted(folder: string, projectRoot: string | undefined): string | undefined {
  if (projectRoot === undefined || !isInside(realOrSame(folder), projectRoot)) return undefined;
  return `${folder} lies in the project itself, which is not trusted`;
}
