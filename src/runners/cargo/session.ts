import type { TestRun } from '../../domain/tests.ts';
import { run } from '../../process/process.ts';
import type { ProcessResult } from '../../process/types.ts';
import { earlyEnd, tailOf } from '../report/ends.ts';
import type { TestRequest } from '../types.ts';

const outputLimitBytes = 64 * 1024 * 1024;

/** What cargo said when it ended by itself. */
export interface Said {
  readonly kind: 'said';
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly tail: string;
}

/** Why there is no report; everything is told from here on. */
export interface Ended {
  readonly kind: 'ended';
  readonly run: Exclude<TestRun, { kind: 'report' }>;
}

/** What cargo says when it would need the network. */
const needsNetwork =
  /--offline|offline mode|no matching package|failed to (?:download|get|query|load source)|unable to update/i;

/** The calls of cargo of one test run: they share the time, the folder of what is built, and whether the network is needed. */
export class Session {
  /** Where cargo works, without symbolic links. */
  readonly root: string;
  readonly #request: TestRequest;
  readonly #env: Readonly<Record<string, string>>;
  readonly #startedAtMs = performance.now();
  #isOffline = true;

  constructor(root: string, target: string, request: TestRequest) {
    this.root = root;
    this.#request = request;
    this.#env = {
      ...request.env,
      CARGO_TARGET_DIR: target,
      CARGO_TERM_COLOR: 'never',
      CARGO_TERM_QUIET: 'false',
      CARGO_TERM_VERBOSE: 'false',
      CARGO_TERM_PROGRESS_WHEN: 'never',
      RUST_TEST_NOCAPTURE: '0',
    };
  }

  get durationMs(): number {
    return performance.now() - this.#startedAtMs;
  }

  /** @param where says what was being done, where the time runs out. */
  async cargo(
    args: readonly string[],
    folder: string,
    where: (result: ProcessResult) => string = () => '',
  ): Promise<Said | Ended> {
    const first = await this.#once(args, folder, where);
    if (!this.#isOffline || first.kind === 'ended' || first.code === 0 || !needsNetwork.test(first.stderr))
      return first;
    // What the lock file names is not all on this machine: then as the person has it.
    this.#isOffline = false;
    return this.#once(args, folder, where);
  }

  broken(reason: Extract<TestRun, { kind: 'broken' }>['reason'], detail: string, outputTail = ''): Ended {
    return { kind: 'ended', run: { kind: 'broken', reason, detail, outputTail, durationMs: this.durationMs } };
  }

  async #once(
    [command = '', ...args]: readonly string[],
    folder: string,
    where: (result: ProcessResult) => string,
  ): Promise<Said | Ended> {
    const { timeoutMs, signal, niceness } = this.#request;
    const result = await run({
      command: 'cargo',
      args: [command, ...(this.#isOffline ? ['--offline'] : []), ...args],
      cwd: folder,
      env: this.#env,
      stdout: { kind: 'collect', limitBytes: outputLimitBytes },
      stderr: { kind: 'collect', limitBytes: outputLimitBytes },
      outputLimitBytes,
      timeoutMs: Math.max(1, timeoutMs - this.durationMs),
      lowPriority: niceness ?? true,
      signal,
    });
    const { end, stdout, stderr } = result;
    if (end.kind === 'cancelled') return { kind: 'ended', run: { kind: 'cancelled' } };
    const tail = tailOf({ ...result, stdout: withoutJson(stdout) }, this.root);
    if (end.kind === 'exited') return { kind: 'said', code: end.code, stdout, stderr, tail };
    const limit = end.kind === 'timed-out' ? { ...end, afterMs: timeoutMs } : end;
    const [reason, detail] = earlyEnd(limit, 'Cargo', () => where(result));
    return this.broken(reason, detail, tail);
  }
}

function withoutJson(stdout: string): string {
  return stdout.startsWith('{"reason":') ? '' : stdout;
}
