import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { start } from '../../src/process/process.ts';
import { runBash, startBash, until } from './until.ts';

const FLOOD = fileURLToPath(new URL('fixtures/flood.mjs', import.meta.url));

describe('collected output', () => {
  test('keeps head and tail and counts the rest', async () => {
    const result = await runBash('for i in {1..2000}; do echo $i; done', {
      stdout: { kind: 'collect', limitBytes: 40 },
    });
    expect(result.stdout).toBe('1\n2\n3\n4\n5\n6\n7\n8\n9\n10' + '1997\n1998\n1999\n2000\n');
    expect(result.droppedBytes).toBe(8893 - 40);
  });

  test('a character that arrives in two pieces stays whole, and broken ones are replaced', async () => {
    const result = await runBash(
      String.raw`printf 'caf\xc3'; sleep 0.1; printf '\xa9 \xf0\x9f'; sleep 0.1; printf '\x99\x82 \xff.'`,
    );
    expect(result.stdout).toBe('café 🙂 \uFFFD.');
  });

  test('F44: a flood stays in bounded memory and ends at the limit', async () => {
    const beforeBytes = process.memoryUsage.rss();
    let mostBytes = 0;
    const sampling = setInterval(() => {
      mostBytes = Math.max(mostBytes, process.memoryUsage.rss());
    }, 5);
    const result = await runBash('yes', { outputLimitBytes: 200e6, stdout: { kind: 'collect', limitBytes: 100_000 } });
    clearInterval(sampling);
    expect(result.end).toEqual({ kind: 'output-limit', limitBytes: 200e6 });
    expect(result.stdout).toHaveLength(100_000);
    expect(result.droppedBytes).toBeGreaterThan(199e6);
    expect(mostBytes - beforeBytes).toBeLessThan(150e6);
  });

  test('the limit holds for both outputs together, for ignored ones, and for what is read after the exit', async () => {
    const limits = { outputLimitBytes: 1000, stderr: { kind: 'ignore' } as const };
    const end = { kind: 'output-limit', limitBytes: 1000 };
    expect((await runBash('printf %600s; printf %600s >&2; sleep 100', limits)).end).toEqual(end);
    expect((await runBash('printf %600s; printf %600s >&2', limits)).end).toEqual(end);
    expect((await runBash('printf %400s; printf %600s >&2', limits)).end).toEqual({ kind: 'exited', code: 0 });
  });

  test('ignored output is not kept', async () => {
    const result = await runBash('echo out; echo err >&2', { stdout: { kind: 'ignore' } });
    expect(result).toMatchObject({ stdout: '', stderr: 'err\n' });
  });
});

describe('streamed output', () => {
  test('a slow reader holds the process back and loses nothing', async () => {
    const bytes = 3_000_000;
    const expected = createHash('sha256');
    for await (const chunk of startFlood(bytes).stdout ?? []) expected.update(chunk);
    const slow = startFlood(bytes);
    const actual = createHash('sha256');
    let taken = 0;
    for await (const chunk of slow.stdout ?? []) {
      if (taken < 200_000) await delay(10);
      taken += chunk.length;
      actual.update(chunk);
    }
    expect(taken).toBe(bytes);
    expect(actual.digest('hex')).toBe(expected.digest('hex'));
    expect((await slow.result).end).toEqual({ kind: 'exited', code: 0 });
  });

  test('a process whose reader does not read waits, is not idle, and can be cancelled', async () => {
    const child = startBash('yes', { stdout: { kind: 'stream' }, idleTimeoutMs: 150 });
    const winner = await Promise.race([child.result, delay(600, 'still held back')]);
    expect(winner).toBe('still held back');
    const startedMs = performance.now();
    await child.cancel('nobody reads');
    expect((await child.result).end).toEqual({ kind: 'cancelled', reason: 'nobody reads' });
    expect(performance.now() - startedMs).toBeLessThan(8_000);
    let bytes = 0;
    for await (const chunk of child.stdout ?? []) bytes += chunk.length;
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(1_000_000);
  });

  test('what is left unread at the exit holds the result back until it is read', async () => {
    const child = startBash('head -c 300000 /dev/zero', { stdout: { kind: 'stream' } });
    let isSettled = false;
    void child.result.then(() => {
      isSettled = true;
    });
    let bytes = 0;
    await delay(1_300);
    expect(isSettled).toBe(false);
    for await (const chunk of child.stdout ?? []) bytes += chunk.length;
    expect(bytes).toBe(300_000);
    expect((await child.result).end).toEqual({ kind: 'exited', code: 0 });
  });

  test('a reader that goes away lets the process finish', async () => {
    const child = startBash('for i in {1..50000}; do echo $i; done; exit 4', { stdout: { kind: 'stream' } });
    for await (const _chunk of child.stdout ?? []) break;
    expect((await child.result).end).toEqual({ kind: 'exited', code: 4 });
  });
});

describe('input', () => {
  test('closed by default', async () => {
    expect((await runBash('cat; echo end')).stdout).toBe('end\n');
  });

  test('data is written and closed, more than a pipe holds, text or bytes', async () => {
    expect((await runBash('wc -c', { stdin: { data: 'é'.repeat(500_000) } })).stdout.trim()).toBe('1000000');
    expect((await runBash('cat', { stdin: { data: Buffer.from('bytes') } })).stdout).toBe('bytes');
  });

  test('a process that does not read its data is no error', async () => {
    const result = await runBash('exec <&-; exit 5', { stdin: { data: 'x'.repeat(1_000_000) } });
    expect(result.end).toEqual({ kind: 'exited', code: 5 });
  });

  test('open: a conversation, and a write after the end is lost quietly', async () => {
    const child = startBash('while read -r line; do echo "<$line>"; done', {
      stdin: 'open',
      stdout: { kind: 'stream' },
    });
    const heard: string[] = [];
    child.stdout?.on('data', (chunk: Buffer) => heard.push(chunk.toString()));
    child.stdin?.write('one\n');
    await until('one is heard', () => heard.join('') === '<one>\n');
    child.stdin?.write('two\n');
    await until('two is heard', () => heard.join('') === '<one>\n<two>\n');
    child.stdin?.end();
    expect((await child.result).end).toEqual({ kind: 'exited', code: 0 });
    child.stdin?.write('three\n');
    await delay(20);
  });
});

function startFlood(bytes: number) {
  const args = [FLOOD, String(bytes)];
  return start({ command: process.execPath, args, cwd: '/', env: {}, stdout: { kind: 'stream' } });
}
