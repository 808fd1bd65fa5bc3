import { randomUUID } from 'node:crypto';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ActiveTime, Limit } from '../../process/limits.ts';
import { start } from '../../process/process.ts';
import type { ProcessResult, RunningProcess } from '../../process/types.ts';
import { keyOf, type SpareSpec, stampOf } from '../javascript/spares.ts';

const WARM = fileURLToPath(new URL('./warm.mjs', import.meta.url));
const REPORTER = fileURLToPath(new URL('./reporter.mjs', import.meta.url));
/** One that nobody needed for this long is ended: it holds memory. */
const IDLE_MS = 5 * 60_000;
const RUNS_LIMIT = 50;
const MEMORY_LIMIT_BYTES = Math.min(768 * 1024 * 1024, totalmem() / 16);
const OPENING_LIMIT_MS = 60_000;
/** A run that takes longer is done from the beginning: nothing can be gained any more. */
const LONGEST_RUN_MS = 2 * 60_000;
/** So many in a row that came to nothing, and for a while there is none. */
const FAILURES_LIMIT = 3;
const REST_MS = 10 * 60_000;
const KEPT_CHARACTERS = 64 * 1024;

const answer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('done'), code: z.number(), rssBytes: z.number(), isDoubtful: z.boolean() }),
  z.object({ kind: z.enum(['unfit', 'stale', 'odd']), why: z.string() }),
]);
type Answer = z.infer<typeof answer>;

/** What one run of a kept vitest is told. */
export interface WarmErrand {
  /** Absolute paths. */
  readonly files: readonly string[];
  readonly report: string;
  readonly secret: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

interface Kept {
  readonly child: RunningProcess;
  readonly key: string;
  readonly stamp: string;
  readonly ears: readonly [Ear, Ear];
  readonly opened: Promise<Answer | undefined>;
  idle: NodeJS.Timeout | undefined;
  isBusy: boolean;
  runs: number;
}

interface History {
  failures: number;
  restsUntilMs: number;
}

/** Vitests that are kept from one run to the next, one for each folder. None of them is believed when it says anything odd. */
export class WarmVitests {
  readonly #kept = new Map<string, Kept>();
  readonly #histories = new Map<string, History>();
  #isClosed = false;

