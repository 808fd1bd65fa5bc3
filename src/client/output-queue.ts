/** A piece of what a command printed. */
export interface OutputChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  /** Bytes of this stream before it: where it does not join the one before, something was missed. */
  readonly offset: number;
}

/** What is kept for a reader, in characters. */
const keptChars = 8 * 1024 * 1024;
/** What a chunk takes beside its text. */
const chunkChars = 100;
const compactAt = 1_000;

/**
 * The output that has come and was not read yet. As long as nobody reads it, the oldest goes when there is too much;
 * once somebody reads, nothing is dropped and `isFull` says that no more should come.
 */
export class OutputQueue implements AsyncIterable<OutputChunk> {
  readonly #onRead: () => void;
  #chunks: (OutputChunk | undefined)[] = [];
  #next = 0;
  #unreadChars = 0;
  #isRead = false;
  #end: { readonly error: Error | undefined } | undefined;
  #wake: (() => void) | undefined;

  /** `onRead` is told after each chunk that is taken, and when the reader leaves. */
  constructor(onRead: () => void) {
    this.#onRead = onRead;
  }

  get isFull(): boolean {
    return this.#isRead && this.#unreadChars > keptChars;
  }

  get hasRoom(): boolean {
    return !this.#isRead || this.#unreadChars <= keptChars / 2;
  }

  push(chunk: OutputChunk): void {
    this.#chunks.push(chunk);
    this.#unreadChars += sizeOf(chunk);
    while (!this.#isRead && this.#unreadChars > keptChars) this.#take();
    this.#wake?.();
  }

  end(error?: Error): void {
    this.#end ??= { error };
    this.#wake?.();
  }

  /** Reads from the oldest chunk that is still here. Throws what ended the execution, unless it came to its end. */
  async *[Symbol.asyncIterator](): AsyncGenerator<OutputChunk, void, undefined> {
    if (this.#isRead) throw new Error('This output is being read already.');
    this.#isRead = true;
    try {
      for (;;) {
        const chunk = this.#take();
        if (chunk !== undefined) {
          this.#onRead();
          yield chunk;
        } else if (this.#end !== undefined) {
          if (this.#end.error !== undefined) throw this.#end.error;
          return;
        } else await this.#more();
      }
    } finally {
      this.#isRead = false;
      this.#onRead();
    }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  #take(): OutputChunk | undefined {
    const chunk = this.#chunks[this.#next];
    if (chunk === undefined) return undefined;
    this.#chunks[this.#next++] = undefined;
    this.#unreadChars -= sizeOf(chunk);
    if (this.#next >= compactAt || this.#next === this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#next);
      this.#next = 0;
    }
    return chunk;
  }
}

function sizeOf({ text }: OutputChunk): number {
  return text.length + chunkChars;
}
