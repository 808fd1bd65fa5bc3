import { type FileHandle, open } from 'node:fs/promises';
import { codeOf } from '../errors.ts';

const chunkBytes = 64 * 1024;
/** No line of the log is longer; what is longer is none of ours, and its beginning is left out. */
const maxLineBytes = 16 * 1024 * 1024;
const newline = 0x0a;

/** One file of the log. It may grow, and be moved aside, while it is read. */
export class LogPart {
  readonly #handle: FileHandle;
  readonly #inode: number;
  #offset = 0;
  readonly #rest = new Pieces('before');

  private constructor(handle: FileHandle, inode: number) {
    this.#handle = handle;
    this.#inode = inode;
  }

  /** Undefined where there is none. */
  static async open(file: string): Promise<LogPart | undefined> {
    try {
      const handle = await open(file, 'r');
      return new LogPart(handle, (await handle.stat()).ino);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  isSameAs(inode: number): boolean {
    return inode === this.#inode;
  }

  /** From the last whole line to the first; where each begins can be given to `goTo`. */
  async *backwards(): AsyncGenerator<{ readonly line: string; readonly offset: number }> {
    let position = (await this.#handle.stat()).size;
    const carry = new Pieces('behind');
    // Behind the last line end stands what is only being written.
    let isWhole = false;
    while (position > 0) {
      const length = Math.min(chunkBytes, position);
      position -= length;
      const chunk = await this.#read(position, length);
      let end = chunk.length;
      for (let at = breakBefore(chunk, end); at >= 0; at = breakBefore(chunk, end)) {
        carry.add(chunk.subarray(at + 1, end));
        const line = carry.take();
        if (isWhole && line !== '') yield { line, offset: position + at + 1 };
        isWhole = true;
        end = at;
      }
      carry.add(chunk.subarray(0, end));
    }
    const first = carry.take();
    if (isWhole && first !== '') yield { line: first, offset: 0 };
  }

  /** Undefined: the end. */
  async goTo(offset: number | undefined): Promise<void> {
    this.#offset = offset ?? (await this.#handle.stat()).size;
  }

  /** The whole lines that have come since the last call. */
  async *more(): AsyncGenerator<string> {
    // Somebody has emptied it.
    if ((await this.#handle.stat()).size < this.#offset) {
      this.#offset = 0;
      this.#rest.take();
    }
    for (;;) {
      const chunk = await this.#read(this.#offset, chunkBytes);
      if (chunk.length === 0) return;
      this.#offset += chunk.length;
      let begin = 0;
      for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, begin)) {
        this.#rest.add(chunk.subarray(begin, at));
        begin = at + 1;
        const line = this.#rest.take();
        if (line !== '') yield line;
      }
      this.#rest.add(chunk.subarray(begin));
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #read(position: number, length: number): Promise<Buffer> {
    const { buffer, bytesRead } = await this.#handle.read(Buffer.alloc(length), 0, length, position);
    return buffer.subarray(0, bytesRead);
  }
}

function breakBefore(bytes: Buffer, end: number): number {
  return end === 0 ? -1 : bytes.lastIndexOf(newline, end - 1);
}

/** A line that is put together, by pieces that come one before or one behind the other; copied once, when it is whole. */
class Pieces {
  readonly #come: 'before' | 'behind';
  #found: Buffer[] = [];
  #bytes = 0;

  /** @param come what is found stands before what comes, or behind it */
  constructor(come: 'before' | 'behind') {
    this.#come = come;
  }

  add(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#bytes += piece.length;
    if (this.#come === 'before') this.#found.push(piece);
    else this.#found.unshift(piece);
    if (this.#bytes > maxLineBytes) this.#found = this.#found.slice(-2);
  }

  take(): string {
    const [first, ...others] = this.#found;
    const text = others.length === 0 ? first?.toString('utf8') : Buffer.concat(this.#found).toString('utf8');
    this.#found = [];
    this.#bytes = 0;
    return text ?? '';
  }
}
