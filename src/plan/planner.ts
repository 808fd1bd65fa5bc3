import { z } from 'zod';
import { openSession } from '../claude/session.ts';
import type { ClaudeAnswer, ClaudeSession, ClaudeSpec } from '../claude/types.ts';
import type { Clock } from '../clock.ts';
import { type Plan, strategySchema } from '../domain/strategy.ts';
import type { RedTest } from '../domain/tests.ts';
import { basicStrategy } from './basic-strategy.ts';

/** A CLI that says nothing for this long hangs; while it waits for a long answer it is silent, too. */
const silenceMs = 600_000;

export interface PlannerOptions {
  /** Everything but the schema, which is this room's own. Its `cwd` is the lane where the planner reads. */
  readonly spec: Omit<ClaudeSpec, 'schema' | 'tools' | 'acceptEdits' | 'maxBudgetUsd'>;
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** A session that nobody has asked for this long is ended, so that an idle agent holds no Claude process. */
  readonly idleMs: number;
  /** A larger context is thrown away: a fresh session answers faster and cheaper. Default 120,000. */
  readonly maxContextTokens?: number;
  /** Likewise after this many questions. Default 20. */
  readonly maxQuestions?: number;
}

export interface PlanInput {
  readonly prompt: string;
  readonly tests: readonly RedTest[];
  readonly files: readonly string[];
}

/** The answer of one planning: always a plan, and the planner's own answer where it was asked. */
export interface Planning {
  readonly plan: Plan;
  readonly answer: ClaudeAnswer;
}

/**
 * A process gets its money limit when it is started, for all its questions together: this part of what may be spent
 * then, so that something is left for the fix, and a later question that may cost less still finds it fit.
 */
const share = 2 / 3;
/** With less than this part of what a question may cost left, it would only be cut off. */
const leastShare = 1 / 4;

/** One interactive Claude, kept open and read-only; started before it is needed, restarted when it died or has grown. */
export class Planner {
  readonly #options: PlannerOptions;
  #session: ClaudeSession | undefined;
  #limitUsd = 0;
  #idle: AbortController | undefined;
  #isAsking = false;

  constructor(options: PlannerOptions) {
    this.#options = options;
  }

  get running(): boolean {
    return this.#session?.alive ?? false;
  }

  /**
   * Starts the process without asking anything: it waits on its input, and the first answer comes sooner.
   *
   * @param maxUsd what the question will surely be allowed to cost
   */
  warm(maxUsd: number): void {
    // Not while a question is open: it would be cut off when the session counts as idle.
    if (this.#isAsking) return;
    this.#ready(maxUsd);
    this.#endWhenIdle();
  }

  /** For at most so much money, overshot by one request at most. Never throws: when the planner cannot answer, the plan is a basic one and says why. */
  async plan(input: PlanInput, maxUsd: number, signal: AbortSignal): Promise<Planning> {
    const session = this.#ready(maxUsd);
    this.#idle?.abort();
    this.#isAsking = true;
    const answer = await session.ask(input.prompt, {
      timeoutMs: this.#options.timeoutMs,
      idleTimeoutMs: silenceMs,
      signal,
    });
    this.#isAsking = false;
    this.#endWhenIdle();
    const costUsd = answer.usage.costUsd;
    const basic = (reason: string): Planning => ({
      answer,
      plan: { strategy: basicStrategy(input.tests, input.files), source: 'basic', reason, costUsd },
    });
    if (answer.outcome.kind !== 'done') {
      // A session that failed once is in an unknown state; the next question gets a fresh one.
      await this.close();
      return basic(`${answer.outcome.kind}: ${answer.outcome.detail}`);
    }
    const parsed = strategySchema.safeParse(answer.outcome.structured);
    if (!parsed.success) return basic(`its answer was not a strategy: ${z.prettifyError(parsed.error)}`);
    return { answer, plan: { strategy: parsed.data, source: 'claude', costUsd } };
  }

  async close(): Promise<void> {
    this.#idle?.abort();
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }

  #ready(maxUsd: number): ClaudeSession {
    const { maxContextTokens = 120_000, maxQuestions = 20 } = this.#options;
    const session = this.#session;
    const isFit =
      session?.alive && session.contextTokens < maxContextTokens && session.asked < maxQuestions && this.#fits(maxUsd);
    if (isFit) return session;
    if (session !== undefined) void session.close();
    this.#limitUsd = rounded(maxUsd * share);
    const fresh = openSession({
      ...this.#options.spec,
      maxBudgetUsd: this.#limitUsd,
      tools: ['Read', 'Grep', 'Glob'],
      schema: z.toJSONSchema(strategySchema, { target: 'draft-7' }),
    });
    this.#session = fresh;
    return fresh;
  }

  #fits(maxUsd: number): boolean {
    const leftUsd = this.#limitUsd - (this.#session?.spentUsd ?? 0);
    return leftUsd <= maxUsd && leftUsd >= maxUsd * leastShare;
  }

  #endWhenIdle(): void {
    this.#idle?.abort();
    const idle = new AbortController();
    this.#idle = idle;
    this.#options.clock.sleep(this.#options.idleMs, idle.signal).then(
      () => this.close(),
      () => undefined,
    );
  }
}

/** In hundredths of a cent, never nothing: the command line refuses a limit of zero. */
function rounded(usd: number): number {
  return Math.max(1, Math.floor(usd * 10_000)) / 10_000;
}
