import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Attempt, Task } from '../../src/domain/task.ts';
import {
  type EarlierAttempt,
  earlierAttempts,
  earlierText,
  shorten,
  verdictFile,
  verdictText,
} from '../../src/pipeline/earlier.ts';
import { Runs } from '../../src/pipeline/runs.ts';
import { redOf, result } from '../rig/reports.ts';
import { scratch } from '../rig/scratch.ts';

const attempt = (number: number): Attempt => ({
  number,
  strategy: `Try ${number}`,
  verdict: 'rejected',
  reasons: [`A test is still red: it went wrong in ${number}`],
  patch: null,
  cost_usd: 0.1,
  duration: 3,
});

const assertion = 'AssertionError: expected 900 to be 1000\n\n- 1000\n+ 900\n    at test/discount.test.ts:4:1';

function earlier(number: number, patch: string, more: readonly string[] = []): EarlierAttempt {
  const red = [assertion, ...more].map((message, index) => ({ file: 'a.test.ts', title: `test ${index}`, message }));
  return { ...attempt(number), patchText: patch, verdictRun: { red, output: 'RUN v5\n'.repeat(2_000) } };
}

describe('FIX-3: an attempt is told of the earlier ones', () => {
  test('their patches, their verdicts and what the tests said, from their folders', async () => {
    const runs = new Runs(await scratch('earlier'), (text) => text.replaceAll('s3cret', '[secret]'));
    const task = { id: 'task_0000000a', attempts: [attempt(1), attempt(2), attempt(3)] } as unknown as Task;
    const failed = { ...redOf(result('a.test.ts', 'adds', 'failed')), message: assertion };
    await runs.write(task.id, 'attempt-1/fix.patch', '-const key = "s3cret"\n+const key = ""');
    await runs.write(task.id, verdictFile(1), verdictText([failed], 'FAIL a.test.ts'));
    await runs.write(task.id, verdictFile(2), '{"red": [');
    const text = earlierText(await earlierAttempts(runs, task));
    expect(text).toContain(
      `Attempt 1: Try 1\nRejected: A test is still red: it went wrong in 1\nRed with this patch:\na.test.ts > adds\n${assertion}\nIts patch:\n-const key = "[secret]"\n+const key = ""\nThe runner printed:\nFAIL a.test.ts\n\nAttempt 2: Try 2`,
    );
    expect(text).toContain('\n\nAttempt 3: Try 3\nRejected: ');
  });

  test('within its room: the newest has most of it, each first failing assertion is whole, patches keep head and tail', () => {
    const patch = `the head of it\n${'+ line\n'.repeat(20_000)}the tail of it`;
    const text = earlierText([1, 2, 3].map((number) => earlier(number, patch, ['x'.repeat(50_000)])));
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(40_000);
    expect(text.split(assertion)).toHaveLength(4);
    expect(text.match(/the head of it/g)).toHaveLength(3);
    expect(text.match(/the tail of it/g)).toHaveLength(3);
    const [, first = '', second = '', third = ''] = text.split('Attempt ');
    expect([first.length > 1_000, second.length > first.length / 2, third.length > second.length]).toEqual([
      true,
      true,
      true,
    ]);
  });

  test('within any room, whatever they hold', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'grapheme', maxLength: 400 }), fc.string({ maxLength: 400 })), {
          maxLength: 20,
        }),
        fc.integer({ min: 60, max: 3_000 }),
        (all, limit) => {
          const text = earlierText(
            all.map(([patch, message], index) => earlier(index + 1, patch, [message])),
            limit,
          );
          expect(Buffer.byteLength(text)).toBeLessThanOrEqual(limit);
        },
      ),
    );
  });
});

test('a text that is too long keeps its head and its tail, and no half characters', () => {
  expect(shorten('short', 10)).toBe('short');
  const cut = shorten(`head ${'ü€😀'.repeat(500)} tail`, 200);
  expect(cut).toMatch(/^head .*\n\[… \d+ bytes left out …\]\n.* tail$/s);
  expect([Buffer.byteLength(cut) <= 200, cut.includes('\uFFFD')]).toEqual([true, false]);
});