  /** Starts one for the folder; the one that is there is told that it will be asked. `args` are those of a run of related tests, without files. */
  prepare(spec: SpareSpec, args: readonly string[]): void {
    const history = this.#historyOf(spec.cwd);
    const there = this.#fitting(spec);
    if (there?.isBusy === false) there.child.stdin?.write('{"kind":"expect"}\n');
    if (this.#isClosed || spec.env.NODE_OPTIONS || there !== undefined) return;
    if (performance.now() < history.restsUntilMs) return;
    const { executable, stdout: _out, stderr: _err, ...process } = spec;
    const library = join(dirname(executable), 'dist', 'node.js');
    const child = start({
      ...process,
      args: [WARM, library, REPORTER],
      stdin: 'open',
      stdout: { kind: 'stream' },
      stderr: { kind: 'stream' },
    });
    const ears = [new Ear(child.stdout), new Ear(child.stderr)] as const;
    const key = keyOf(spec);
    const stamp = stampOf(executable);
    const opened = ask({ child, ears }, { kind: 'open', args }, OPENING_LIMIT_MS);
    const kept: Kept = { child, key, stamp, ears, opened, idle: undefined, isBusy: false, runs: 0 };
    this.#kept.set(spec.cwd, kept);
    this.#waitIdle(spec.cwd, kept);
    void child.result.then(() => this.#forget(spec.cwd, kept));
    void opened.then((said) => {
      if (said?.kind !== 'ready') void this.#fail(spec.cwd, kept, said?.kind === 'unfit');
    });
  }

  /** Undefined when there is no fitting one, or it did not do it: then nothing is known. */
  async run(spec: SpareSpec, errand: WarmErrand): Promise<ProcessResult | undefined> {
    const kept = this.#fitting(spec);
    if (kept === undefined || kept.isBusy) return undefined;
    kept.isBusy = true;
    clearTimeout(kept.idle);
    const { files, report, secret, timeoutMs, signal } = errand;
    const onAbort = (): void => void this.#discard(spec.cwd, kept);
    signal.addEventListener('abort', onAbort, { once: true });
    const time = new ActiveTime();
    const limitMs = Math.min(timeoutMs / 2, LONGEST_RUN_MS);
    const isReady = (await kept.opened)?.kind === 'ready' && !signal.aborted;
    const said = isReady ? await ask(kept, { kind: 'run', files, report, secret }, limitMs) : undefined;
    signal.removeEventListener('abort', onAbort);
    kept.isBusy = false;
    if (said?.kind !== 'done') {
      await (signal.aborted ? this.#discard(spec.cwd, kept) : this.#fail(spec.cwd, kept, false));
      return undefined;
    }
    this.#historyOf(spec.cwd).failures = 0;
    const [stdout, stderr] = kept.ears.map((ear) => ear.take());
    const { durationMs, activeMs } = time;
    kept.runs++;
    const isSpent = said.isDoubtful || said.rssBytes > MEMORY_LIMIT_BYTES || kept.runs >= RUNS_LIMIT;
    if (isSpent) await this.#discard(spec.cwd, kept);
    else this.#waitIdle(spec.cwd, kept);
    const end = { kind: 'exited', code: said.code } as const;
    return {
      end,
      stdout: stdout ?? '',
      stderr: stderr ?? '',
      droppedBytes: 0,
      durationMs,
      activeMs,
      reaped: 0,
      survivors: [],
    };
  }

  /** What it said cannot be used: it is ended, and where that would be so again, there is none for a while. */
  async distrust(folder: string, isForLong = false): Promise<void> {
    const kept = this.#kept.get(folder);
    if (kept !== undefined) await this.#fail(folder, kept, isForLong);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#kept].map(([folder, kept]) => this.#discard(folder, kept)));
  }

  #fitting(spec: SpareSpec): Kept | undefined {
    const kept = this.#kept.get(spec.cwd);
    if (kept === undefined) return undefined;
    if (kept.key === keyOf(spec) && kept.stamp === stampOf(spec.executable)) return kept;
    void this.#discard(spec.cwd, kept);
    return undefined;
  }

  #waitIdle(folder: string, kept: Kept): void {
    kept.idle = setTimeout(() => void this.#discard(folder, kept), IDLE_MS);
    kept.idle.unref();
  }

  async #fail(folder: string, kept: Kept, isForLong: boolean): Promise<void> {
    if (this.#kept.get(folder) !== kept) return;
    const history = this.#historyOf(folder);
    history.failures++;
    if (isForLong || history.failures >= FAILURES_LIMIT) {
      history.failures = 0;
      history.restsUntilMs = performance.now() + REST_MS;
    }
    await this.#discard(folder, kept);
  }

  async #discard(folder: string, kept: Kept): Promise<void> {
    this.#forget(folder, kept);
    await kept.child.cancel('not needed');
    await kept.child.result;
  }

  #forget(folder: string, kept: Kept): void {
    clearTimeout(kept.idle);
    if (this.#kept.get(folder) === kept) this.#kept.delete(folder);
  }

  #historyOf(folder: string): History {
    const history = this.#histories.get(folder) ?? { failures: 0, restsUntilMs: 0 };
    this.#histories.set(folder, history);
    return history;
  }
}

/** Undefined when it ended, or did not answer in time, or said what nobody understands. */
async function ask(
  { child, ears }: Pick<Kept, 'child' | 'ears'>,
  request: Readonly<Record<string, unknown>>,
  limitMs: number,
): Promise<Answer | undefined> {
  const token = randomUUID();
  const late = Promise.withResolvers<undefined>();
  const limit = new Limit(new ActiveTime(), limitMs, () => late.resolve(undefined));
  const heard = Promise.all(ears.map((ear) => ear.hear(token)));
  child.stdin?.write(`${JSON.stringify({ ...request, token })}\n`);
  const texts = await Promise.race([heard, child.result.then(() => undefined), late.promise]);
  limit.disarm();
  try {
    const parsed = answer.safeParse(JSON.parse(texts?.[0] ?? ''));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** One output: the end of what is printed, and the answers in it. */
class Ear {
  #text = '';
  #said = '';
  #waiting: { readonly token: string; readonly resolve: (text: string) => void } | undefined;

  constructor(stream: Readable | undefined) {
    stream?.setEncoding('utf8');
    stream?.on('data', (chunk: string) => this.#take(chunk));
  }

  hear(token: string): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#text = '';
    this.#waiting = { token, resolve };
    return promise;
  }

  /** What was printed before the last answer. */
  take(): string {
    return this.#said;
  }

  #take(chunk: string): void {
    this.#text += chunk;
    const mark = `\n${this.#waiting?.token} `;
    const at = this.#waiting === undefined ? -1 : this.#text.lastIndexOf(mark);
    const end = at < 0 ? -1 : this.#text.indexOf('\n', at + 1);
    if (end > 0) {
      this.#said = this.#text.slice(0, at).slice(-KEPT_CHARACTERS);
      this.#waiting?.resolve(this.#text.slice(at + mark.length, end));
      this.#waiting = undefined;
      this.#text = '';
    } else if (this.#text.length > 2 * KEPT_CHARACTERS) this.#text = this.#text.slice(-KEPT_CHARACTERS);
  }
}
