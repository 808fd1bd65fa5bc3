import { finished } from 'node:stream/promises';
import { messageOf } from '../errors.ts';
import { start } from '../process/process.ts';
import type { ProcessResult, RunningProcess } from '../process/types.ts';
import { argumentsOf, environmentOf } from './arguments.ts';
import { lineDecoder } from './lines.ts';
import { noFacts, outcomeOf, type Totals, type TurnEnd, type TurnFacts, usageOf, withEvent } from './outcome.ts';
import { lineLimitBytes, parseLine, type StreamEvent } from './stream.ts';
import type { ClaudeAnswer, ClaudeSession, ClaudeSpec } from './types.ts';

/** The CLI reads at most 10 MB from its standard input. */
const promptLimitBytes = 9_500_000;
/** How long a session may take to end by itself once its input is closed. */
const closeGraceMs = 1_000;

type Ask = Parameters<ClaudeSession['ask']>[1];

interface Waited {
  readonly end: TurnEnd;
  readonly facts: TurnFacts;
}

/** The question that is being answered. */
interface Turn {
  facts: TurnFacts;
  /** Something came: the idle time starts again. */
  touch(): void;
  /** The first end counts. */
  finish(end: TurnEnd): void;
}

/**
 * Starts the CLI and leaves it waiting, so that the first question finds it warm. The cost limit of the spec is for the
 * whole session, the limit of turns for each question. A question that is cancelled, runs out of time or gets an
 * unreadable line ends the session: nobody knows what the process would answer next.
 */
export function openSession(spec: ClaudeSpec): ClaudeSession {
  const child = launch(spec);
  let ended: ProcessResult | undefined;
  let turn: Turn | undefined;
  let asked = 0;
  let waiting = 0;
  let contextTokens = 0;
  let sessionId: string | undefined;
  let totals: Totals = { costUsd: 0, tokens: { input: 0, output: 0 } };
  let queue: Promise<unknown> = Promise.resolve();
  let closing: Promise<void> | undefined;

  function onEvent(event: StreamEvent): void {
    if (event.kind === 'started' || event.kind === 'result') sessionId = event.sessionId ?? sessionId;
    if (event.kind === 'assistant' && event.isMain && event.tokens.input > 0) contextTokens = event.tokens.input;
    if (turn === undefined) return;
    turn.touch();
    turn.facts = withEvent(turn.facts, event);
    if (event.kind === 'result') turn.finish({ kind: 'answered', result: event });
  }

  const gone = read(child, {
    onLine: (line) => {
      spec.onLine?.(line);
      onEvent(parseLine(line));
    },
    onTooLong: () => turn?.finish({ kind: 'line-too-long', limitBytes: lineLimitBytes }),
  }).then((result) => {
    ended = result;
    turn?.finish({ kind: 'process-ended', end: result.end, stderr: result.stderr });
  });

  async function answer(prompt: string, options: Ask): Promise<ClaudeAnswer> {
    const began = performance.now();
    const line = inputLine(prompt);
    const refusal = refusalOf(line, options.signal, ended, closing !== undefined);
    const { end, facts } = refusal ?? (await wait(line, options));
    turn = undefined;
    if (end.kind === 'answered') asked += 1;
    else if (refusal === undefined) await child.cancel(end.kind);
    const { usage, totals: after } = usageOf(end, facts, totals);
    totals = after;
    return {
      outcome: outcomeOf(end, facts, spec.schema !== undefined),
      usage,
      sessionId,
      durationMs: performance.now() - began,
    };
  }

  function wait(line: string, options: Ask): Promise<Waited> {
    return new Promise((resolve) => {
      turn = newTurn(options, resolve);
      child.stdin?.write(line);
    });
  }

  async function close(): Promise<void> {
    if (waiting === 0) {
      child.stdin?.end();
      await within(closeGraceMs, gone);
    }
    await child.cancel('closed');
    await gone;
  }

  return {
    pid: child.pid,
    get alive() {
      return ended === undefined && closing === undefined;
    },
    get asked() {
      return asked;
    },
    get contextTokens() {
      return contextTokens;
    },
    ask(prompt, options) {
      waiting += 1;
      const answered = queue
        .then(() => answer(prompt, options))
        .finally(() => {
          waiting -= 1;
        });
      queue = answered;
      return answered;
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

function launch(spec: ClaudeSpec): RunningProcess {
  return start({
    command: spec.command,
    args: argumentsOf(spec),
    cwd: spec.cwd,
    env: environmentOf(spec),
    stdin: 'open',
    stdout: { kind: 'stream' },
    stderr: { kind: 'collect', limitBytes: 64 * 1024 },
  });
}

/** Reads the output, and gives the end of the process when there is no more. Never rejects. */
async function read(
  child: RunningProcess,
  on: { onLine: (line: string) => void; onTooLong: () => void },
): Promise<ProcessResult> {
  const decoder = lineDecoder({ limitBytes: lineLimitBytes, ...on });
  child.stdout?.on('data', (chunk: Buffer) => decoder.push(chunk));
  const result = await child.result;
  if (child.stdout !== undefined) await finished(child.stdout).catch(() => undefined);
  decoder.end();
  return result;
}

/** Why a question cannot be put at all. The session stays as it is. */
function refusalOf(
  line: string,
  signal: AbortSignal,
  ended: ProcessResult | undefined,
  isClosing: boolean,
): Waited | undefined {
  const refuse = (end: TurnEnd): Waited => ({ end, facts: noFacts });
  if (signal.aborted) return refuse({ kind: 'cancelled', reason: reasonOf(signal) });
  if (ended !== undefined) return refuse({ kind: 'too-late', end: ended.end });
  if (isClosing) return refuse({ kind: 'cancelled', reason: 'closed' });
  if (Buffer.byteLength(line) <= promptLimitBytes) return undefined;
  return refuse({ kind: 'prompt-too-long', limitBytes: promptLimitBytes });
}

function newTurn(options: Ask, onEnd: (waited: Waited) => void): Turn {
  const { signal, timeoutMs, idleTimeoutMs } = options;
  const onAbort = () => turn.finish({ kind: 'cancelled', reason: reasonOf(signal) });
  const total = setTimeout(() => turn.finish({ kind: 'timed-out', limit: 'total', afterMs: timeoutMs }), timeoutMs);
  const idle =
    idleTimeoutMs === undefined
      ? undefined
      : setTimeout(() => turn.finish({ kind: 'timed-out', limit: 'idle', afterMs: idleTimeoutMs }), idleTimeoutMs);
  const turn: Turn = {
    facts: noFacts,
    touch: () => idle?.refresh(),
    finish: (end) => {
      clearTimeout(total);
      clearTimeout(idle);
      signal.removeEventListener('abort', onAbort);
      onEnd({ end, facts: turn.facts });
    },
  };
  signal.addEventListener('abort', onAbort, { once: true });
  return turn;
}

/** One question as the CLI reads it. A prompt that starts with a slash would be taken for a command of the CLI. */
function inputLine(prompt: string): string {
  const text = prompt.startsWith('/') ? `\n${prompt}` : prompt;
  return `${JSON.stringify({ type: 'user', message: { role: 'user', content: [{ type: 'text', text }] } })}\n`;
}

function reasonOf(signal: AbortSignal): string {
  return messageOf(signal.reason);
}

async function within(limitMs: number, done: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([done, limit]);
  clearTimeout(timer);
}
