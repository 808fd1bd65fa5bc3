import { askOnce } from '../claude/one-shot.ts';
import { progressOf } from '../claude/progress.ts';
import type { ClaudeAnswer, ClaudeSpec } from '../claude/types.ts';
import type { ChangedFiles, TaskChoice, TaskEnd, TaskEvent, TaskResult } from '../domain/claude-task.ts';
import { newExecutionId } from '../domain/execution-id.ts';
import type { HookNote, HookOutcome, HookPoint } from '../domain/hooks.ts';
import type { Hooks } from '../hooks/hooks.ts';
import type { Logger } from '../log.ts';
import { ActiveLimit } from './active-limit.ts';
import type { Transcripts } from './transcripts.ts';
import { changesBetween, lookAtTree, type Tree } from './tree.ts';

export interface ClaudeTasksOptions {
  readonly command: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** What holds where a task does not choose. */
  readonly defaults: Required<Omit<TaskChoice, 'model'>> & Pick<TaskChoice, 'model'>;
  /** Around a shell, which may read these folders. */
  readonly walls: (readable: readonly string[]) => NonNullable<ClaudeSpec['walls']>;
  /** In which files change that are not the task's. */
  readonly ownFolders: readonly string[];
  readonly hooks: Hooks;
  readonly transcripts: Transcripts;
  readonly logger: Logger;
  /** Takes secrets out of what is kept and told. */
  readonly clean: (text: string) => Promise<string>;
  readonly scrub: (text: string) => string;
}

export interface TaskContext {
  readonly signal: AbortSignal;
  readonly onEvent: (event: TaskEvent) => void;
  /** Folders beside the working folder that Claude may read. */
  readonly readable: readonly string[];
  /** For the hooks: what it is part of. */
  readonly part: object;
}

/** A CLI that says nothing for this long hangs; while it waits for a long answer it is silent, too. */
const silenceMs = 600_000;
/** Where time is counted by `ActiveLimit`: what the system's timers take at most. */
const noLimitMs = 2 ** 31 - 1;
/** What comes after this is not kept in the transcript. */
const maxTranscriptCharacters = 16_000_000;
const nothingChanged: ChangedFiles = { created: [], changed: [], deleted: [], isComplete: true };
const nothingUsed = { costUsd: 0, turns: 0, isUnbilled: false };

/** Gives tasks to headless Claudes, each in a fresh process and context. */
export class ClaudeTasks {
  readonly #options: ClaudeTasksOptions;

  constructor(options: ClaudeTasksOptions) {
    this.#options = options;
  }

  /** Never rejects for what happens to the task: that is its outcome. */
  async run(task: string, choice: TaskChoice, context: TaskContext): Promise<TaskResult> {
    return new TaskRun(this.#options, task, { ...this.#options.defaults, ...choice }, context).run();
  }

  get options(): ClaudeTasksOptions {
    return this.#options;
  }
}

interface Ended {
  readonly outcome: TaskEnd;
  readonly reason?: string;
  readonly text?: string;
  readonly answer?: ClaudeAnswer;
  readonly files?: ChangedFiles;
}

class TaskRun {
  readonly #id = newExecutionId();
  readonly #options: ClaudeTasksOptions;
  readonly #task: string;
  readonly #choice: ClaudeTasksOptions['defaults'];
  readonly #context: TaskContext;
  readonly #startedAt = new Date();
  readonly #beganMs = performance.now();
  readonly #notes: HookNote[] = [];
  readonly #lines: string[] = [];
  #characters = 0;

  constructor(options: ClaudeTasksOptions, task: string, choice: ClaudeTasksOptions['defaults'], context: TaskContext) {
    this.#options = options;
    this.#task = task;
    this.#choice = choice;
    this.#context = context;
  }

  async run(): Promise<TaskResult> {
    const { logger } = this.#options;
    logger.info({ execution: this.#id, kind: 'task', ...this.#choice }, 'execution started');
    this.#tell({ type: 'started', executionId: this.#id, task: this.#task, cwd: this.#options.cwd });
    const ended = await this.#execute();
    await this.#ask('post-execute', {
      outcome: ended.outcome,
      reason: ended.reason ?? null,
      files: ended.files ?? null,
    });
    const result = await this.#keep(ended);
    this.#tell({ type: 'ended', executionId: this.#id, result });
    return result;
  }

