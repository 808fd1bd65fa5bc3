import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Candidate, FileClaims } from '../../src/pipeline/file-claims.ts';

const never = new AbortController().signal;
const of = (id: string, ...files: readonly string[]): Candidate => ({ id, files, isAlone: false });
const alone = (id: string, ...files: readonly string[]): Candidate => ({ id, files, isAlone: true });

describe('QUEUE-5: the files of tasks in work', () => {
  test('are nobody else’s, nor are those that an older one waits for', () => {
    const claims = new FileClaims();
    claims.begin(of('one', 'a'));
    expect([...claims.free([of('two', 'a', 'b'), of('three', 'b'), of('four', 'c')])]).toEqual(['four']);
    claims.end('one');
    expect([...claims.free([of('two', 'a', 'b'), of('three', 'c')])]).toEqual(['two', 'three']);
  });

  test('one that is to be alone waits for all to end, and none is begun before it or beside it', () => {
    const claims = new FileClaims();
    claims.begin(of('one', 'a'));
    expect([...claims.free([of('older', 'x'), alone('two', 'b'), of('three', 'c')])]).toEqual(['older']);
    claims.end('one');
    expect([...claims.free([alone('two', 'b')])]).toEqual(['two']);
    claims.begin(alone('two', 'b'));
    expect([...claims.free([of('three', 'c')])]).toEqual([]);
  });

  test('what a task was found to need, it needs the next time as well, until it has come to its end', () => {
    const claims = new FileClaims();
    claims.begin(of('one', 'a'));
    claims.begin(of('two', 'b'));
    expect([claims.widen('two', ['b', 'a']), claims.widen('two', ['c'])]).toEqual([false, true]);
    claims.end('two');
    expect([...claims.free([of('two', 'b')])]).toEqual([]);
    claims.end('one');
    claims.begin(of('three', 'a'));
    expect([...claims.free([of('two', 'b')])]).toEqual([]);
    claims.forget('two');
    expect([...claims.free([of('two', 'b')])]).toEqual(['two']);
  });

  test('are waited for by one whose fix is made, before any other that would begin', async () => {
    const claims = new FileClaims();
    claims.begin(of('one', 'a'));
    claims.begin(of('two', 'b'));
    const widened = claims.widenInTime('two', ['a'], never);
    claims.end('one');
    expect([...claims.free([of('three', 'a')])]).toEqual([]);
    expect(await widened).toBe(true);
    expect([...claims.free([of('three', 'a')])]).toEqual([]);
  });

  test('two that wait for each other do not: the one that came last stands back', async () => {
    const claims = new FileClaims();
    claims.begin(of('one', 'a'));
    claims.begin(of('two', 'b'));
    claims.begin(of('three', 'c'));
    const [first, second] = [claims.widenInTime('one', ['b'], never), claims.widenInTime('two', ['c'], never)];
    expect(await claims.widenInTime('three', ['a'], never)).toBe(false);
    claims.end('three');
    expect(await second).toBe(true);
    claims.end('two');
    expect(await first).toBe(true);
  });

  test('who is stopped waits no longer', async () => {
    const claims = new FileClaims();
    claims.begin(of('one', 'a'));
    claims.begin(of('two', 'b'));
    const stop = new AbortController();
    const widened = claims.widenInTime('two', ['a'], stop.signal);
    stop.abort();
    expect(await widened).toBe(false);
    claims.end('one');
    expect([...claims.free([of('three', 'a')])]).toEqual(['three']);
  });

  test('never are two in work on the same file, and nobody waits for ever', () => {
    const files = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 3 });
    const waiting = fc.array(fc.record({ files, isAlone: fc.boolean() }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(waiting, fc.infiniteStream(fc.nat()), (found, chance) => {
        const claims = new FileClaims();
        const queue = found.map((each, index): Candidate => ({ id: String(index), ...each }));
        const inWork: Candidate[] = [];
        for (let turns = 0; queue.length + inWork.length > 0; turns++) {
          if (turns > 100) throw new Error('It does not come to its end');
          const free = claims.free(queue);
          const next = queue.find(({ id }) => free.has(id));
          if (next !== undefined && inWork.length < 3) {
            queue.splice(queue.indexOf(next), 1);
            for (const other of inWork) {
              expect(next.files.some((file) => other.files.includes(file))).toBe(false);
              expect(next.isAlone || other.isAlone).toBe(false);
            }
            claims.begin(next);
            inWork.push(next);
          } else {
            const [ended] = inWork.splice((chance.next().value ?? 0) % inWork.length, 1);
            claims.end(ended?.id ?? '');
          }
        }
      }),
    );
  });
});
