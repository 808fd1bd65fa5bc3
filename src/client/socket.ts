import { CloseCode } from './wire.ts';

/** What is needed of a WebSocket: the one of browsers and of Node, or the one of `ws`. */
export interface SocketLike {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { readonly code: number }) => void): void;
  addEventListener(type: 'error', listener: () => void): void;
}

export type SocketConstructor = new (url: string, protocols: string[]) => SocketLike;

export interface SocketClosed {
  readonly code: number;
  /** Why it could not even be tried. */
  readonly problem: string | undefined;
}

interface Dialled {
  readonly closed: Promise<SocketClosed>;
  /** Ends the connection at once, without waiting for the other side; the session is kept. */
  hangUp(): void;
}

/** Until the first message. */
const connectMs = 10_000;
const lostCode = 1006;

/** Opens one connection. Browsers cannot set headers, so that the token goes as a subprotocol. */
export function dial(
  WebSocket: SocketConstructor,
  url: string,
  token: string | undefined,
  onText: (socket: SocketLike, text: string) => void,
): Dialled {
  let socket: SocketLike;
  try {
    socket = new WebSocket(url, ['mendwatch', ...(token === undefined ? [] : [`bearer.${token}`])]);
  } catch (error) {
    // An address that is none, or a token with characters that a subprotocol cannot have.
    const problem = `It cannot be connected: ${error instanceof Error ? error.message : String(error)}`;
    return { closed: Promise.resolve({ code: lostCode, problem }), hangUp: () => undefined };
  }
  const closed = Promise.withResolvers<SocketClosed>();
  let isOver = false;
  const over = (code: number): void => {
    isOver = true;
    clearTimeout(late);
    closed.resolve({ code, problem: undefined });
  };
  const hangUp = (): void => {
    over(lostCode);
    socket.close(CloseCode.comingBack);
  };
  const late = setTimeout(hangUp, connectMs);
  socket.addEventListener('message', ({ data }) => {
    clearTimeout(late);
    if (!isOver && typeof data === 'string') onText(socket, data);
  });
  socket.addEventListener('close', ({ code }) => over(code));
  socket.addEventListener('error', () => undefined);
  return { closed: closed.promise, hangUp };
}
