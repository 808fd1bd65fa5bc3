import { randomUUID } from 'node:crypto';
import {
  type Attachment,
  type Client,
  type ControlType,
  controlled,
  type ExecuteRequest,
  type ExecutionEnded,
  type ExecutionFact,
  ExecutionRefusal,
  type ExecutionSession,
  type ExecutionStarted,
  type Reached,
  type Reader,
} from '../domain/execution.ts';
import { newExecutionId } from '../domain/execution-id.ts';
import type { Logger } from '../log.ts';
import { Execution } from './execution.ts';
import { ExecutionHooks } from './execution-hooks.ts';
import type { Launcher } from './launcher.ts';
import { ModelLimits } from './model-limits.ts';
import { Notices } from './notices.ts';
import type { Transcript } from './transcripts.ts';

export interface SessionParts {
  readonly launcher: Launcher;
  readonly logger: Logger;
  readonly now: () => number;
  readonly onClosed: () => void;
}

/** What hooks may still take after the end of a command when the session is over. */
const lastHooksMs = 2_000;

export class Session implements ExecutionSession {
  readonly id: string = randomUUID();
  readonly #parts: SessionParts;
  readonly #logger: Logger;
  readonly #notices = new Notices(() => this.#current?.letGo());
  #current: Execution | undefined;
  /** While hooks are asked whether a command may run. */
  #asking: AbortController | undefined;
  readonly #noMoreHooks = new AbortController();
  #concluded: Promise<void> = Promise.resolve();
  #isCanceledTold = false;
  /** Why nothing new is run. */
  #closed: string | undefined;
  #closing: Promise<void> | undefined;
  #touchedMs: number;
  /** When the client was lost. */
  #lostMs: number | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#logger = parts.logger.child({ session: this.id });
    this.#touchedMs = parts.now();
    this.#lostMs = this.#touchedMs;
  }

  get lastSeq(): number {
    return this.#notices.lastSeq;
  }

  get current(): string | undefined {
    return this.#current?.id;
  }

  /** Nothing runs, and the client has not spoken for so long; 0 while something runs. */
  get idleMs(): number {
    return this.#current === undefined ? this.#parts.now() - this.#touchedMs : 0;
  }

  /** How long there has been no client. */
  get lostMs(): number {
    return this.#lostMs === undefined ? 0 : this.#parts.now() - this.#lostMs;
  }

  touch(): void {
    this.#touchedMs = this.#parts.now();
  }

  attach(reader: Reader, lastSeenSeq: number): Attachment {
    const attachment = this.#notices.attach(reader, lastSeenSeq);
    this.#lostMs = undefined;
    this.touch();
    return {
      ...attachment,
      detach: () => {
        attachment.detach();
        if (!this.#notices.hasReader) this.#lostMs = this.#parts.now();
      },
    };
  }

  async execute(request: ExecuteRequest, client: Client, answer: (started: ExecutionStarted) => void): Promise<void> {
    this.touch();
    if (this.#closed !== undefined) throw new ExecutionRefusal('stopping', this.#closed);
    if (this.#current !== undefined || this.#asking !== undefined) {
      throw new ExecutionRefusal('busy', 'A process is already running');
    }
    if (request.command.trim() === '') throw new ExecutionRefusal('invalid', 'The command is empty');
    const { launcher } = this.#parts;
    const { spec, limit } = launcher.prepare(request, client);
    const executionId = newExecutionId();
    const about = { executionId, sessionId: this.id, request, client, cwd: spec.cwd, limit };
    const told = { tell: (fact: ExecutionFact) => this.#notices.add(fact), logger: this.#logger };
    // A program of this house asks the hooks itself, and can tell them more.
    const hooks = new ExecutionHooks(request.program === undefined ? launcher.hooks : undefined, about, told);
    const env = hooks.isAsked ? { ...spec.env, ...(await this.#ask(hooks, executionId)) } : spec.env;
    const execution: Execution = new Execution(
      executionId,
      { ...spec, env },
      {
        onOutput: (stream, bytes, offset) => {
          this.#notices.add({ type: 'output', executionId: execution.id, stream, bytes, offset });
          const found = modelLimits.find(bytes);
          if (found !== undefined) this.#notices.add({ type: 'model-limit', executionId: execution.id, ...found });
          if (this.#notices.isFull) execution.holdBack();
        },
      },
    );
    const modelLimits = new ModelLimits(request.command);
    this.#current = execution;
    this.#isCanceledTold = false;
    if (execution.pid === undefined) return this.#fail(execution);
    const started = { executionId, pid: execution.pid, requestId: request.requestId, limit, notes: hooks.notes };
    this.#logger.info({ execution: execution.id, request: request.requestId, pid: execution.pid }, 'execution started');
    answer(started);
    this.#notices.add({ type: 'started', ...started });
    this.#concluded = this.#conclude(execution, request, hooks);
  }

  /** The variables that hooks want to have set. */
  async #ask(hooks: ExecutionHooks, executionId: string): Promise<Readonly<Record<string, string>>> {
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    try {
      const { refusal, env } = await hooks.before(signal);
      if (this.#closed !== undefined) throw new ExecutionRefusal('stopping', this.#closed);
      if (signal.aborted) throw this.#notRun(executionId, 'canceled', 'It was canceled before it began');
      if (refusal === undefined) return env;
      throw this.#notRun(executionId, 'refused', `The hook ${refusal.hook} refused: ${refusal.reason}`);
    } finally {
      this.#asking = undefined;
    }
  }

  /** Told twice: the answer does not reach a client whose connection was lost meanwhile. */
  #notRun(executionId: string, cause: 'refused' | 'canceled', reason: string): ExecutionRefusal {
    this.#notices.add({ type: 'failed', executionId, cause, reason });
    return new ExecutionRefusal(cause === 'refused' ? 'not-allowed' : 'could-not-start', reason);
  }

  async control(type: ControlType, answer: (reached: Reached) => void): Promise<void> {
    this.touch();
    if (type === 'CANCEL' && this.#asking !== undefined) {
      this.#asking.abort();
      return answer({ reached: 0, survivors: [] });
    }
    const execution = this.#current;
    if (execution?.pid === undefined) throw new ExecutionRefusal('no-process', 'No process is running');
    if (type !== 'CANCEL' && process.platform === 'win32') {
      throw new ExecutionRefusal('cannot-pause', 'Windows cannot pause a process');
    }
    if (execution.isOver) throw new ExecutionRefusal('no-process', 'The process has ended');
    const { pid } = execution;
    await execution.control(type, (reached) => {
      if (type === 'PAUSE' && reached.reached === 0) {
        throw new ExecutionRefusal('no-process', 'The process has ended or is ending');
      }
      this.#logger.info({ execution: execution.id, control: type, ...reached }, 'execution controlled');
      answer(reached);
      if (type === 'CANCEL' && this.#isCanceledTold) return;
      this.#isCanceledTold ||= type === 'CANCEL';
      this.#notices.add({ type: controlled[type], executionId: execution.id, pid });
    });
  }

  tellStopping(reason: string, graceMs: number): void {
    this.#closed ??= reason;
    this.#notices.add({ type: 'stopping', reason, graceMs });
  }

  /** Settles when nothing runs. */
  get settled(): Promise<void> {
    return this.#concluded;
  }

  close(reason: string, dismissal: Parameters<Reader['dismiss']>[0] = 'stopped'): Promise<void> {
    this.#closing ??= this.#close(reason, dismissal);
    return this.#closing;
  }

  async #close(reason: string, dismissal: Parameters<Reader['dismiss']>[0]): Promise<void> {
    this.#closed ??= reason;
    this.#asking?.abort();
    // Without a client the output would have nowhere to go, and the end would wait for it.
    if (!this.#notices.hasReader) this.#current?.discard();
    await this.#current?.cancel(reason);
    this.#current?.discard();
    const late = setTimeout(() => this.#noMoreHooks.abort(), lastHooksMs);
    await this.#concluded;
    clearTimeout(late);
    this.#notices.dismiss(dismissal);
    this.#parts.onClosed();
  }

  async #fail(execution: Execution): Promise<void> {
    const ended = await execution.ended;
    const reason = 'couldNotStart' in ended ? ended.couldNotStart : 'It could not be started.';
    this.#current = undefined;
    this.#logger.warn({ execution: execution.id, reason }, 'execution could not start');
    this.#notices.add({ type: 'failed', executionId: execution.id, cause: 'could-not-start', reason });
    throw new ExecutionRefusal('could-not-start', reason);
  }

  async #conclude(execution: Execution, request: ExecuteRequest, hooks: ExecutionHooks): Promise<void> {
    const startedAt = new Date().toISOString();
    const ended = await execution.ended;
    if ('couldNotStart' in ended) return;
    await hooks.after(ended, this.#noMoreHooks.signal);
    const { notes } = hooks;
    const recordSha256 = await this.#note(execution, request, ended, { startedAt, notes });
    this.#current = undefined;
    this.touch();
    this.#notices.add({ type: 'completed', ...ended, recordSha256, notes });
  }

  /** The record first: the log vouches for it. */
  async #note(
    execution: Execution,
    { requestId, command }: ExecuteRequest,
    ended: ExecutionEnded,
    more: Pick<Transcript, 'startedAt' | 'notes'>,
  ): Promise<string | undefined> {
    const { output } = execution;
    const record = { ...ended, ...more, sessionId: this.id, requestId, command, output };
    const recordSha256 = await this.#parts.launcher.note(record);
    this.#logger.info({ execution: execution.id, request: requestId, ...ended, recordSha256 }, 'execution ended');
    return recordSha256;
  }
}
