import { crc32 } from 'node:zlib';
import { expect } from 'vitest';
import { serveHere } from '../server/rig.ts';
import { clientOf, lineTo } from './rig.ts';

const outputBytes = 10_000_000;
const command = `head -c ${outputBytes} /dev/zero | tr '\\0' x | fold -w 99`;

/** Cuts the line again and again, at random moments, while 10 MB arrive; every byte has to come once. */
export async function loseConnections(rounds: number, perRound: number): Promise<void> {
  const served = await serveHere();
  const line = await lineTo(served.port);
  const client = clientOf(served, { url: line.url });
  for (let round = 0; round < rounds; round++) {
    const dialled = line.dialled;
    const cuts = Array.from({ length: perRound }, () => Math.random() * outputBytes).sort((a, b) => a - b);
    let [bytes, sum] = [0, 0];
    const run = client.execute(command);
    for await (const { text, offset } of run) {
      expect(offset).toBe(bytes);
      bytes += text.length;
      sum = crc32(text, sum);
      while (bytes >= (cuts[0] ?? Number.POSITIVE_INFINITY)) {
        cuts.shift();
        line.cut();
      }
    }
    const { sums, missed, isOk } = await run;
    expect({ isOk, missed, bytes }).toEqual({ isOk: true, missed: 0, bytes: sums.stdout.bytes });
    expect(sum.toString(16).padStart(8, '0')).toBe(sums.stdout.crc32);
    expect(line.dialled).toBeGreaterThan(dialled);
  }
  expect(served.executor.status().activeSessions).toBe(1);
}
