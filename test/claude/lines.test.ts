import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lineDecoder } from '../../src/claude/lines.ts';
import { parseLine } from '../../src/claude/stream.ts';

function decode(chunks: readonly Uint8Array[], limitBytes: number) {
  const seen = { lines: [] as string[], tooLong: 0 };
  const decoder = lineDecoder({
    limitBytes,
    onLine: (line) => seen.lines.push(line),
    onTooLong: () => {
      seen.tooLong += 1;
    },
  });
  for (const chunk of chunks) decoder.push(chunk);
  decoder.end();
  return seen;
}

test('F35: however a text is cut into chunks, characters and lines come out whole', () => {
  const line = fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => text.replace(/[\r\n]/g, ''));
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 10 }),
      fc.array(fc.nat({ max: 400 })),
      fc.boolean(),
      (lines, cuts, ends) => {
        const bytes = Buffer.from(lines.join('\n') + (ends ? '\n' : ''));
        const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((to, index) => bytes.subarray(places[index], to));
        expect(decode(chunks, 10_000).lines).toEqual(lines.map((one) => one.trim()).filter((one) => one !== ''));
      },
    ),
  );
});

test('F35: a line beyond the limit is dropped and reported once; those around it are whole', () => {
  const long = Buffer.alloc(1_000, 'x');
  const seen = decode([Buffer.from('one\n'), long, long, Buffer.from('rest\ntwo\nhalf')], 100);
  expect(seen).toEqual({ lines: ['one', 'two', 'half'], tooLong: 1 });
});

test('F35: a line of exactly the limit is not too long', () => {
  expect(decode([Buffer.from('abc\nabcd\n')], 3)).toEqual({ lines: ['abc'], tooLong: 1 });
});

test('F35: what is beyond the limit is not kept', () => {
  const decoder = lineDecoder({ limitBytes: 1_000, onLine: () => undefined, onTooLong: () => undefined });
  const chunk = Buffer.alloc(1 << 20, 'x');
  const before = process.memoryUsage().arrayBuffers;
  for (let megabyte = 0; megabyte < 500; megabyte += 1) decoder.push(chunk);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
});

test('F35: a chunk may be reused by the one who gave it', () => {
  const lines: string[] = [];
  const decoder = lineDecoder({ limitBytes: 100, onLine: (line) => lines.push(line), onTooLong: () => undefined });
  const chunk = Buffer.from('abc');
  decoder.push(chunk);
  chunk.fill('z');
  decoder.push(Buffer.from('d\n'));
  expect(lines).toEqual(['abcd']);
});

test('F35: whatever a line holds, reading it does not throw, and only a complete result is a result', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.json().map((json) => `{"type":"result","x":${json}}`),
      ),
      (line) => {
        expect(parseLine(line).kind).toMatch(/^(noise|other)$/);
      },
    ),
  );
});

test('a result is read by its fields, in whatever order', () => {
  const line = {
    duration_ms: 3,
    modelUsage: {
      a: { inputTokens: 1, outputTokens: 2, cacheReadInputTokens: 10, cacheCreationInputTokens: 100, costUSD: 1 },
      b: { inputTokens: 1, outputTokens: 2 },
    },
    num_turns: 2,
    is_error: true,
    api_error_status: null,
    errors: ['one', 'two'],
    permission_denials: [{}, {}],
    total_cost_usd: 0.5,
    subtype: 'error_max_turns',
    type: 'result',
    session_id: 's',
  };
  expect(parseLine(JSON.stringify(line))).toEqual({
    kind: 'result',
    subtype: 'error_max_turns',
    isError: true,
    status: undefined,
    terminalReason: undefined,
    text: 'one; two',
    structured: undefined,
    denials: 2,
    turns: 2,
    totalCostUsd: 0.5,
    totalTokens: { input: 112, output: 4 },
    sessionId: 's',
  });
});

test('a time in seconds becomes one in milliseconds', () => {
  const line = { type: 'rate_limit_event', rate_limit_info: { status: 'rejected', resetsAt: 1_795_266_285 } };
  expect(parseLine(JSON.stringify(line))).toEqual({ kind: 'rate-limit', rejected: true, opensAt: 1_795_266_285_000 });
});
