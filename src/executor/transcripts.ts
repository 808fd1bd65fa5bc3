import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionEnded } from '../domain/execution.ts';

/** So many stay; the oldest go. */
const keptFiles = 1_000;
const pruneEvery = 100;

export interface Transcript extends ExecutionEnded {
  readonly sessionId: string;
  readonly requestId: string | number | null;
  readonly command: string;
  readonly startedAt: string;
  readonly output: Readonly<Record<'stdout' | 'stderr', { readonly text: string; readonly droppedBytes: number }>>;
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

  /** Never rejects: a full disk ends no command. */
  async write(transcript: Transcript): Promise<void> {
    try {
      if (this.#written === 0) await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const file = join(this.#folder, `${transcript.executionId}.json`);
      const text = await this.#scrub(`${JSON.stringify(transcript, null, 2)}\n`);
      await writeFile(file, text, { mode: 0o600 });
      if (this.#written++ % pruneEvery === 0) await this.#prune();
      this.#problem = undefined;
    } catch (error) {
      this.#problem = `Transcripts cannot be written to ${this.#folder}: ${error instanceof Error ? error.message : error}`;
    }
  }

  async #prune(): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith('.json'));
    if (names.length <= keptFiles) return;
    const dated = await Promise.all(
      names.map(async (name) => ({ name, ms: (await stat(join(this.#folder, name))).mtimeMs })),
    );
    dated.sort((a, b) => b.ms - a.ms);
    for (const { name } of dated.slice(keptFiles)) await rm(join(this.#folder, name), { force: true });
  }
}
