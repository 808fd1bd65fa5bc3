import { locateClaude } from '../claude/locate.ts';
import { claudeEnvironment } from '../config/environment.ts';
import type { Config } from '../config/types.ts';
import { ExitCode, MendwatchError } from '../errors.ts';
import { probeSandbox } from '../process/sandbox.ts';

/** @throws MendwatchError (exit code 2) */
export async function findClaude(
  config: Pick<Config, 'claudeCommand' | 'packageRoot' | 'apiKey' | 'claudeVariables'>,
  launch: Readonly<Record<string, string | undefined>>,
): Promise<{ command: string; version: string }> {
  const claude = await locateClaude({
    ...(config.claudeCommand === undefined ? {} : { configured: config.claudeCommand }),
    path: claudeEnvironment(launch, config).PATH ?? '',
    packageRoot: config.packageRoot,
  });
  if ('command' in claude) return claude;
  throw new MendwatchError(claude.problem, { remedy: claude.remedy, exitCode: ExitCode.configuration });
}

/**
 * Whether a shell can be walled in here.
 *
 * @param where what names the tools: a setting, an option
 * @throws MendwatchError (exit code 2)
 */
export async function checkWalls(env: Readonly<Record<string, string>>, where: string): Promise<void> {
  const reason = await probeSandbox(env);
  if (reason === undefined) return;
  throw new MendwatchError(`${where} holds Bash, and a shell cannot be walled in on this machine: ${reason}`, {
    remedy:
      `Take Bash out of ${where}. Else this needs Linux with util-linux (unshare, mount, setpriv) and user ` +
      'namespaces: see the sysctls user.max_user_namespaces, kernel.unprivileged_userns_clone and ' +
      'kernel.apparmor_restrict_unprivileged_userns.',
    exitCode: ExitCode.configuration,
  });
}
