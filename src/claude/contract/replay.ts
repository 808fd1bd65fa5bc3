import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Rehearsal, startRehearsal } from '../rehearsal/server.ts';
import { openSession } from '../session.ts';
import { parseLine } from '../stream.ts';
import type { ClaudeAnswer } from '../types.ts';
import { type Clause, contract, type Seen } from './table.ts';

/** One row as it was played. */
export interface ContractRow {
  readonly name: string;
  /** For people, in the same words as `got`. */
  readonly expected: string;
  readonly got: string;
  readonly ok: boolean;
}

export interface ContractOptions {
  /** The `claude` to be tried. */
  readonly command: string;
  /** Its PATH is what the command gets; everything else is made up, so that nothing of the person's is touched or paid. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Told of each row when it is over. */
  readonly onRow?: (row: ContractRow) => void;
}

const limits = { questionMs: 30_000, atOnce: 2 };

/**
 * Plays every row against this command and a scripted service on loopback, in about a minute. The rows come in the order of the table;
 * those that had not begun when the signal aborts are missing.
 */
export async function replayContract(options: ContractOptions): Promise<readonly ContractRow[]> {
  const rows: ContractRow[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < contract.length && !options.signal.aborted; index = next++) {
      const clause = contract[index];
      if (clause === undefined) return;
      const row = rowOf(clause, await play(clause, options));
      rows[index] = row;
      options.onRow?.(row);
    }
  };
  await Promise.all(Array.from({ length: limits.atOnce }, work));
  return rows.filter((row) => row !== undefined);
}

async function play(clause: Clause, { command, env, signal }: ContractOptions): Promise<Seen> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'mendwatch-contract-')));
  const asked = Promise.withResolvers<void>();
  const rehearsal = await startRehearsal((request) => {
    asked.resolve();
    return typeof clause.reply === 'function' ? clause.reply(request) : (clause.reply ?? {});
  });
  try {
    const [lane, home] = [join(folder, 'lane'), join(folder, 'home')];
    await Promise.all([mkdir(lane), mkdir(home)]);
    await writeFile(join(lane, 'a.txt'), 'text\n');
    const surroundings = { PATH: env.PATH ?? '', ...rehearsal.environment(home), ...clause.env };
    return await ask({ clause, command, lane, env: surroundings, asked: asked.promise, signal });
  } finally {
    await put(rehearsal, folder);
  }
}

interface Asking {
  readonly clause: Clause;
  readonly command: string;
  readonly lane: string;
  readonly env: Readonly<Record<string, string>>;
  /** Settles when the question has reached the service. */
  readonly asked: Promise<void>;
  readonly signal: AbortSignal;
}

async function ask({ clause, command, lane, env, asked, signal }: Asking): Promise<Seen> {
  const lines: string[] = [];
  const spec = { command, cwd: lane, tools: ['Read'], ...clause.spec, env, onLine: (line: string) => lines.push(line) };
  const session = openSession(spec);
  try {
    if (clause.signal !== undefined) void asked.then(() => process.kill(session.pid ?? 0, clause.signal));
    const silence = clause.silenceMs === undefined ? {} : { idleTimeoutMs: clause.silenceMs };
    return seenOf(await session.ask('hello', { timeoutMs: limits.questionMs, ...silence, signal }), lines);
  } finally {
    await session.close();
  }
}

function seenOf({ outcome, usage }: ClaudeAnswer, lines: readonly string[]): Seen {
  const events = lines.map(parseLine);
  const result = events.find((event) => event.kind === 'result');
  return {
    outcome: outcome.kind,
    result: result === undefined ? 'none' : `${result.subtype}${result.isError ? ', an error' : ''}`,
    retries: events.filter(({ kind }) => kind === 'retry').length,
    saysWhen: outcome.kind === 'rate-limited' && outcome.opensAt !== undefined,
    denials: result?.denials ?? 0,
    isPaid: usage.costUsd > 0,
  };
}

function rowOf({ name, expected }: Clause, seen: Seen): ContractRow {
  const keys = (Object.keys(seen) as (keyof Seen)[]).filter((key) => key in expected);
  const words = (facts: Partial<Seen>): string => keys.map((key) => `${key} ${facts[key]}`).join('; ');
  const [wanted, got] = [words(expected), words(seen)];
  return { name, expected: wanted, got, ok: wanted === got };
}

async function put(rehearsal: Rehearsal, folder: string): Promise<void> {
  await rehearsal.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
