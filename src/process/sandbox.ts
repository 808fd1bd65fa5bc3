import { realpathSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { run } from './process.ts';
import type { ProcessSpec } from './types.ts';
import { WALLS_SCRIPT } from './walls-script.ts';

/**
 * What a walled process sees in another way than the person: everything else is as it is, and read-only. Where two
 * speak of the same place, the later in this list holds.
 */
export interface Walls {
  /** Files and folders that look empty, where they exist. */
  readonly hidden: readonly string[];
  /** Folders that are empty, writable, and gone with the process, beside `/tmp`, `/var/tmp` and `/dev/shm`. */
  readonly scratch: readonly string[];
  /** What lies in a hidden or scratch folder and is to be seen there, read-only. */
  readonly shown: readonly string[];
  /** Files and folders that may be written. They must exist. */
  readonly writable: readonly string[];
}

type Verb = 'hide' | 'scratch' | 'show' | 'write' | 'devices';

const NAMESPACES = ['--user', '--map-root-user', '--mount', '--ipc', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** Sockets in /run start programs outside (D-Bus, Docker); these entries are for names, addresses and NixOS. */
const SHOWN_IN_RUN = ['systemd/resolve', 'resolvconf', 'NetworkManager', 'nscd', 'current-system', 'opengl-driver'];
/** Root may write there without any capability, and some of it starts programs outside. */
const SEALED_IN_PROC = ['sys', 'sysrq-trigger', 'irq', 'bus', 'fs', 'acpi', 'scsi', 'mtrr', 'driver', 'tty'];

const PROBE_TIMEOUT_MS = 15_000;

/**
 * The same process between walls: namespaces of Linux (namespaces(7)) in which no file outside of the writable places
 * can be changed, no other process be seen and no privilege be gained. The network and what listens there are not
 * walled. Its descendants are found and ended from outside as ever, and none outlives it.
 */
export function sandboxed(spec: ProcessSpec, walls: Walls): ProcessSpec {
  const { getuid = () => 0, getgid = () => 0 } = process;
  // Without links, which may lie in what is hidden; its own folder is shown.
  const command = isAbsolute(spec.command) ? real(spec.command) : spec.command;
  const setUp = operations(walls, command).flat();
  const ids = [String(getuid()), String(getgid())];
  return {
    ...spec,
    command: 'unshare',
    args: [
      ...NAMESPACES,
      ...['sh', '-c', WALLS_SCRIPT, 'mendwatch-walls', ...ids, real(spec.cwd)],
      ...setUp,
      ...['--', command, ...spec.args],
    ],
    env: { ...spec.env, TMPDIR: '/tmp' },
  };
}

/** Why there can be no walls on this machine, or undefined where they stand. Leaves nothing behind. */
export async function probeSandbox(env: Readonly<Record<string, string>>): Promise<string | undefined> {
  if (process.platform !== 'linux') return `it needs Linux, and this is ${process.platform}`;
  const place = env.HOME ?? '/';
  const { end, stdout, stderr } = await run({
    ...sandboxed(
      {
        command: 'sh',
        args: ['-c', '[ -w /tmp ] && [ ! -w "$1" ] && echo walled', 'probe', place],
        cwd: '/',
        env,
      },
      { hidden: [], scratch: [], shown: [], writable: [] },
    ),
    timeoutMs: PROBE_TIMEOUT_MS,
  });
  if (end.kind === 'exited' && end.code === 0 && stdout === 'walled\n') return undefined;
  if (end.kind === 'could-not-start') return end.message;
  if (end.kind === 'timed-out') return `the trial did not end within ${end.afterMs} ms`;
  return stderr.trim().split('\n')[0] || `${place} stayed writable`;
}

function operations(walls: Walls, command: string): (readonly [Verb, string])[] {
  const each = (verb: Verb, paths: readonly string[]) => paths.map((path) => [verb, real(path)] as const);
  const below = (folder: string, names: readonly string[]) => names.map((name) => join(folder, name));
  const program = isAbsolute(command) ? [dirname(command)] : [];
  return [
    ...each('hide', ['/run', ...walls.hidden]),
    ['devices', '-'],
    ...each('scratch', ['/tmp', '/var/tmp', ...walls.scratch]),
    ...each('show', [...below('/run', SHOWN_IN_RUN), ...below('/proc', SEALED_IN_PROC), ...program, ...walls.shown]),
    ...each('write', walls.writable),
  ];
}

/** Without links, so that it is the path of the mount. What does not exist yet stays as it is. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
