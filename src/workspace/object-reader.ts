import type { RunningProcess } from '../process/types.ts';
import { failure, GitError } from './git.ts';

/** An object as git holds it, without its header. */
export interface GitObject {
  readonly type: string;
  readonly bytes: Buffer;
}

interface Question {
  readonly id: string;
  readonly answer: (object: GitObject) => void;
  readonly fail: (error: unknown) => void;
}

const ARGS = ['cat-file', '--batch'];
/** Between two saves no process is kept: it holds packs open, and whoever counts processes would wonder. */
const IDLE_MS = 3_000;
const LINE_FEED = 0x0a;

/**
 * Reads objects through one process that is asked again and again (git-cat-file(1), "BATCH OUTPUT"): a question costs a
 * tenth of a millisecond, and a process of its own five.
 */
export class ObjectReader {
  readonly #start: () => RunningProcess;
  #talk: Talk | undefined;

  /** @param open starts git with these arguments in the repository, its input open and its output a stream */
  constructor(open: (args: readonly string[]) => RunningProcess) {
    this.#start = () => open(ARGS);
  }

  /** Rejects with a `GitError` when there is no such object, or it cannot be read. */
  read(id: string): Promise<GitObject> {
    if (this.#talk === undefined || this.#talk.isOver) this.#talk = new Talk(this.#start());
    return this.#talk.ask(id);
  }

  /** What was asked is answered first; what is asked afterwards, of a new process. */
  async close(): Promise<void> {
    const talk = this.#talk;
    this.#talk = undefined;
    await talk?.end();
  }
}

/** With one process, to its end. */
class Talk {
  isOver = false;
  readonly #process: RunningProcess;
  #questions: Question[] = [];
  #chunks: Buffer[] = [];
  #size = 0;
  /** Of the answer that is being read. */
  #header: { readonly type: string; readonly length: number } | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(process: RunningProcess) {
    this.#process = process;
    process.stdout?.on('data', (chunk: Buffer) => this.#take(chunk));
    void process.result.then(({ end, stderr }) => {
      this.isOver = true;
      const left = this.#questions;
      this.#questions = [];
      for (const { fail } of left) fail(failure(ARGS, end, stderr));
    });
  }

  ask(id: string): Promise<GitObject> {
    clearTimeout(this.#idle);
    return new Promise((answer, fail) => {
      this.#questions.push({ id, answer, fail });
      this.#process.stdin?.write(`${id}\n`);
    });
  }

  async end(): Promise<void> {
    this.isOver = true;
    clearTimeout(this.#idle);
    this.#process.stdin?.end();
    await this.#process.result;
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#readHeader() && this.#readBody());
    if (this.#questions.length > 0 || this.isOver) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.end(), IDLE_MS);
    this.#idle.unref();
  }

  /** `<id> <type> <size>`, or `<id> missing`. Gives false where more has to come first. */
  #readHeader(): boolean {
    if (this.#header !== undefined) return true;
    const all = this.#joined();
    const end = all.indexOf(LINE_FEED);
    if (end < 0) return false;
    const [, type = '', length] = all.toString('latin1', 0, end).split(' ');
    this.#keep(all.subarray(end + 1));
    if (length !== undefined) {
      this.#header = { type, length: Number(length) };
      return true;
    }
    const question = this.#questions.shift();
    question?.fail(new GitError(ARGS, `has no object ${question.id}`, `it is ${type}`));
    return this.#readHeader();
  }

  /** The bytes and a line feed. */
  #readBody(): boolean {
    if (this.#header === undefined || this.#size <= this.#header.length) return false;
    const { type, length } = this.#header;
    const all = this.#joined();
    this.#header = undefined;
    this.#keep(all.subarray(length + 1));
    // A copy: what is kept of an answer would keep the whole chunk that it came in.
    this.#questions.shift()?.answer({ type, bytes: Buffer.from(all.subarray(0, length)) });
    return true;
  }

  #joined(): Buffer {
    return this.#chunks.length === 1 ? (this.#chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#chunks);
  }

  #keep(rest: Buffer): void {
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#size = rest.length;
  }
}
