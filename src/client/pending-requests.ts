import { ExecutorError } from './executor-error.ts';

/** As in the table of the protocol. */
const busy = 'A process is already running';

interface Pending {
  readonly method: string;
  readonly text: string;
  /** Over this connection. */
  isSent: boolean;
  /** Over this or an earlier one. */
  wasSent: boolean;
  /** Over an earlier one, too. */
  isRepeated: boolean;
  resolve(result: unknown): void;
  reject(error: ExecutorError): void;
}

/** Requests that wait for their answer, in the order in which they were made. */
export class PendingRequests {
  readonly #pending = new Map<unknown, Pending>();
  #lastId = 0;

  get size(): number {
    return this.#pending.size;
  }

  has(isMeant: (pending: Pending) => boolean): boolean {
    return [...this.#pending.values()].some(isMeant);
  }

  add(method: string, params: object): Promise<unknown> {
    const id = ++this.#lastId;
    const text = JSON.stringify({ jsonrpc: '2.0', id, method, params });
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { method, text, isSent: false, wasSent: false, isRepeated: false, resolve, reject });
    });
  }

  /** Those that have still to go over this connection; they count as sent. */
  unsent(): readonly string[] {
    const found = [...this.#pending.values()].filter(({ isSent }) => !isSent);
    for (const pending of found) {
      pending.isRepeated = pending.wasSent;
      pending.isSent = true;
      pending.wasSent = true;
    }
    return found.map(({ text }) => text);
  }

  /** There is another connection. */
  markUnsent(): void {
    for (const pending of this.#pending.values()) pending.isSent = false;
  }

  answer(id: unknown, result: unknown, error: { readonly code: number; readonly message: string } | undefined): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    // What is running already is this very command: the first request arrived, and hooks are being asked about it.
    if (pending.isRepeated && pending.method === 'execute' && error?.message === busy) return;
    this.#pending.delete(id);
    if (error === undefined) pending.resolve(result);
    else pending.reject(new ExecutorError('refused', error.message, error.code));
  }

  settle(result: unknown): void {
    for (const { resolve } of this.#pending.values()) resolve(result);
    this.#pending.clear();
  }

  fail(error: ExecutorError, isMeant: (pending: Pending) => boolean = () => true): void {
    for (const [id, pending] of this.#pending) {
      if (!isMeant(pending)) continue;
      this.#pending.delete(id);
      pending.reject(error);
    }
  }
}
