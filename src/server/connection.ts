import type { WebSocket } from 'ws';
import {
  type Attachment,
  type Client,
  ExecutionRefusal,
  type ExecutionSession,
  type Notice,
  type Reader,
} from '../domain/execution.ts';
import type { HooksStatus } from '../domain/hooks.ts';
import type { Logger } from '../log.ts';
import { call, WrongCall } from './calls.ts';
import { frameOf } from './frames.ts';
import {
  codeOfRefusal,
  ErrorCode,
  errorFrame,
  type Id,
  notificationFrame,
  type Request,
  readRequest,
  resultFrame,
} from './json-rpc.ts';
import { giveBack } from './json-text.ts';

const limits = {
  /** Beyond it nothing that can wait is handed to the socket. */
  queuedBytes: 1024 * 1024,
  /** A client that asks and asks but does not read is sent away. */
  overflowBytes: 8 * 1024 * 1024,
  /** Requests that wait for their answer. */
  openRequests: 32,
  confirmEveryBytes: 256 * 1024,
  /** A client that has not answered a ping by then is taken for one that never does. */
  firstPongMs: 5_000,
  pingEveryMs: 30_000,
  /** A client that answered pings before and has been silent for so long is lost. */
  silenceMs: 5 * 60_000,
};

const CloseCode = { goingAway: 1001, tooMuch: 1013, replaced: 4001, idle: 4002 } as const;

/** Closed on purpose by the client; a connection that was lost has 1006. */
const saidGoodbye = new Set([1000, 1001, 1005]);

const binaryFrame = {
  code: ErrorCode.invalidRequest,
  message: 'Invalid Request: binary frames are not taken',
  id: null,
};

export interface ConnectionOptions {
  readonly socket: WebSocket;
  readonly session: ExecutionSession;
  readonly client: Client;
  readonly hooks: () => HooksStatus;
  readonly logger: Logger;
  readonly version: string;
  /** The client had this session before, and saw this notice last. */
  readonly isResumed: boolean;
  readonly lastSeenSeq: number;
}

/** A client on its socket: takes requests, gives notices as fast as they are read. */
export class Connection implements Reader {
  readonly #options: ConnectionOptions;
  readonly #attachment: Attachment;
  readonly #timers: NodeJS.Timeout[];
  #openRequests = 0;
  #sinceConfirmBytes = 0;
  /** Undefined until it answers its first ping; then a number is confirmed only by a pong. */
  #heardMs: number | undefined;
  #answersPings = true;
  #isDismissed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { socket, session, version, isResumed, lastSeenSeq } = options;
    this.#attachment = session.attach(this, lastSeenSeq);
    socket.on('message', (data: Buffer, isBinary) => this.#receive(data, isBinary));
    socket.on('pong', (data) => this.#onPong(data));
    socket.on('ping', () => this.#watchOverflow());
    socket.on('close', (code) => this.#onClose(code));
    this.#send(
      notificationFrame('connected', {
        session_id: session.id,
        version,
        capabilities: ['execute', 'control', 'stream'],
        resumed: isResumed,
        missed: this.#attachment.missed,
        last_seq: session.lastSeq,
        execution_id: session.current ?? null,
      }),
    );
    socket.ping('0');
    this.#timers = [
      setInterval(() => this.#ping(), limits.pingEveryMs).unref(),
      setTimeout(() => this.#onNoPong(), limits.firstPongMs).unref(),
    ];
    this.#attachment.pull();
  }

  get hasRoom(): boolean {
    const { socket } = this.#options;
    return socket.readyState === socket.OPEN && socket.bufferedAmount < limits.queuedBytes;
  }

  take(notice: Notice): void {
    const { socket } = this.#options;
    const frame = frameOf(notice);
    socket.send(frame, { binary: false }, (error) => {
      if (!error && typeof frame !== 'string') giveBack(frame);
      if (!this.#answersPings) this.#attachment.acknowledge(notice.seq);
      this.#attachment.pull();
    });
    this.#sinceConfirmBytes += frame.length;
    if (this.#sinceConfirmBytes < limits.confirmEveryBytes) return;
    this.#sinceConfirmBytes = 0;
    socket.ping(String(notice.seq));
  }

  dismiss(reason: 'replaced' | 'idle' | 'stopped'): void {
    this.#isDismissed = true;
    const code = { replaced: CloseCode.replaced, idle: CloseCode.idle, stopped: CloseCode.goingAway }[reason];
    this.#options.socket.close(code, reason);
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#watchOverflow()) return;
    this.#options.session.touch();
    const request = isBinary ? binaryFrame : readRequest(data.toString());
    if ('code' in request) this.#send(errorFrame(request.id, request.code, request.message));
    else if (this.#openRequests >= limits.openRequests) {
      this.#refuse(request.id, ErrorCode.server, 'Too many requests wait for their answer');
    } else {
      this.#openRequests += 1;
      void this.#serve(request).finally(() => {
        this.#openRequests -= 1;
      });
    }
  }

  async #serve(request: Request): Promise<void> {
    try {
      const { session, client, hooks } = this.#options;
      await call(request, {
        session,
        client,
        hooks,
        answer: (result) => this.#answer(request.id, result),
        notify: (method, params) => this.#send(notificationFrame(method, params)),
      });
    } catch (error) {
      if (error instanceof ExecutionRefusal) return this.#refuse(request.id, codeOfRefusal[error.code], error.message);
      if (error instanceof WrongCall) return this.#refuse(request.id, error.code, error.message);
      this.#options.logger.error({ err: error, session: this.#options.session.id }, 'a request failed');
      this.#refuse(request.id, ErrorCode.internal, 'Internal error');
    }
  }

  #answer(id: Id | undefined, result: object): void {
    if (id !== undefined) this.#send(resultFrame(id, result));
  }

  #refuse(id: Id | undefined, code: number, message: string): void {
    if (id !== undefined) this.#send(errorFrame(id, code, message));
  }

  #send(frame: string): void {
    const { socket } = this.#options;
    if (socket.readyState === socket.OPEN) socket.send(frame);
  }

  #watchOverflow(): boolean {
    const { socket } = this.#options;
    if (socket.readyState !== socket.OPEN) return true;
    if (socket.bufferedAmount <= limits.overflowBytes) return false;
    socket.close(CloseCode.tooMuch, 'read before you ask for more');
    return true;
  }

  #ping(): void {
    if (this.#heardMs !== undefined && performance.now() - this.#heardMs > limits.silenceMs) {
      this.#options.socket.terminate();
      return;
    }
    if (!this.hasRoom) return;
    this.#options.socket.ping('0');
    this.#send(notificationFrame('ping', { timestamp: new Date().toISOString() }));
  }

  #onPong(data: Buffer): void {
    this.#heardMs = performance.now();
    this.#answersPings = true;
    const seq = Number(data.toString());
    if (Number.isSafeInteger(seq) && seq > 0) this.#attachment.acknowledge(seq);
  }

  #onNoPong(): void {
    if (this.#heardMs !== undefined) return;
    this.#answersPings = false;
    // What has left this process is all that can be known of such a client.
    const { socket, session } = this.#options;
    if (socket.bufferedAmount === 0) this.#attachment.acknowledge(session.lastSeq);
  }

  #onClose(code: number): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#attachment.detach();
    // It said goodbye: nobody will come back for what still runs.
    if (!this.#isDismissed && saidGoodbye.has(code)) void this.#options.session.close('its client left');
  }
}
