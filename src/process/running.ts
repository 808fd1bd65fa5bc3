import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { endFamily, freeze, thaw } from './control.ts';
import { Family } from './family.ts';
import type { Started } from './launch.ts';
import { ActiveTime, Limit } from './limits.ts';
import { Output } from './output.ts';
import type { ControlReport, OutputMode, ProcessEnd, ProcessResult, ProcessSpec, RunningProcess } from './types.ts';

const GRACE_MS = 2_000;
/** For descendants that outlive a process which has ended by itself: nobody waits for their work. */
const REAP_GRACE_MS = 500;
const COLLECT: OutputMode = { kind: 'collect', limitBytes: 1024 * 1024 };
export const NOBODY: ControlReport = { reached: 0, survivors: [] };

/**
 * A process that has started.
 *
 *     running <──> paused
 *        │            │
 *        └──> ending <┘      the first reason is written down; TERM, grace, KILL for the whole family
 *               │
 *              over          the main process and its family are gone, the output has been taken
 */
export class Running implements RunningProcess {
  readonly pid: number;
  readonly marker: string;
  readonly stdin: Writable | undefined;
  readonly result: Promise<ProcessResult>;
  readonly #spec: ProcessSpec;
  readonly #family: Family;
  readonly #time = new ActiveTime();
  readonly #stdout: Output;
  readonly #stderr: Output;
  readonly #limits: readonly Limit[];
  readonly #idleLimit: Limit | undefined;
  #phase: 'running' | 'paused' | 'ending' | 'over' = 'running';
  #end: ProcessEnd | undefined;
  /** How the main process went, when it has; the end of it all, unless there was a reason before. */
  #exit: ProcessEnd | undefined;
  #ending: Promise<ControlReport> | undefined;
  #outputBytes = 0;
  #giveUp: () => void = () => {};

  constructor(spec: ProcessSpec, marker: string, { child, pid }: Started) {
    this.pid = pid;
    this.marker = marker;
    this.#spec = spec;
    this.#family = new Family(marker, pid);
    const onBytes = (count: number) => this.#countOutput(count);
    this.#stdout = new Output(child.stdout ?? undefined, spec.stdout ?? COLLECT, onBytes);
    this.#stderr = new Output(child.stderr ?? undefined, spec.stderr ?? COLLECT, onBytes);
    child.on('error', () => {});
    // Writing to a process that has ended is an error for nobody.
    child.stdin?.on('error', () => {});
    if (typeof spec.stdin === 'object') child.stdin?.end(spec.stdin.data);
    this.stdin = spec.stdin === 'open' ? (child.stdin ?? undefined) : undefined;
    const { timeoutMs, idleTimeoutMs } = spec;
    const total =
      timeoutMs === undefined ? undefined : new Limit(this.#time, timeoutMs, () => this.#onTotal(timeoutMs));
    this.#idleLimit =
      idleTimeoutMs === undefined ? undefined : new Limit(this.#time, idleTimeoutMs, () => this.#onIdle(idleTimeoutMs));
    this.#limits = [total, this.#idleLimit].filter((limit) => limit !== undefined);
    this.result = this.#conclude(child);
  }

  get stdout(): Readable | undefined {
    return this.#stdout.stream;
  }

  get stderr(): Readable | undefined {
    return this.#stderr.stream;
  }

  async pause(): Promise<ControlReport> {
    if (this.#phase !== 'running' && this.#phase !== 'paused') return NOBODY;
    this.#phase = 'paused';
    this.#time.pause();
    for (const limit of this.#limits) limit.disarm();
    return { ...NOBODY, reached: await freeze(this.#family, () => this.#phase === 'paused') };
  }

  async resume(): Promise<ControlReport> {
    if (this.#phase !== 'paused') return NOBODY;
    this.#phase = 'running';
    this.#time.resume();
    for (const limit of this.#limits) limit.arm();
    return { ...NOBODY, reached: await thaw(this.#family, () => this.#phase === 'running') };
  }

  async cancel(reason: string): Promise<ControlReport> {
    if (this.#phase === 'over') return NOBODY;
    return this.#halt({ kind: 'cancelled', reason });
  }

  /** Ends the family for this reason, or joins an ending that is under way and keeps its own reason. */
  #halt(end: ProcessEnd): Promise<ControlReport> {
    this.#end ??= this.#exit ?? end;
    this.#stdout.release();
    this.#stderr.release();
    return this.#endFamily(this.#spec.graceMs ?? GRACE_MS);
  }

  #endFamily(graceMs: number): Promise<ControlReport> {
    if (this.#ending) return this.#ending;
    this.#phase = 'ending';
    this.#time.resume();
    for (const limit of this.#limits) limit.disarm();
    this.#ending = endFamily(this.#family, graceMs).then((report) => {
      if (report.survivors.includes(this.pid)) this.#giveUp();
      return report;
    });
    return this.#ending;
  }

  async #conclude(child: ChildProcess): Promise<ProcessResult> {
    const { signal } = this.#spec;
    const onAbort = () => void this.#halt({ kind: 'cancelled', reason: reasonOf(signal) });
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#exit = await new Promise<ProcessEnd>((resolve) => {
      child.once('exit', (code, name) =>
        resolve(name ? { kind: 'signalled', signal: name } : { kind: 'exited', code: code ?? 0 }),
      );
      this.#giveUp = () => resolve({ kind: 'signalled', signal: 'SIGKILL' });
    });
    this.#time.stop();
    const wasHalted = this.#ending !== undefined;
    const { reached, survivors } = await this.#endFamily(Math.min(REAP_GRACE_MS, this.#spec.graceMs ?? GRACE_MS));
    await Promise.all([this.#stdout.settle(), this.#stderr.settle()]);
    this.#phase = 'over';
    signal?.removeEventListener('abort', onAbort);
    const [out, err] = [this.#stdout.read(), this.#stderr.read()];
    return {
      end: this.#end ?? this.#exit,
      stdout: out.text,
      stderr: err.text,
      droppedBytes: out.droppedBytes + err.droppedBytes,
      durationMs: this.#time.durationMs,
      activeMs: this.#time.activeMs,
      reaped: wasHalted ? 0 : reached,
      survivors,
    };
  }

  #countOutput(count: number): void {
    this.#outputBytes += count;
    this.#idleLimit?.restart();
    const { outputLimitBytes } = this.#spec;
    if (outputLimitBytes === undefined || this.#outputBytes <= outputLimitBytes || this.#end) return;
    // Also when the rest is read after the exit: what was written came before it.
    this.#end = { kind: 'output-limit', limitBytes: outputLimitBytes };
    void this.#halt(this.#end);
  }

  #onTotal(afterMs: number): void {
    void this.#halt({ kind: 'timed-out', limit: 'total', afterMs });
  }

  #onIdle(afterMs: number): void {
    if (!this.#stdout.isHeldBack && !this.#stderr.isHeldBack) {
      void this.#halt({ kind: 'timed-out', limit: 'idle', afterMs });
      return;
    }
    // Not the process is idle, but its reader.
    this.#idleLimit?.restart();
    this.#idleLimit?.arm();
  }
}

/** The reason of an abort in words. */
export function reasonOf(signal: AbortSignal | undefined): string {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason.message : String(reason);
}
