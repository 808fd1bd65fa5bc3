import { finished } from 'node:stream/promises';
import { messageOf } from '../errors.ts';
import { start } from '../process/process.ts';
import { sandboxed } from '../process/sandbox.ts';
import type { ProcessResult, ProcessSpec, RunningProcess } from '../process/types.ts';
import { argumentsOf, environmentOf } from './arguments.ts';
import { lineDecoder } from './lines.ts';
import { noFacts, outcomeOf, type Totals, type TurnEnd, type TurnFacts, usageOf } from './outcome.ts';
import { lineLimitBytes, parseLine, type StreamEvent } from './stream.ts';
import { type Ask, Turn } from './turn.ts';
import type { ClaudeAnswer, ClaudeSession, ClaudeSpec, ClaudeUsage } from './types.ts';
import { wallsOf } from './walls.ts';

/** The CLI reads at most 10 MB from its standard input. */
const promptLimitBytes = 9_500_000;
/** How long a session may take to end by itself once its input is closed. */
const closeGraceMs = 1_000;

/**
 * Starts the CLI and leaves it waiting, so that the first question finds it warm. The cost limit of the spec is for the
 * whole session, the limit of turns for each question. A question that is cancelled, runs out of time or gets an
 * unreadable line ends the session: nobody knows what the process would answer next.
 */
export function openSession(spec: ClaudeSpec): ClaudeSession {
  return new Session(spec);
}

const nothingUsed: ClaudeUsage = { costUsd: 0, turns: 0, inputTokens: 0, outputTokens: 0 };

class Session implements ClaudeSession {
  readonly pid: number | undefined;
  asked = 0;
  contextTokens = 0;
  readonly #spec: ClaudeSpec;
  readonly #child: RunningProcess;
  /** Settles when the process is gone and its last line was read. */
  readonly #gone: Promise<void>;
  #ended: ProcessResult | undefined;
  #closing: Promise<void> | undefined;
  #turn: Turn | undefined;
  #sessionId: string | undefined;
  #totals: Totals = { costUsd: 0, tokens: { input: 0, output: 0 } };
  /** Questions that were put and are not answered, and the answer to the last of them. */
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(spec: ClaudeSpec) {
    this.#spec = spec;
    this.#child = launch(spec);
    this.pid = this.#child.pid;
    this.#gone = this.#read();
  }

  get alive(): boolean {
    return this.#ended === undefined && this.#closing === undefined;
  }

  get spentUsd(): number {
    return this.#totals.costUsd;
  }

  ask(prompt: string, options: Ask): Promise<ClaudeAnswer> {
    this.#waiting += 1;
    const answered = this.#last
      .then(() => this.#answer(prompt, options))
      .finally(() => {
        this.#waiting -= 1;
      });
    this.#last = answered;
    return answered;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #answer(prompt: string, options: Ask): Promise<ClaudeAnswer> {
    const began = performance.now();
    const line = inputLine(prompt);
    const refusal = this.#refusal(line, options.signal);
    const { end, facts } = refusal === undefined ? await this.#wait(line, options) : { end: refusal, facts: noFacts };
    this.#turn = undefined;
    if (end.kind === 'answered') this.asked += 1;
    else if (refusal === undefined) await this.#stop(end.kind);
    const { usage, totals } = usageOf(end, facts, this.#totals);
    this.#totals = totals;
    return {
      outcome: outcomeOf(end, facts, this.#spec.schema !== undefined),
      usage: refusal === undefined ? usage : nothingUsed,
      sessionId: this.#sessionId,
      durationMs: performance.now() - began,
    };
  }

  /** Why a question cannot be put at all. The session stays as it is. */
  #refusal(line: string, signal: AbortSignal): TurnEnd | undefined {
    if (signal.aborted) return { kind: 'cancelled', reason: messageOf(signal.reason) };
    if (this.#ended !== undefined) return { kind: 'too-late', end: this.#ended.end };
    if (this.#closing !== undefined) return { kind: 'cancelled', reason: 'closed' };
    if (Buffer.byteLength(line) <= promptLimitBytes) return undefined;
    return { kind: 'prompt-too-long', limitBytes: promptLimitBytes };
  }

  #wait(line: string, options: Ask): Promise<{ end: TurnEnd; facts: TurnFacts }> {
    return new Promise((resolve) => {
      this.#turn = new Turn(options, (end, facts) => resolve({ end, facts }));
      this.#child.stdin?.write(line);
    });
  }

  async #read(): Promise<void> {
    const decoder = lineDecoder({
      limitBytes: lineLimitBytes,
      onLine: (line) => {
        this.#spec.onLine?.(line);
        this.#onEvent(parseLine(line));
      },
      onTooLong: () => this.#turn?.finish({ kind: 'line-too-long', limitBytes: lineLimitBytes }),
    });
    const { stdout, result } = this.#child;
    stdout?.on('data', (chunk: Buffer) => decoder.push(chunk));
    const ended = await result;
    if (stdout !== undefined) await finished(stdout).catch(() => undefined);
    decoder.end();
    this.#ended = ended;
    this.#turn?.finish({ kind: 'process-ended', end: ended.end, stderr: ended.stderr });
  }

  #onEvent(event: StreamEvent): void {
    if (event.kind === 'started' || event.kind === 'result') this.#sessionId = event.sessionId ?? this.#sessionId;
    if (event.kind === 'assistant' && event.isMain && event.tokens.input > 0) this.contextTokens = event.tokens.input;
    this.#turn?.note(event);
  }

  async #close(): Promise<void> {
    if (this.#waiting === 0) {
      this.#child.stdin?.end();
      await within(closeGraceMs, this.#gone);
    }
    await this.#stop('closed');
  }

  async #stop(reason: string): Promise<void> {
    await this.#child.cancel(reason);
    await this.#gone;
  }
}

function launch(spec: ClaudeSpec): RunningProcess {
  if (spec.walls === undefined && spec.tools.includes('Bash')) throw new Error('A shell needs walls');
  const claude: ProcessSpec = {
    command: spec.command,
    args: argumentsOf(spec),
    cwd: spec.cwd,
    env: environmentOf(spec),
    stdin: 'open',
    stdout: { kind: 'stream' },
    stderr: { kind: 'collect', limitBytes: 64 * 1024 },
  };
  return start(spec.walls === undefined ? claude : sandboxed(claude, wallsOf(spec)));
}

/** One question as the CLI reads it. A prompt that starts with a slash would be taken for a command of the CLI. */
function inputLine(prompt: string): string {
  const text = prompt.startsWith('/') ? `\n${prompt}` : prompt;
  return `${JSON.stringify({ type: 'user', message: { role: 'user', content: [{ type: 'text', text }] } })}\n`;
}

async function within(limitMs: number, done: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([done, limit]);
  clearTimeout(timer);
}
