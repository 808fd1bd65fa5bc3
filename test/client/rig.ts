import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { ExecutorClient, type ExecutorClientOptions } from '../../src/client/client.ts';
import { type Served, token } from '../server/rig.ts';

export interface Line {
  readonly url: string;
  /** Connections so far. */
  readonly dialled: number;
  /** Connections of now. */
  readonly open: number;
  /** Loses all connections, as a network does: nobody says goodbye. */
  cut(): void;
  /** New connections are refused until `mend`. */
  refuse(): void;
  mend(): void;
}

/** A line to the server that can be cut. */
export async function lineTo(port: number): Promise<Line> {
  const sockets = new Set<Socket>();
  let [isRefusing, dialled] = [false, 0];
  const proxy = createServer((near) => {
    dialled += 1;
    if (isRefusing) return void near.resetAndDestroy();
    const far = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one
        .on('error', () => undefined)
        .on('close', () => {
          sockets.delete(one);
          other.destroy();
        });
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    proxy.close();
  });
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `ws://127.0.0.1:${address.port}/ws/mcp`,
    get dialled() {
      return dialled;
    },
    get open() {
      return sockets.size / 2;
    },
    cut,
    refuse: () => {
      isRefusing = true;
    },
    mend: () => {
      isRefusing = false;
    },
  };
}

/** A client of the server, closed with the test. */
export function clientOf({ port }: Pick<Served, 'port'>, options: Partial<ExecutorClientOptions> = {}): ExecutorClient {
  const client = new ExecutorClient({ url: `ws://127.0.0.1:${port}/ws/mcp`, token, ...options });
  onTestFinished(() => client.close());
  return client;
}
