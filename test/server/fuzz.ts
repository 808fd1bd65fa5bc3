import fc from 'fast-check';
import { expect } from 'vitest';
import { serveHere } from './rig.ts';

const messages = fc.oneof(
  fc.json().map((text) => ({ text })),
  fc.string({ unit: 'binary', maxLength: 200 }).map((text) => ({ text })),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => ({ bytes })),
  fc
    .record(
      {
        jsonrpc: fc.oneof(fc.constant('2.0'), fc.constant('2.0'), fc.anything()),
        id: fc.oneof(fc.constant('fuzz'), fc.anything()),
        method: fc.oneof(
          fc.constantFrom('control', 'ping', 'pong', 'nothing', '__proto__', 'constructor'),
          fc.anything(),
        ),
        params: fc.oneof(
          fc.anything(),
          fc.record({ type: fc.oneof(fc.constantFrom('PAUSE', 'CANCEL', 'x'), fc.anything()) }),
        ),
      },
      { requiredKeys: [] },
    )
    .map((value) => ({ text: textOf(value) })),
  fc
    .record({
      command: fc.oneof(fc.integer(), fc.constant(null), fc.constant(' '), fc.array(fc.string())),
      timeout: fc.anything(),
    })
    .map((params) => ({ text: textOf({ jsonrpc: '2.0', id: 'fuzz', method: 'execute', params }) })),
);

const errorCodes = [-32700, -32600, -32601, -32602, -32003];

/** Sends so many broken messages; each answer is a known error, and a session beside them goes on undisturbed. */
export async function fuzz(numRuns: number): Promise<void> {
  const { connect } = await serveHere();
  const [bystander, fuzzer] = await Promise.all([connect(), connect()]);
  await bystander.ask('execute', { command: 'while :; do echo tick; sleep 0.05; done' });
  await fc.assert(
    fc.asyncProperty(fc.array(messages, { minLength: 1, maxLength: 20 }), async (list) => {
      const from = fuzzer.frames.length;
      for (const message of list) fuzzer.socket.send('bytes' in message ? message.bytes : message.text);
      const { result } = await fuzzer.ask('ping', { timestamp: 7 });
      expect(result).toEqual({ status: 'pong', timestamp: 7 });
      for (const { error } of fuzzer.frames.slice(from)) {
        if (error !== undefined) expect(errorCodes).toContain(error.code);
      }
      fuzzer.frames.length = 1;
    }),
    { numRuns },
  );
  expect(bystander.output()).toMatch(/^(?:tick\n)+$/);
  expect((await bystander.ask('control', { type: 'CANCEL' })).result.survivors).toEqual([]);
}

function textOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'undefined';
  } catch {
    return '{"circular"';
  }
}
