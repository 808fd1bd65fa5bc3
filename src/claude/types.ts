/** What a call cost. `usd` is this call's own share: cumulative totals are billed as differences. */
export interface ClaudeUsage {
  readonly costUsd: number;
  /** The turn ended without its bill: what it cost beyond `costUsd` nobody knows. */
  readonly isUnbilled?: true;
  readonly turns: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/**
 * The end of one question to Claude, decided on parsed fields of the CLI's output only: the repository's own text can
 * contain any string that the CLI prints.
 */
export type ClaudeOutcome =
  | {
      readonly kind: 'done';
      readonly text: string;
      /** Present when a schema was asked for; a run that ignored the schema is `malformed`, not `done`. */
      readonly structured: unknown;
      readonly denials: number;
    }
  | {
      readonly kind: 'rate-limited';
      /** Epoch ms, where the service said so. */
      readonly opensAt?: number;
      /** What the CLI waited last before it gave up: the service's `retry-after`, where there was one. */
      readonly retryAfterMs?: number;
      readonly detail: string;
    }
  | { readonly kind: 'overloaded'; readonly retryAfterMs?: number; readonly detail: string }
  | { readonly kind: 'no-credit'; readonly detail: string }
  | { readonly kind: 'not-logged-in'; readonly detail: string }
  | { readonly kind: 'unknown-model'; readonly detail: string }
  | { readonly kind: 'unreachable'; readonly detail: string }
  /** The service does not take this request as it stands (too long, invalid): the same one would fail again. */
  | { readonly kind: 'refused'; readonly detail: string }
  /** The command could not be started. */
  | { readonly kind: 'not-installed'; readonly detail: string }
  | { readonly kind: 'too-many-turns'; readonly detail: string }
  | { readonly kind: 'over-budget'; readonly detail: string }
  | { readonly kind: 'malformed'; readonly detail: string }
  | { readonly kind: 'timed-out'; readonly detail: string }
  | { readonly kind: 'cancelled'; readonly detail: string }
  | { readonly kind: 'crashed'; readonly detail: string };

/** The outcome of one question, with what it cost and where it can be read again. */
export interface ClaudeAnswer {
  readonly outcome: ClaudeOutcome;
  readonly usage: ClaudeUsage;
  readonly sessionId: string | undefined;
  readonly durationMs: number;
}

export interface ClaudeSpec {
  /** The `claude` executable. */
  readonly command: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly model?: string;
  /** Built-in tools that exist for the model, for example `['Read', 'Grep', 'Glob']`. */
  readonly tools: readonly string[];
  /** Permission rules that are granted beforehand, for example `Read(//abs/path/**)`. */
  readonly allow?: readonly string[];
  /** Folders beside `cwd` that the tools may read and never write, also through links in `cwd`. */
  readonly addFolders?: readonly string[];
  /** In place of the CLI's own; at most 120 KB, since it travels as an argument. */
  readonly systemPrompt?: string;
  /** JSON schema of the answer. */
  readonly schema?: unknown;
  /** For each question. */
  readonly maxTurns?: number;
  /** For the whole session, all its questions together; overshoots by one request. */
  readonly maxBudgetUsd?: number;
  /** Edits inside `cwd` need no question. */
  readonly acceptEdits?: boolean;
  /**
   * Makes the shell (`Bash`) possible, and is its condition: all of it runs where only `cwd` can be written and the
   * `hidden` files and folders look empty, except what is `shown` in them. Linux only: `probeSandbox` tells.
   */
  readonly walls?: { readonly hidden: readonly string[]; readonly shown: readonly string[] };
  /** The text of the raw stream, line by line as it came, for the transcript in the run folder. */
  readonly onLine?: (line: string) => void;
}

/** A running CLI that waits for questions on its standard input; its context grows with each. */
export interface ClaudeSession {
  readonly pid: number | undefined;
  /** False once it has ended for whatever reason. */
  readonly alive: boolean;
  /** Questions answered so far. */
  readonly asked: number;
  /** What all its questions have cost so far. */
  readonly spentUsd: number;
  /** Input tokens of the latest request: how large the context has grown. */
  readonly contextTokens: number;
  /** One question at a time. Never throws; a session that ended answers `crashed`. */
  ask(
    prompt: string,
    options: { timeoutMs: number; idleTimeoutMs?: number; signal: AbortSignal },
  ): Promise<ClaudeAnswer>;
  /** Ends the process and everything it started. Idempotent. */
  close(): Promise<void>;
}
