import type { AgentEvents } from '../events.ts';
import { run } from '../process/process.ts';

/** Who has started the agent as a service, and wants to know how it stands. */
export interface Supervisor {
  watching(): Promise<void>;
  /** To be told only while everything turns that should: without it the agent is ended and started anew. */
  alive(): Promise<void>;
  stopping(): Promise<void>;
}

const tellMs = 10_000;

/**
 * systemd, where it has asked to be told (sd_notify(3)); else nobody. Node has no datagram sockets of that kind, so
 * systemd's own tool speaks for the agent; it ends when it has been heard.
 */
export function openSupervisor(launch: Readonly<Record<string, string | undefined>>, events: AgentEvents): Supervisor {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, PATH = '/usr/bin:/bin' } = launch;
  let isFaultTold = false;
  const tell = async (...words: readonly string[]): Promise<void> => {
    if (NOTIFY_SOCKET === undefined) return;
    const { end, stderr } = await run({
      command: 'systemd-notify',
      args: words,
      cwd: '/',
      env: { PATH, NOTIFY_SOCKET },
      timeoutMs: tellMs,
    });
    if ((end.kind === 'exited' && end.code === 0) || isFaultTold) return;
    isFaultTold = true;
    const why = end.kind === 'could-not-start' ? end.message : stderr.trim() || end.kind;
    events.emit({ type: 'fault', where: 'telling systemd', message: `systemd-notify failed: ${why}` });
  };
  return {
    watching: () => tell('READY=1', 'STATUS=watching'),
    alive: async () => {
      if (WATCHDOG_USEC !== undefined) await tell('WATCHDOG=1');
    },
    stopping: () => tell('STOPPING=1', 'STATUS=stopping'),
  };
}
