import { expect } from 'vitest';
import { type Caller, type Served, serveHere } from './rig.ts';

const outputBytes = 10_000_000;
const command = `head -c ${outputBytes} /dev/zero | tr '\\0' x | fold -w 99`;

/** Loses the connection again and again, at random moments, while 10 MB arrive; every byte has to come once. */
export async function loseConnections(rounds: number, perRound: number): Promise<void> {
  const served = await serveHere();
  for (let round = 0; round < rounds; round++) await loseInOneRun(served, perRound);
  await expect.poll(() => served.executor.status().activeSessions).toBe(0);
}

async function loseInOneRun(served: Served, times: number): Promise<void> {
  let caller = await served.connect();
  const callers = [caller];
  await caller.ask('execute', { command });
  for (let lost = 0; lost < times; lost++) {
    // At a moment that is given by what has arrived.
    const atBytes = Math.floor((Math.random() * outputBytes * (lost + 1)) / times);
    await caller.until(({ params, method }) => method === 'process.completed' || params?.offset >= atBytes);
    caller.socket.terminate();
    await caller.closed;
    caller = await comeBack(served, caller, callers);
  }
  const { params } = await caller.until(({ method }) => method === 'process.completed');
  const frames = callers.flatMap((each) => each.frames).filter((frame) => frame.params?.seq !== undefined);
  expect(frames.map((frame) => frame.params.seq)).toEqual(frames.map((_, index) => index + 1));
  const text = callers.map((each) => each.output()).join('');
  expect(text.length).toBe(params.stdout.bytes);
  expect(text.replaceAll('\n', '')).toBe('x'.repeat(outputBytes));
  caller.socket.close(1000);
  await caller.closed;
}

async function comeBack(served: Served, lost: Caller, callers: Caller[]): Promise<Caller> {
  const lastSeq = Math.max(...callers.map((each) => each.lastSeq));
  const sessionId = callers[0]?.sessionId;
  const caller = await served.connect({ query: `?session_id=${sessionId}&last_seq=${lastSeq}` });
  callers.push(caller);
  expect(caller.frames[0]?.params).toMatchObject({ session_id: sessionId, resumed: true, missed: 0 });
  expect(lost.socket.readyState).toBe(lost.socket.CLOSED);
  return caller;
}
