import type { Client, ExecuteRequest, ExecutionEnded, ExecutionFact, TimeLimit } from '../domain/execution.ts';
import type { HookNote, HookOutcome, HookPoint } from '../domain/hooks.ts';
import { type Hooks, noHooks } from '../hooks/hooks.ts';
import type { Logger } from '../log.ts';

export interface AskedAbout {
  readonly executionId: string;
  readonly sessionId: string;
  readonly request: ExecuteRequest;
  readonly client: Client;
  readonly cwd: string;
  readonly limit: TimeLimit;
}

/** What the person's hooks say before and after one command. */
export class ExecutionHooks {
  readonly #hooks: Hooks | undefined;
  readonly #about: AskedAbout;
  readonly #tell: (fact: ExecutionFact) => void;
  readonly #logger: Logger;
  readonly #notes: HookNote[] = [];

  constructor(
    hooks: Hooks | undefined,
    about: AskedAbout,
    told: { readonly tell: (fact: ExecutionFact) => void; readonly logger: Logger },
  ) {
    this.#hooks = hooks;
    this.#about = about;
    this.#tell = told.tell;
    this.#logger = told.logger;
  }

  get notes(): readonly HookNote[] {
    return this.#notes;
  }

  /** Whether anybody is to be asked; where not, nobody waits. */
  get isAsked(): boolean {
    return this.#hooks?.has('pre-execute') ?? false;
  }

  before(signal: AbortSignal): Promise<HookOutcome> {
    return this.#ask('pre-execute', {}, signal);
  }

  async after({ exitCode, cause, reason, durationMs, activeMs }: ExecutionEnded, signal: AbortSignal): Promise<void> {
    if (this.#hooks?.has('post-execute') !== true) return;
    const ended = {
      exit_code: exitCode,
      cause,
      reason: reason ?? null,
      duration_seconds: durationMs / 1_000,
      active_seconds: activeMs / 1_000,
    };
    await this.#ask('post-execute', ended, signal);
  }

  async #ask(point: HookPoint, more: object, signal: AbortSignal): Promise<HookOutcome> {
    const { executionId, sessionId, request, client, cwd, limit } = this.#about;
    const event = {
      kind: 'command',
      execution_id: executionId,
      session_id: sessionId,
      request_id: request.requestId,
      client: client.name,
      command: request.command,
      cwd,
      timeout_seconds: limit.limitMs / 1_000,
      ...more,
    };
    const outcome = (await this.#hooks?.run(point, event, signal)) ?? noHooks;
    this.#notes.push(...outcome.notes);
    for (const { hook, message } of outcome.warnings) {
      this.#logger.warn({ execution: executionId, hook }, message);
      this.#tell({ type: 'hook-warning', executionId, hook, message });
    }
    return outcome;
  }
}
