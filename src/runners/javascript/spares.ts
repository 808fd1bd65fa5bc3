import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ActiveTime, Limit } from '../../process/limits.ts';
import { start } from '../../process/process.ts';
import type { ProcessEnd, ProcessResult, ProcessSpec, RunningProcess } from '../../process/types.ts';

/** A spare that nobody needed for this long is ended: it holds memory. */
const IDLE_MS = 5 * 60_000;
const MAX_SPARES = 6;
/** After so many that did not last there are no more of their kind for a while. */
const MAX_FAILURES = 3;
const REST_MS = 10 * 60_000;
/** What package managers write at the end of an installation. */
const INSTALLATION_MARKS = ['.package-lock.json', '.modules.yaml', '.yarn-state.yml'];

/** Its arguments start something that loads what it can and waits for one line on its input, an errand. */
export type SpareSpec = Omit<ProcessSpec, 'stdin' | 'signal' | 'timeoutMs'> & {
  /** Absolute path of the program of the test runner. */
  readonly executable: string;
};

/** What a spare is told when its time has come. */
export interface Errand {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

interface Spare {
  readonly child: RunningProcess;
  readonly folder: string;
  readonly key: string;
  readonly stamp: string;
  readonly idle: NodeJS.Timeout;
  isOver: boolean;
}

/**
 * Processes that have loaded what runs need in any case, some for each folder, each used once. What a run saves by one is
 * the time in which that is loaded.
 */
export class Spares {
  readonly #spares = new Set<Spare>();
  /** How many of a kind have ended by themselves while they waited. */
  readonly #failures = new Map<string, { readonly count: number; readonly atMs: number }>();
  #isClosed = false;

  /** Starts what `count` fitting ones for a folder still need. Never throws: without a spare a run only takes longer. */
  prepare(spec: SpareSpec, count = 1): void {
    // With these, Node runs code of the project before anything else.
    if (this.#isClosed || spec.env.NODE_OPTIONS) return;
    const key = keyOf(spec);
    const stamp = stampOf(spec.executable);
    if (this.#isResting(`${key} ${stamp}`)) return;
    const waiting = this.#fitting(spec.cwd, key, stamp).length;
    const missing = Math.min(count - waiting, MAX_SPARES - this.#spares.size);
    for (let number = 0; number < missing; number++) this.#start(spec, key, stamp);
  }

  #start(spec: SpareSpec, key: string, stamp: string): void {
    const { executable: _, ...process } = spec;
    const child = start({ ...process, stdin: 'open' });
    const idle = setTimeout(() => void this.#discard(spare), IDLE_MS);
    idle.unref();
    const spare: Spare = { child, folder: spec.cwd, key, stamp, idle, isOver: child.pid === undefined };
    void child.result.then(() => {
      spare.isOver = true;
      if (this.#spares.has(spare)) this.#fail(`${key} ${stamp}`);
    });
    this.#spares.add(spare);
  }

  /** Sends the folder's spare on its errand; undefined when there is none that fits. */
  send(spec: SpareSpec, errand: Errand): Promise<ProcessResult> | undefined {
    const [spare] = this.#fitting(spec.cwd, keyOf(spec), stampOf(spec.executable));
    if (spare === undefined) return undefined;
    this.#spares.delete(spare);
    clearTimeout(spare.idle);
    return runErrand(spare.child, spec.cwd, errand);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#spares].map((spare) => this.#discard(spare)));
  }

  /** Those of a folder that can be used, the oldest first; the others are ended. */
  #fitting(folder: string, key: string, stamp: string): Spare[] {
    const here = [...this.#spares].filter((spare) => spare.folder === folder);
    for (const spare of here) if (!isFit(spare, key, stamp)) void this.#discard(spare);
    return here.filter((spare) => this.#spares.has(spare));
  }

  #fail(kind: string): void {
    const { count } = this.#failures.get(kind) ?? { count: 0 };
    this.#failures.set(kind, { count: count + 1, atMs: performance.now() });
  }

  #isResting(kind: string): boolean {
    const { count, atMs } = this.#failures.get(kind) ?? { count: 0, atMs: 0 };
    if (performance.now() - atMs > REST_MS) this.#failures.delete(kind);
    return count >= MAX_FAILURES && performance.now() - atMs <= REST_MS;
  }

  async #discard(spare: Spare): Promise<void> {
    if (!this.#spares.delete(spare)) return;
    clearTimeout(spare.idle);
    await spare.child.cancel('not needed');
    await spare.child.result;
  }
}

function isFit(spare: Spare, key: string, stamp: string): boolean {
  return !spare.isOver && spare.key === key && spare.stamp === stamp;
}

export function keyOf({ command, args, env }: SpareSpec): string {
  return JSON.stringify([command, args, Object.entries(env).sort()]);
}

/** Changes when packages are installed: a process must not load one half of a runner before and the other half after. */
export function stampOf(executable: string): string {
  const top = /^.*?\/node_modules(?=\/)/.exec(executable)?.[0] ?? dirname(executable);
  const files = [executable, join(dirname(executable), 'package.json'), viteOf(executable)];
  const marks = INSTALLATION_MARKS.map((name) => join(top, name));
  return [...files, ...marks]
    .map((file) => {
      const stats = statSync(file, { throwIfNoEntry: false, bigint: true });
      return stats === undefined ? '-' : `${stats.ino}:${stats.size}:${stats.mtimeNs}`;
    })
    .join(' ');
}

function viteOf(executable: string): string {
  try {
    return createRequire(executable).resolve('vite/package.json');
  } catch {
    return executable;
  }
}

/** The limits begin with the errand, not with the start of the process. */
async function runErrand(child: RunningProcess, root: string, errand: Errand): Promise<ProcessResult> {
  const { args, env, timeoutMs, signal } = errand;
  const time = new ActiveTime();
  let isLate = false;
  const onAbort = (): void => void child.cancel(String(signal.reason));
  const limit = new Limit(time, timeoutMs, () => {
    isLate = true;
    void child.cancel('too long');
  });
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  child.stdin?.end(`${JSON.stringify({ root, args, env })}\n`);
  const result = await child.result;
  limit.disarm();
  signal.removeEventListener('abort', onAbort);
  const { durationMs, activeMs } = time;
  const end: ProcessEnd =
    isLate && result.end.kind === 'cancelled' ? { kind: 'timed-out', limit: 'total', afterMs: timeoutMs } : result.end;
  return { ...result, end, durationMs, activeMs };
}
