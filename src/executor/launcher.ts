import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Client,
  type ExecuteRequest,
  ExecutionRefusal,
  type GivenProgram,
  type TimeLimit,
} from '../domain/execution.ts';
import type { Hooks } from '../hooks/hooks.ts';
import type { Logger } from '../log.ts';
import { replaceFile } from '../state/disk.ts';
import { AllowList, type Program } from './allow-list.ts';
import type { ExecutionSpec } from './execution.ts';
import { History } from './history.ts';
import { type Transcript, Transcripts } from './transcripts.ts';

export interface LauncherOptions {
  /** Where transcripts and the history are kept. It exists. */
  readonly folder: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** The PATH on which allowed names are looked up: without folders that a command could have written. */
  readonly trustedPath: string;
  readonly allowedCommands: readonly string[];
  readonly streamTimeoutMs: number;
  readonly maxOutputBytes: number;
  readonly logger: Logger;
  readonly hooks?: Hooks;
  /** Takes secrets out of what is stored. */
  readonly scrub: (text: string) => Promise<string>;
}

/** The longest limit that is taken from the history. */
const longestEstimateMs = 24 * 3_600_000;
const saveAfterMs = 2_000;

/** Decides what runs, how, and for how long; remembers how it went. */
export class Launcher {
  readonly allowList: AllowList;
  readonly #options: LauncherOptions;
  readonly #history: History;
  readonly #transcripts: Transcripts;
  #saving: NodeJS.Timeout | undefined;

  private constructor(options: LauncherOptions, history: History) {
    this.#options = options;
    this.#history = history;
    this.allowList = new AllowList(options.allowedCommands, options.trustedPath, options.cwd);
    this.#transcripts = new Transcripts(join(options.folder, 'executions'), options.scrub);
  }

  static async open(options: LauncherOptions): Promise<Launcher> {
    const text = await readFile(historyFile(options.folder), 'utf8').catch(() => '');
    return new Launcher(options, History.parse(text));
  }

  get hooks(): Hooks | undefined {
    return this.#options.hooks;
  }

  get problem(): string | undefined {
    return this.#transcripts.problem;
  }

  /** @throws ExecutionRefusal when this client may not run this command */
  prepare(request: ExecuteRequest, client: Client): { readonly spec: ExecutionSpec; readonly limit: TimeLimit } {
    const { cwd, env, maxOutputBytes, streamTimeoutMs } = this.#options;
    const program = this.#program(request, client);
    const limit: TimeLimit =
      request.timeoutMs === undefined
        ? this.#history.estimate(request.command, streamTimeoutMs, longestEstimateMs)
        : { limitMs: request.timeoutMs, basis: 'call', samples: 0 };
    const idle = request.idleTimeoutMs === undefined ? {} : { idleTimeoutMs: request.idleTimeoutMs };
    return {
      spec: {
        ...program,
        cwd,
        env: { ...request.program?.env, ...env },
        timeoutMs: limit.limitMs,
        outputLimitBytes: maxOutputBytes,
        ...idle,
      },
      limit,
    };
  }

  /** Gives the checksum of the record. Never rejects. */
  async note(transcript: Transcript): Promise<string | undefined> {
    const { command, activeMs, cause } = transcript;
    if (cause === 'exited' || cause === 'timed-out') {
      this.#history.record(command, activeMs);
      this.#saving ??= setTimeout(() => void this.save(), saveAfterMs);
    }
    return this.#transcripts.write(transcript);
  }

  /** Never rejects: a lost history costs nothing but a guess. */
  async save(): Promise<void> {
    if (this.#saving === undefined) return;
    clearTimeout(this.#saving);
    this.#saving = undefined;
    try {
      await replaceFile(historyFile(this.#options.folder), this.#history.toString());
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'the history of durations could not be written');
    }
  }

  #program({ command, program: given }: ExecuteRequest, client: Client): Program {
    if (!this.allowList.isEmpty) {
      if (given === undefined) return this.allowList.resolve(command);
      // It finds by itself, and may have brought along, what the name stands for.
      if (this.allowList.has(given.allowedAs)) return commandOf(given);
      throw this.allowList.refusal(given.allowedAs);
    }
    if (!client.isAuthenticated || !client.isLoopback) {
      const who = client.isAuthenticated ? 'on this machine' : 'with the token';
      throw new ExecutionRefusal(
        'not-allowed',
        `Without ALLOWED_COMMANDS only a client ${who} may run commands in a shell.`,
      );
    }
    return given === undefined ? { command: '/bin/sh', args: ['-c', command] } : commandOf(given);
  }
}

function commandOf({ command, args }: GivenProgram): Program {
  return { command, args };
}

function historyFile(folder: string): string {
  return join(folder, 'durations.json');
}
