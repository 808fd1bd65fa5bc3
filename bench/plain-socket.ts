import { WebSocketServer } from 'ws';

// What the bench of the executor is held against: a server of `ws` alone that sends frames as fast as they are taken.

const [text = '', totalText = '0'] = process.argv.slice(2);
const lines = text.repeat(Math.ceil(65_536 / text.length)).slice(0, 65_536);
const frame = Buffer.from(JSON.stringify({ jsonrpc: '2.0', method: 'process.output', params: { data: lines } }));
const most = 1024 * 1024;

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false }, () => {
  process.stdout.write(`ws://127.0.0.1:${(server.address() as { port: number }).port}/\n`);
});
server.on('connection', (socket) => {
  let leftBytes = Number(totalText);
  const fill = (): void => {
    while (leftBytes > 0 && socket.bufferedAmount < most) {
      leftBytes -= lines.length;
      socket.send(frame, { binary: false }, fill);
    }
    if (leftBytes <= 0) socket.close();
  };
  fill();
});
