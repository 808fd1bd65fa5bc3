import { homeFolder } from '../../config/sources.ts';
import { run } from '../../process/process.ts';

/** What of this machine keeps services. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly launch: Readonly<Record<string, string>>;
  readonly uid: number;
  readonly signal: AbortSignal;
}

export type Answer =
  | { readonly kind: 'missing' }
  | { readonly kind: 'done'; readonly stdout: string }
  | { readonly kind: 'failed'; readonly said: string; readonly stdout: string };

const askMs = 30_000;

/** Runs one of the system's own commands. */
export async function ask(
  { launch, signal }: Machine,
  command: string,
  args: readonly string[],
  timeoutMs = askMs,
): Promise<Answer> {
  const env = { ...launch, LC_ALL: 'C', SYSTEMD_COLORS: '0', SYSTEMD_PAGER: '' };
  const { end, stdout, stderr } = await run({ command, args, cwd: '/', env, timeoutMs, signal });
  if (end.kind === 'could-not-start') return { kind: 'missing' };
  if (end.kind === 'exited' && end.code === 0) return { kind: 'done', stdout: `${stdout}${stderr}`.trim() };
  const how = end.kind === 'timed-out' ? `no answer within ${timeoutMs / 1_000} s` : `it ended with ${end.kind}`;
  return { kind: 'failed', said: (stderr || stdout).trim() || how, stdout: stdout.trim() };
}

/** Where programs of this user keep their settings. */
export function settingsFolder({ launch }: Machine): string {
  const { XDG_CONFIG_HOME: xdg = '' } = launch;
  return xdg.startsWith('/') ? xdg : `${homeFolder(launch)}/.config`;
}
