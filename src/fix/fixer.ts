import { z } from 'zod';
import { openSession } from '../claude/session.ts';
import type { ClaudeAnswer, ClaudeSession, ClaudeSpec } from '../claude/types.ts';
import type { Clock } from '../clock.ts';
import type { Lane, Patch, Snapshot } from '../workspace/types.ts';

const answerSchema = z.object({
  summary: z.string().max(2_000).describe('What was changed and why, in one or two sentences.'),
  tests_are_wrong: z
    .string()
    .max(2_000)
    .optional()
    .describe(
      'Only where no honest change of the source can be right: why the tests themselves have to change. Then propose that change.',
    ),
});

/** What comes after this is not kept in the transcript. */
const maxTranscriptCharacters = 16_000_000;
/** A CLI that says nothing for this long hangs; while it waits for a long answer it is silent, too. */
const silenceMs = 600_000;

export interface FixerOptions {
  /** Everything but the tools, the schema and the per-call limits. Its `cwd` is the fix lane. */
  readonly spec: Omit<ClaudeSpec, 'schema' | 'acceptEdits' | 'onLine' | 'walls' | 'maxBudgetUsd'>;
  /** Asked before each start, when the lane has been moved: walls are built from what is there. Undefined: no shell. */
  readonly walls?: () => NonNullable<ClaudeSpec['walls']>;
  readonly lane: Lane;
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** A process that was started in advance and not used for this long is ended. */
  readonly idleMs: number;
}

export type Fix =
  | { readonly kind: 'patch'; readonly patch: Patch; readonly summary: string; readonly answer: ClaudeAnswer }
  /** It holds the tests themselves for wrong. The patch is its proposal, for the person to decide. */
  | {
      readonly kind: 'question';
      readonly patch: Patch | undefined;
      readonly question: string;
      readonly answer: ClaudeAnswer;
    }
  /** It finished and changed nothing. */
  | { readonly kind: 'empty'; readonly summary: string; readonly answer: ClaudeAnswer }
  /** The model's service or the CLI failed, or it ran out of turns or money; the outcome says which. */
  | { readonly kind: 'no-answer'; readonly answer: ClaudeAnswer };

/** A process gets its money limit when it is started: one with less than this part of what may be spent is not used. */
const leastShare = 0.5;

interface Waiting {
  readonly session: ClaudeSession;
  readonly lines: readonly string[];
  readonly idle: AbortController;
  readonly maxBudgetUsd: number;
}

/** A headless Claude with a fresh context for every attempt: a process is asked once and never again. */
export class Fixer {
  readonly #options: FixerOptions;
  /** Nothing has touched the lane since. */
  #prepared: { readonly tree: string; readonly done: Promise<void> } | undefined;
  #waiting: Waiting | undefined;
  /** The last process is on its way out; until then the lane is not touched. */
  #leaving: Promise<void> = Promise.resolve();

  constructor(options: FixerOptions) {
    this.#options = options;
  }

  /**
   * Starts the process of the next attempt; it waits on its input. With walls it is too early for that.
   *
   * @param maxBudgetUsd what the attempt will surely be allowed to cost
   */
  warm(maxBudgetUsd: number): void {
    if (this.#options.walls === undefined) this.#start(maxBudgetUsd);
  }

  #start(maxBudgetUsd: number): void {
    const waiting = this.#waiting;
    if (waiting?.session.alive && fits(waiting, maxBudgetUsd)) return;
    waiting?.idle.abort();
    void waiting?.session.close();
    const lines: string[] = [];
    let characters = 0;
    const walls = this.#options.walls?.();
    const session = openSession({
      ...this.#options.spec,
      ...(walls === undefined ? {} : { walls }),
      maxBudgetUsd,
      acceptEdits: true,
      schema: z.toJSONSchema(answerSchema, { target: 'draft-7' }),
      onLine: (line) => {
        characters += line.length;
        if (characters <= maxTranscriptCharacters) lines.push(line);
      },
    });
    const idle = new AbortController();
    this.#waiting = { session, lines, idle, maxBudgetUsd };
    this.#options.clock.sleep(this.#options.idleMs, idle.signal).then(
      () => this.close(),
      () => undefined,
    );
  }

  /** Brings the lane to the snapshot of the next attempt, so that this need not be waited for later. */
  prepare(base: Snapshot): Promise<void> {
    if (this.#prepared?.tree !== base.tree) {
      const prepared = { tree: base.tree, done: this.#leaving.then(() => this.#options.lane.move(base)) };
      // Whoever waits for it hears of a failure, and nobody may be waiting. The next attempt tries it anew.
      prepared.done.catch(() => {
        if (this.#prepared === prepared) this.#prepared = undefined;
      });
      this.#prepared = prepared;
    }
    return this.#prepared.done;
  }

  /** One attempt on a snapshot, for at most so much money. The transcript is the CLI's own stream, a JSON line each. */
  async fix(
    prompt: string,
    base: Snapshot,
    maxBudgetUsd: number,
    signal: AbortSignal,
  ): Promise<{ fix: Fix; transcript: string }> {
    const { timeoutMs } = this.#options;
    await this.prepare(base);
    this.#prepared = undefined;
    this.#start(maxBudgetUsd);
    const waiting = this.#waiting;
    if (waiting === undefined) throw new Error('The fixer was closed while it was being started');
    this.#waiting = undefined;
    waiting.idle.abort();
    const { session, lines } = waiting;
    const answer = await session.ask(prompt, { timeoutMs, idleTimeoutMs: silenceMs, signal });
    this.#leaving = session.close();
    // What a shell has started may still write into the lane. Without one, whoever has answered has written.
    if (this.#options.walls !== undefined || answer.outcome.kind !== 'done') await this.#leaving;
    return { fix: await this.#result(answer, base), transcript: lines.join('\n') };
  }

  async close(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.idle.abort();
    await Promise.all([waiting?.session.close(), this.#leaving]);
  }

  async #result(answer: ClaudeAnswer, base: Snapshot): Promise<Fix> {
    // A fixer that ignored the form of its answer may still have made the fix, and only the tests judge it.
    if (answer.outcome.kind !== 'done' && answer.outcome.kind !== 'malformed') return { kind: 'no-answer', answer };
    const patch = await this.#options.lane.takePatch(base);
    const { summary, tests_are_wrong: question } = said(answer);
    if (question !== undefined && question.trim() !== '') return { kind: 'question', patch, question, answer };
    if (patch !== undefined) return { kind: 'patch', patch, summary, answer };
    return answer.outcome.kind === 'malformed' ? { kind: 'no-answer', answer } : { kind: 'empty', summary, answer };
  }
}

function said({ outcome }: ClaudeAnswer): z.infer<typeof answerSchema> {
  if (outcome.kind !== 'done') return { summary: '' };
  const parsed = answerSchema.safeParse(outcome.structured);
  return parsed.success ? parsed.data : { summary: outcome.text.slice(0, 2_000) };
}

/** Whether a process that was started with its own limit may be used for this one. */
function fits(waiting: Waiting, maxBudgetUsd: number): boolean {
  return waiting.maxBudgetUsd <= maxBudgetUsd && waiting.maxBudgetUsd >= maxBudgetUsd * leastShare;
}
