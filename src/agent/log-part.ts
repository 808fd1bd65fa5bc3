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
  #rest: Buffer = Buffer.alloc(0);

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
    let carry: Buffer = Buffer.alloc(0);
    // Behind the last line end stands what is only being written.
    let isWhole = false;
    while (position > 0) {
      const length = Math.min(chunkBytes, position);
      position -= length;
      const bytes = Buffer.concat([await this.#read(position, length), carry]);
      let end = bytes.length;
      for (let at = breakBefore(bytes, end); at >= 0; at = breakBefore(bytes, end)) {
        if (isWhole && end > at + 1) yield { line: bytes.toString('utf8', at + 1, end), offset: position + at + 1 };
        isWhole = true;
        end = at;
      }
      carry = bytes.subarray(0, Math.min(end, maxLineBytes));
    }
    if (isWhole && carry.length > 0) yield { line: carry.toString('utf8'), offset: 0 };
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
      this.#rest = Buffer.alloc(0);
    }
    for (;;) {
      const chunk = await this.#read(this.#offset, chunkBytes);
      if (chunk.length === 0) return;
      this.#offset += chunk.length;
      const bytes = Buffer.concat([this.#rest, chunk]);
      let begin = 0;
      for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, begin)) {
        if (at > begin) yield bytes.toString('utf8', begin, at);
        begin = at + 1;
      }
      this.#rest = bytes.length - begin > maxLineBytes ? Buffer.alloc(0) : bytes.subarray(begin);
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
