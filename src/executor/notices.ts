import type { Attachment, ExecutionFact, Notice, Reader } from '../domain/execution.ts';

const limits = {
  /** What the client has not confirmed: beyond it the process is held back. */
  openBytes: 1024 * 1024,
  /** Everything that is kept for a client that comes back, confirmed or not. */
  keptBytes: 2 * 1024 * 1024,
};

/** What a notice takes in memory beside its output. */
const noticeBytes = 300;

/**
 * The notices of one session in order, each with its number. What the client has confirmed stays for a while, in case
 * that it comes back and knows less; what it has not confirmed is never dropped.
 *
 *     … dropped │ confirmed, kept │ sent │ waiting for room or for a client
 */
export class Notices {
  readonly #onRoom: () => void;
  /** From number `#firstSeq` on. */
  #kept: Notice[] = [];
  #firstSeq = 1;
  #lastSeq = 0;
  #confirmedSeq = 0;
  #sentSeq = 0;
  #keptBytes = 0;
  #openBytes = 0;
  #wasFull = false;
  #reader: Reader | undefined;
  #isPulling = false;

  /** `onRoom` is told when `isFull` has become false. */
  constructor(onRoom: () => void) {
    this.#onRoom = onRoom;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  get hasReader(): boolean {
    return this.#reader !== undefined;
  }

  /** Nothing that can wait should be added. */
  get isFull(): boolean {
    const isFull = this.#openBytes >= limits.openBytes;
    this.#wasFull ||= isFull;
    return isFull;
  }

  add(fact: ExecutionFact): void {
    const notice = { ...fact, seq: ++this.#lastSeq };
    this.#kept.push(notice);
    this.#keptBytes += sizeOf(notice);
    this.#openBytes += sizeOf(notice);
    this.#pull();
    this.#trim();
  }

  /** The client has seen everything up to `lastSeenSeq`. Another reader is dismissed. */
  attach(reader: Reader, lastSeenSeq: number): Attachment {
    this.dismiss('replaced');
    const seenSeq = Math.min(Math.max(lastSeenSeq, 0), this.#lastSeq);
    this.#confirm(seenSeq);
    const missed = Math.max(0, this.#firstSeq - 1 - seenSeq);
    this.#sentSeq = seenSeq + missed;
    this.#reader = reader;
    const isOurs = () => this.#reader === reader;
    return {
      missed,
      acknowledge: (seq) => {
        if (isOurs()) this.#confirm(Math.min(seq, this.#sentSeq));
      },
      pull: () => {
        if (isOurs()) this.#pull();
      },
      detach: () => {
        if (isOurs()) this.#reader = undefined;
      },
    };
  }

  dismiss(reason: Parameters<Reader['dismiss']>[0]): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.dismiss(reason);
  }

  #pull(): void {
    // A reader may ask for more while it takes one.
    if (this.#isPulling) return;
    this.#isPulling = true;
    try {
      while (this.#sentSeq < this.#lastSeq && this.#reader?.hasRoom) {
        const notice = this.#kept[this.#sentSeq + 1 - this.#firstSeq];
        if (notice === undefined) return;
        this.#sentSeq += 1;
        this.#reader.take(notice);
      }
    } finally {
      this.#isPulling = false;
    }
  }

  #confirm(seq: number): void {
    for (let next = Math.max(this.#confirmedSeq + 1, this.#firstSeq); next <= seq; next += 1) {
      const notice = this.#kept[next - this.#firstSeq];
      if (notice !== undefined) this.#openBytes -= sizeOf(notice);
    }
    this.#confirmedSeq = Math.max(this.#confirmedSeq, seq);
    this.#trim();
    if (!this.#wasFull || this.#openBytes >= limits.openBytes / 2) return;
    this.#wasFull = false;
    this.#onRoom();
  }

  #trim(): void {
    let dropped = 0;
    while (this.#keptBytes > limits.keptBytes && this.#firstSeq + dropped <= this.#confirmedSeq) {
      const notice = this.#kept[dropped];
      if (notice === undefined) break;
      this.#keptBytes -= sizeOf(notice);
      dropped += 1;
    }
    if (dropped === 0) return;
    this.#kept.splice(0, dropped);
    this.#firstSeq += dropped;
  }
}

function sizeOf(notice: Notice): number {
  return noticeBytes + (notice.type === 'output' ? notice.bytes.length : 0);
}
