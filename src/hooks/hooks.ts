import type { HookNote, HookOutcome, HookPoint, HookStatus, HooksStatus, HookWarning } from '../domain/hooks.ts';
import { run } from '../process/process.ts';
import { answerOf, type HookAnswer } from './answer.ts';
import { type FoundHook, findHooks, hookProblem } from './find.ts';
import { Slots } from './slots.ts';

export interface HooksOptions {
  /** Holds `pre-execute.d` and the like. Never in the watched project, which is not trusted. */
  readonly folder: string;
  /** Why none is run at all. */
  readonly whyOff: string | undefined;
  /** Set where the person does not expect it: hooks that are there are named as unfit. */
  readonly untrusted?: string | undefined;
  /** Of each run. */
  readonly timeoutMs: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Takes secrets out of what hooks say. */
  readonly scrub: (text: string) => string;
}

/** What every process that a hook starts carries in its marker: hooks of hooks are not run. */
export const hookMarker = 'mendwatch-hook';

const limits = {
  /** A hook that fails so often in a row is not run any more. */
  failuresInARow: 3,
  atOnce: 8,
  answerBytes: 256 * 1024,
  graceMs: 500,
};

export const noHooks: HookOutcome = { refusal: undefined, env: {}, notes: [], warnings: [] };

/** The person's own programs that are asked before something is done and told afterwards. */
export class Hooks {
  readonly #options: HooksOptions;
  readonly #hooks: readonly Hook[];
  readonly #slots = new Slots(limits.atOnce);

  constructor(options: HooksOptions) {
    this.#options = options;
    this.#hooks = options.whyOff === undefined ? findHooks(options.folder).map((found) => new Hook(found)) : [];
  }

  /** Those that are not run, for what was found at the start. */
  get unfit(): readonly HookWarning[] {
    const { folder, untrusted } = this.#options;
    const found = untrusted === undefined ? this.#hooks.map((hook) => hook.found) : findHooks(folder);
    return found.flatMap(({ name, problem = untrusted }) =>
      problem === undefined ? [] : [{ hook: name, message: `it is not run: ${problem}` }],
    );
  }

  has(point: HookPoint): boolean {
    return this.#at(point).length > 0;
  }

  /** Asks all hooks of this moment one after another, each with `event` as JSON on its standard input. Never rejects. */
  async run(point: HookPoint, event: object, signal: AbortSignal): Promise<HookOutcome> {
    let env: Readonly<Record<string, string>> = {};
    const notes: HookNote[] = [];
    const warnings: HookWarning[] = [];
    const input = JSON.stringify({ version: 1, point, ...event });
    for (const hook of this.#at(point)) {
      const answer = await this.#ask(hook, input, signal);
      if (answer.kind === 'cancelled') break;
      if (answer.kind === 'failed') {
        warnings.push({ hook: hook.name, message: this.#options.scrub(answer.message) });
        continue;
      }
      if (answer.note !== undefined) notes.push({ hook: hook.name, note: this.#options.scrub(answer.note) });
      if (answer.refusal !== undefined) {
        return { refusal: { hook: hook.name, reason: this.#options.scrub(answer.refusal) }, env, notes, warnings };
      }
      env = { ...env, ...answer.env };
    }
    return { refusal: undefined, env, notes, warnings };
  }

  status(): HooksStatus {
    const { folder, whyOff } = this.#options;
    return {
      isEnabled: whyOff === undefined,
      reason: whyOff,
      folder,
      hooks: this.#hooks.map(({ status }) => status),
    };
  }

  #at(point: HookPoint): readonly Hook[] {
    return this.#hooks.filter((hook) => hook.found.point === point && hook.isOn);
  }

  async #ask(hook: Hook, input: string, signal: AbortSignal): Promise<HookAnswer> {
    const { cwd, env, timeoutMs } = this.#options;
    const leave = await this.#slots.take();
    try {
      if (signal.aborted) return { kind: 'cancelled' };
      // Its file may have been changed since the start.
      const problem = hookProblem(hook.found.file);
      if (problem !== undefined) return hook.note({ kind: 'failed', message: problem }, 0);
      const result = await run({
        command: hook.found.file,
        args: [],
        cwd,
        env: { ...env, MENDWATCH_MARKER: [env.MENDWATCH_MARKER, hookMarker].filter(Boolean).join(':') },
        stdin: { data: input },
        stdout: { kind: 'collect', limitBytes: limits.answerBytes },
        stderr: { kind: 'collect', limitBytes: limits.answerBytes },
        outputLimitBytes: 2 * limits.answerBytes,
        timeoutMs,
        graceMs: limits.graceMs,
        signal,
      });
      return hook.note(answerOf(result), result.durationMs);
    } finally {
      leave();
    }
  }
}

class Hook {
  readonly found: FoundHook;
  #runs = 0;
  #failures = 0;
  #failuresInARow = 0;
  #refusals = 0;
  #totalMs = 0;
  #longestMs = 0;
  #lastMs: number | undefined;
  #lastFailure: string | undefined;

  constructor(found: FoundHook) {
    this.found = found;
  }

  get name(): string {
    return this.found.name;
  }

  get isOn(): boolean {
    return this.found.problem === undefined && this.#failuresInARow < limits.failuresInARow;
  }

  note(answer: HookAnswer, durationMs: number): HookAnswer {
    if (answer.kind === 'cancelled') return answer;
    this.#runs += 1;
    this.#totalMs += durationMs;
    this.#lastMs = Math.round(durationMs);
    this.#longestMs = Math.max(this.#longestMs, this.#lastMs);
    if (answer.kind === 'said') {
      this.#failuresInARow = 0;
      if (answer.refusal !== undefined) this.#refusals += 1;
      return answer;
    }
    this.#failures += 1;
    this.#failuresInARow += 1;
    this.#lastFailure = answer.message;
    if (this.isOn) return answer;
    return { ...answer, message: `${answer.message}. It has failed ${this.#failuresInARow} times and is off now` };
  }

  get status(): HookStatus {
    const { name, point, problem } = this.found;
    const state = problem !== undefined ? 'rejected' : this.isOn ? 'on' : 'off';
    return {
      name,
      point,
      state,
      reason: problem ?? this.#lastFailure,
      runs: this.#runs,
      failures: this.#failures,
      refusals: this.#refusals,
      lastMs: this.#lastMs,
      meanMs: this.#runs === 0 ? undefined : Math.round(this.#totalMs / this.#runs),
      longestMs: this.#runs === 0 ? undefined : this.#longestMs,
    };
  }
}