  async #execute(): Promise<Ended> {
    const { signal } = this.#context;
    const { refusal, env } = await this.#ask('pre-execute', {});
    if (refusal !== undefined) {
      return { outcome: 'refused', reason: `the hook ${refusal.hook} refused: ${refusal.reason}` };
    }
    if (signal.aborted) return { outcome: 'canceled', reason: 'canceled before it began' };
    const before = await this.#look();
    const limit = new ActiveLimit({ totalMs: this.#choice.timeoutMs, silentMs: silenceMs });
    const either = AbortSignal.any([signal, limit.signal]);
    const asking = askOnce(this.#spec(env, limit), this.#task, { timeoutMs: noLimitMs, signal: either });
    const answer = await asking.finally(() => limit.stop());
    const files = changesBetween(before, await this.#look());
    return { ...endOf(answer, limit.reason), answer, files };
  }

  #look(): Promise<Tree> {
    return lookAtTree(this.#options.cwd, this.#options.ownFolders);
  }

  #spec(env: Readonly<Record<string, string>>, limit: ActiveLimit): ClaudeSpec {
    const { command, cwd, walls } = this.#options;
    const { model, tools, maxCostUsd } = this.#choice;
    const { readable } = this.#context;
    return {
      command,
      cwd,
      env: { ...this.#options.env, ...env },
      tools,
      addFolders: readable,
      acceptEdits: true,
      maxBudgetUsd: maxCostUsd,
      ...(model === undefined ? {} : { model }),
      ...(tools.includes('Bash') ? { walls: walls(readable) } : {}),
      onLine: (line) => {
        limit.heard();
        this.#onLine(line);
      },
    };
  }

  #onLine(line: string): void {
    this.#characters += line.length;
    if (this.#characters <= maxTranscriptCharacters) this.#lines.push(line);
    for (const shown of progressOf(line)) {
      if (shown.kind === 'text')
        this.#tell({ type: 'text', executionId: this.#id, text: this.#options.scrub(shown.text) });
      else
        this.#tell({
          type: 'tool',
          executionId: this.#id,
          tool: shown.tool,
          subject: this.#options.scrub(shown.subject),
        });
    }
  }

  /** After a cancel, too: who was asked before is told what became of it. */
  async #ask(point: HookPoint, more: object): Promise<HookOutcome> {
    const { hooks, cwd } = this.#options;
    const isBefore = point === 'pre-execute';
    const signal = isBefore ? this.#context.signal : new AbortController().signal;
    const event = { kind: 'task', execution_id: this.#id, task: this.#task, cwd, ...this.#choiceTold(), ...more };
    const outcome = await hooks.run(point, { ...event, ...this.#context.part }, signal);
    this.#notes.push(...outcome.notes);
    for (const { hook, note } of outcome.notes) this.#tell({ type: 'hook-note', executionId: this.#id, hook, note });
    for (const { hook, message } of outcome.warnings) {
      this.#options.logger.warn({ execution: this.#id, hook }, message);
      this.#tell({ type: 'hook-warning', executionId: this.#id, hook, message });
    }
    return outcome;
  }

  #choiceTold(): object {
    const { timeoutMs, tools, model, maxCostUsd } = this.#choice;
    return { timeout_seconds: timeoutMs / 1_000, tools, model: model ?? null, max_cost_usd: maxCostUsd };
  }

  /** Writes transcript and record, and the line of the log that vouches for both. */
  async #keep({ outcome, reason, text = '', answer, files = nothingChanged }: Ended): Promise<TaskResult> {
    const { transcripts, logger, clean } = this.#options;
    const stream = answer === undefined ? undefined : await transcripts.writeStream(this.#id, this.#lines.join('\n'));
    const { costUsd, turns, isUnbilled = false } = answer?.usage ?? nothingUsed;
    const summary = {
      kind: 'task',
      executionId: this.#id,
      outcome,
      reason: reason === undefined ? undefined : await clean(reason),
      costUsd: isUnbilled ? undefined : costUsd,
      turns,
      durationMs: Math.round(performance.now() - this.#beganMs),
      sessionId: answer?.sessionId,
      transcript: stream?.file,
      transcriptSha256: stream?.sha256,
    };
    const { kind: _kind, transcriptSha256: _sha256, ...told } = summary;
    const result = { ...told, text: await clean(text), files, notes: this.#notes };
    const record = { ...summary, ...result, task: this.#task, cwd: this.#options.cwd, ...this.#choice };
    const recordSha256 = await transcripts.write({ ...record, startedAt: this.#startedAt.toISOString() });
    logger.info({ execution: this.#id, ...summary, recordSha256 }, 'execution ended');
    return { ...result, recordSha256 };
  }

  #tell(event: TaskEvent): void {
    try {
      this.#context.onEvent(event);
    } catch (error) {
      // Whoever looks on must not end what they look at; it is reported once the stack has unwound.
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

function endOf({ outcome }: ClaudeAnswer, limitReached: string | undefined): Ended {
  switch (outcome.kind) {
    case 'done':
      return { outcome: 'completed', text: outcome.text };
    case 'timed-out':
      return { outcome: 'timed-out', reason: outcome.detail };
    case 'cancelled':
      return limitReached === undefined
        ? { outcome: 'canceled', reason: outcome.detail }
        : { outcome: 'timed-out', reason: limitReached };
    default:
      return { outcome: 'failed', reason: `${outcome.kind}: ${outcome.detail}` };
  }
}
