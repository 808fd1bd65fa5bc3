import { backOffMs } from './back-off.ts';
import { ExecutorError } from './executor-error.ts';
import { PendingRequests } from './pending-requests.ts';
import { dial, type SocketClosed, type SocketConstructor, type SocketLike } from './socket.ts';
import { CloseCode, type ConnectedParams, type Message } from './wire.ts';

export interface LinkOptions {
  readonly url: string;
  readonly token: string | undefined;
  readonly WebSocket: SocketConstructor;
  /** After so long without a connection what runs is given up. */
  readonly giveUpMs: number;
}

export interface LinkListener {
  /** A notice about an execution, in order and once. */
  onNotice(method: string, params: Readonly<Record<string, unknown>>): void;
  /** So many notices were lost for good. */
  onMissed(count: number): void;
  /** The session is over, and with it what ran in it. */
  onLost(error: ExecutorError): void;
}

const limits = {
  /** The longest rest: the server gives a session up after five minutes. */
  restMs: 120_000,
  /** The server says something every 30 s. */
  silenceMs: 95_000,
  lookEveryMs: 15_000,
};

/**
 * One session with the server, over as many connections as it takes. Requests and notices survive the loss of a
 * connection: it is made again after a while, and goes on behind the last notice that came.
 *
 *     idle ─request─▶ dialling ─▶ replaying ─▶ open ─lost─▶ waiting ─▶ dialling …
 *       ▲                                       └─rest──▶ resting ─wake─▶ dialling …
 *       └── nothing is under way ── lost
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #listener: LinkListener;
  readonly #requests = new PendingRequests();
  #socket: SocketLike | undefined;
  #hangUp: (() => void) | undefined;
  #sessionId: string | undefined;
  #lastSeq = 0;
  /** The notices up to this one come before requests are sent: one of them may be the answer. */
  #replayUntilSeq = Number.POSITIVE_INFINITY;
  #refusal: { readonly message: string; readonly code: number } | undefined;
  #isKeeping = false;
  #isResting = false;
  #isClosed = false;
  #endSleep: (() => void) | undefined;
  #heardMs = 0;
  /** An execution is under way: a lost connection is made again. */
  isBusy = false;

  constructor(options: LinkOptions, listener: LinkListener) {
    this.#options = options;
    this.#listener = listener;
  }

  get sessionId(): string | undefined {
    return this.#sessionId;
  }

  /** @throws ExecutorError */
  request(method: string, params: object): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(new ExecutorError('closed', 'This client was closed.'));
    const answer = this.#requests.add(method, params);
    this.wake();
    if (this.#isReplayed) this.#flush();
    void this.#keep();
    return answer;
  }

  /** The execution has ended: requests whose answer was lost with a connection have nothing to act upon any more. */
  forgetRequests(): void {
    this.#requests.settle({ reached: 0, survivors: [] });
  }

  /** Lays the connection down until `wake`: no more should come, and a browser has no other way to say so. */
  rest(): void {
    if (this.#socket === undefined || this.#isResting || this.#requests.size > 0) return;
    this.#isResting = true;
    this.#hangUp?.();
  }

  wake(): void {
    if (!this.#isResting) return;
    this.#isResting = false;
    this.#endSleep?.();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket?.close(CloseCode.done);
    this.#lose(new ExecutorError('closed', 'This client was closed.'));
    this.#endSleep?.();
  }

  get #isReplayed(): boolean {
    return this.#socket !== undefined && this.#lastSeq >= this.#replayUntilSeq;
  }

  get #isWanted(): boolean {
    return !this.#isClosed && (this.isBusy || this.#requests.size > 0);
  }

  async #keep(): Promise<void> {
    if (this.#isKeeping) return;
    this.#isKeeping = true;
    let lostMs: number | undefined;
    for (let attempt = 0; this.#isWanted; attempt++) {
      const closed = await this.#connection();
      if (closed.hasWorked) [attempt, lostMs] = [0, undefined];
      lostMs ??= performance.now();
      if (this.#isResting) await this.#sleep(limits.restMs);
      else if (!this.#isOver(closed, performance.now() - lostMs) && this.#isWanted) {
        await this.#sleep(backOffMs(attempt, Math.random()));
      }
    }
    this.#isKeeping = false;
  }

  /** Whether what is under way has to be given up; then it has been. */
  #isOver({ code, problem }: SocketClosed, lostForMs: number): boolean {
    const refusal = this.#refusal;
    this.#refusal = undefined;
    const where = this.#options.url;
    if (code === CloseCode.idle) {
      this.#forget();
      return false;
    }
    if (code === CloseCode.refused) {
      this.#lose(new ExecutorError('refused', refusal?.message ?? 'The server refused the session.', refusal?.code));
    } else if (code === CloseCode.replaced) {
      this.#lose(new ExecutorError('session-lost', 'Another connection has taken the session over.'));
    } else if (code === CloseCode.goingAway) {
      this.#lose(new ExecutorError('session-lost', `The executor at ${where} has stopped.`));
    } else if (this.#sessionId === undefined) {
      this.#lose(new ExecutorError('could-not-connect', problem ?? whyNoConnection(where)));
    } else if (lostForMs > this.#options.giveUpMs) {
      this.#lose(new ExecutorError('session-lost', `The connection to ${where} was lost and could not be made again.`));
    } else return false;
    return true;
  }

  async #connection(): Promise<SocketClosed & { readonly hasWorked: boolean }> {
    const { url, token, WebSocket } = this.#options;
    const address = this.#sessionId === undefined ? url : comeBack(url, this.#sessionId, this.#lastSeq);
    this.#replayUntilSeq = Number.POSITIVE_INFINITY;
    this.#requests.markUnsent();
    const dialled = dial(WebSocket, address, token, (socket, text) => {
      if (this.#isClosed) return socket.close(CloseCode.done);
      this.#socket = socket;
      this.#hangUp = dialled.hangUp;
      this.#heardMs = performance.now();
      if (!this.#understands(text)) dialled.hangUp();
    });
    const looking = setInterval(() => {
      if (this.#socket !== undefined && performance.now() - this.#heardMs > limits.silenceMs) dialled.hangUp();
    }, limits.lookEveryMs);
    const closed = await dialled.closed;
    clearInterval(looking);
    const hasWorked = this.#replayUntilSeq !== Number.POSITIVE_INFINITY;
    this.#socket = undefined;
    this.#hangUp = undefined;
    return { ...closed, hasWorked };
  }

  /** False for what no executor sends. */
  #understands(text: string): boolean {
    try {
      this.#receive(JSON.parse(text));
      return true;
    } catch {
      return false;
    }
  }

  #receive({ id, method, params, result, error }: Message): void {
    if (method === 'connected') this.#onConnected(params as unknown as ConnectedParams);
    else if (method !== undefined && typeof params?.seq === 'number') this.#onNotice(method, params, params.seq);
    else if (typeof id === 'number') this.#requests.answer(id, result, error);
    else if (error !== undefined) this.#refusal = error;
  }

  #onConnected({ session_id: sessionId, resumed, missed, last_seq: lastSeq }: ConnectedParams): void {
    const isNew = this.#sessionId !== sessionId;
    if (this.#sessionId !== undefined && isNew && !resumed) this.#loseSent();
    if (isNew) this.#lastSeq = 0;
    this.#sessionId = sessionId;
    this.#lastSeq += missed;
    this.#replayUntilSeq = lastSeq;
    if (missed > 0) this.#listener.onMissed(missed);
    if (this.#isReplayed) this.#flush();
  }

  #onNotice(method: string, params: Readonly<Record<string, unknown>>, seq: number): void {
    if (seq <= this.#lastSeq) return;
    this.#lastSeq = seq;
    if (method === 'process.started') this.#requests.answer(params.request_id, params, undefined);
    this.#listener.onNotice(method, params);
    if (this.#isReplayed) this.#flush();
  }

  #flush(): void {
    for (const text of this.#requests.unsent()) this.#socket?.send(text);
  }

  /** Another session than before: what was asked of that one has no answer. */
  #loseSent(): void {
    const error = new ExecutorError('session-lost', 'The server did not keep the session; what it ran was ended.');
    const isFresh = this.#requests.has(({ method, wasSent }) => method === 'execute' && !wasSent);
    this.#requests.fail(error, ({ wasSent }) => wasSent);
    if (this.isBusy && !isFresh) this.#listener.onLost(error);
  }

  #lose(error: ExecutorError): void {
    this.#forget();
    this.#requests.fail(error);
    if (this.isBusy) this.#listener.onLost(error);
  }

  #forget(): void {
    this.#sessionId = undefined;
    this.#lastSeq = 0;
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#endSleep?.(), ms);
      this.#endSleep = () => {
        clearTimeout(timer);
        this.#endSleep = undefined;
        this.#isResting = false;
        resolve();
      };
    });
  }
}

/** Put together as text: browsers take addresses that are no whole URL, too. */
function comeBack(url: string, sessionId: string, lastSeq: number): string {
  const query = `session_id=${encodeURIComponent(sessionId)}&last_seq=${lastSeq}`;
  return `${url}${url.includes('?') ? '&' : '?'}${query}`;
}

function whyNoConnection(url: string): string {
  return `There is no connection to ${url}: no executor listens there, or it refuses the token or the page.`;
}
