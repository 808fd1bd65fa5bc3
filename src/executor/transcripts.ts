import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionEnded } from '../domain/execution.ts';
import type { HookNote } from '../domain/hooks.ts';
import { codeOf, messageOf } from '../errors.ts';

/** So many stay; the oldest go. */
const keptFiles = 1_000;
const pruneEvery = 100;

export interface Transcript extends ExecutionEnded {
  readonly sessionId: string;
  readonly requestId: string | number | null;
  readonly command: string;
  readonly startedAt: string;
  readonly notes: readonly HookNote[];
  readonly output: Readonly<Record<'stdout' | 'stderr', { readonly text: string; readonly droppedBytes: number }>>;
}

type Recorded = { readonly executionId: string; readonly startedAt: string };

export interface Written {
  readonly file: string;
  /** Of what was written, in hex. */
  readonly sha256: string;
}

/** A file for each execution, named by its id: what was run, how it ended, and the beginning and end of what it said. */
export class Transcripts {
  readonly #folder: string;
  readonly #scrub: (text: string) => Promise<string>;
  #written = 0;
  #problem: string | undefined;

  constructor(folder: string, scrub: (text: string) => Promise<string>) {
    this.#folder = folder;
    this.#scrub = scrub;
  }

  /** Why the last one could not be written. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** The record of an execution; gives its checksum. Never rejects: a full disk ends no command. */
  async write(record: Recorded): Promise<string | undefined> {
    return (await this.#put(`${record.executionId}.json`, `${JSON.stringify(record, null, 2)}\n`))?.sha256;
  }

  /** What a program has said line by line, beside the record. Never rejects. */
  writeStream(executionId: string, lines: string): Promise<Written | undefined> {
    return this.#put(`${executionId}.jsonl`, `${lines}\n`);
  }

  async #put(name: string, text: string): Promise<Written | undefined> {
    const file = join(this.#folder, name);
    try {
      const cleaned = await this.#scrub(text);
      await this.#writeFile(file, cleaned);
      if (this.#written++ % pruneEvery === 0) await this.#prune();
      this.#problem = undefined;
      return { file, sha256: createHash('sha256').update(cleaned).digest('hex') };
    } catch (error) {
      // Half a record proves nothing.
      await rm(file, { force: true }).catch(() => undefined);
      this.#problem = `Transcripts cannot be written to ${this.#folder}: ${messageOf(error)}`;
      return undefined;
    }
  }

  /** Somebody may have removed the folder since the last one. */
  async #writeFile(file: string, text: string): Promise<void> {
    try {
      await writeFile(file, text, { mode: 0o600 });
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await writeFile(file, text, { mode: 0o600 });
    }
  }

  async #prune(): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith('.json'));
    if (names.length <= keptFiles) return;
    const dated = await Promise.all(
      names.map(async (name) => ({
        name,
        ms: (await stat(join(this.#folder, name)).catch(() => undefined))?.mtimeMs ?? 0,
      })),
    );
    dated.sort((a, b) => b.ms - a.ms);
    for (const { name } of dated.slice(keptFiles)) {
      for (const each of [name, `${name}l`]) await rm(join(this.#folder, each), { force: true });
    }
  }
}
