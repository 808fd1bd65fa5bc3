import type { Clock } from '../clock.ts';
import {
  ExecutionRefusal,
  type ExecutionSession,
  type ExecutorControl,
  type ExecutorStatus,
} from '../domain/execution.ts';
import type { HooksStatus } from '../domain/hooks.ts';
import type { Logger } from '../log.ts';
import { Launcher, type LauncherOptions } from './launcher.ts';
import { Session } from './session.ts';

export interface ExecutorOptions extends LauncherOptions {
  readonly clock: Clock;
  readonly maxSessions: number;
  /** A session in which nothing happens for so long ends. */
  readonly sessionTimeoutMs: number;
  /** How long a session waits for a client that was lost. */
  readonly comeBackMs: number;
}

const longestSweepMs = 5_000;

/** Runs commands for many clients, one at a time for each. */
export class Executor implements ExecutorControl {
  readonly #options: ExecutorOptions;
  readonly #launcher: Launcher;
  readonly #logger: Logger;
  readonly #sessions = new Map<string, Session>();
  readonly #startedMs: number;
  readonly #sweeping: NodeJS.Timeout;
  readonly #force = new AbortController();
  #closing: Promise<void> | undefined;

  private constructor(options: ExecutorOptions, launcher: Launcher) {
    this.#options = options;
    this.#launcher = launcher;
    this.#logger = options.logger;
    this.#startedMs = options.clock.monotonic();
    const sweepMs = Math.min(options.sessionTimeoutMs, options.comeBackMs, 4 * longestSweepMs) / 4;
    this.#sweeping = setInterval(() => this.#sweep(), Math.max(sweepMs, 10)).unref();
  }

  static async open(options: ExecutorOptions): Promise<Executor> {
    return new Executor(options, await Launcher.open(options));
  }

  /** What a person should know about the list of allowed commands. */
  get warnings(): readonly string[] {
    const { launchers, problems } = this.#launcher.allowList;
    return [
      ...launchers.map((name) => `${name} runs other programs: with it on the list, everything may be run.`),
      ...problems,
    ];
  }

  open(): ExecutionSession {
    if (this.#closing !== undefined) throw new ExecutionRefusal('stopping', 'The executor is stopping');
    if (this.#sessions.size >= this.#options.maxSessions) this.#makeRoom();
    const session: Session = new Session({
      launcher: this.#launcher,
      logger: this.#logger,
      now: this.#options.clock.monotonic,
      onClosed: () => this.#sessions.delete(session.id),
    });
    this.#sessions.set(session.id, session);
    return session;
  }

  find(sessionId: string): ExecutionSession | undefined {
    return this.#sessions.get(sessionId);
  }

  status(): ExecutorStatus {
    const problem = this.#closing === undefined ? this.#launcher.problem : 'It is stopping.';
    return {
      isHealthy: problem === undefined,
      problem,
      activeSessions: this.#sessions.size,
      maxSessions: this.#options.maxSessions,
      runningExecutions: [...this.#sessions.values()].filter(({ current }) => current !== undefined).length,
      uptimeMs: this.#options.clock.monotonic() - this.#startedMs,
    };
  }

  hooks(): HooksStatus {
    return this.#launcher.hooks?.status() ?? { isEnabled: false, reason: 'there are none here', folder: '', hooks: [] };
  }

  close(reason: string, graceMs: number): Promise<void> {
    if (this.#closing === undefined) this.#closing = this.#stop(reason, graceMs);
    else this.#force.abort();
    return this.#closing;
  }

  async #stop(reason: string, graceMs: number): Promise<void> {
    clearInterval(this.#sweeping);
    const sessions = [...this.#sessions.values()];
    for (const session of sessions) session.tellStopping(reason, graceMs);
    const isOver = new AbortController();
    const grace = this.#options.clock.sleep(graceMs, AbortSignal.any([this.#force.signal, isOver.signal]));
    const settled = Promise.all(sessions.map((session) => session.settled));
    await Promise.race([settled, grace.catch(() => undefined)]);
    isOver.abort();
    await Promise.all(sessions.map((session) => session.close(reason, 'stopped')));
    await this.#launcher.save();
  }

  #sweep(): void {
    const { comeBackMs, sessionTimeoutMs } = this.#options;
    for (const session of this.#sessions.values()) {
      if (session.lostMs > comeBackMs) void session.close('its client did not come back', 'idle');
      else if (session.idleMs > sessionTimeoutMs) void session.close('nothing happened for too long', 'idle');
    }
  }

  /** The session that has waited longest for its client gives way, if nothing runs in it. */
  #makeRoom(): void {
    const waiting = [...this.#sessions.values()].filter(({ lostMs, current }) => lostMs > 0 && current === undefined);
    const [longest] = waiting.sort((a, b) => b.lostMs - a.lostMs);
    if (longest === undefined) {
      const { maxSessions } = this.#options;
      throw new ExecutionRefusal('session-limit', `Too many sessions: MAX_SESSIONS is ${maxSessions}`);
    }
    void longest.close('another client needed the place', 'idle');
  }
}
