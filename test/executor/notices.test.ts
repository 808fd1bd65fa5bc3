import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Attachment, ExecutionFact, Notice, Reader } from '../../src/domain/execution.ts';
import { Notices } from '../../src/executor/notices.ts';

function output(bytes: number): ExecutionFact {
  return { type: 'output', executionId: 'exec_1', stream: 'stdout', bytes: new Uint8Array(bytes), offset: 0 };
}

/** A client behind a wire: what it was sent arrives later, or not at all. */
class Wire implements Reader {
  readonly onWire: number[] = [];
  room = Number.POSITIVE_INFINITY;
  dismissed: string | undefined;

  get hasRoom(): boolean {
    return this.onWire.length < this.room;
  }

  take(notice: Notice): void {
    this.onWire.push(notice.seq);
  }

  dismiss(reason: string): void {
    this.dismissed = reason;
  }
}

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('add' as const), bytes: fc.integer({ min: 0, max: 65_536 }) }),
    fc.record({
      kind: fc.constant('arrive' as const),
      count: fc.integer({ min: 1, max: 60 }),
      isConfirmed: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('room' as const), room: fc.integer({ min: 0, max: 40 }) }),
    fc.record({ kind: fc.constant('lose' as const), isBack: fc.boolean() }),
  ),
  { maxLength: 300, size: 'max' },
);

test('EXEC-9: whatever is lost and whenever, a client that comes back gets every notice once and in order', () => {
  fc.assert(
    fc.property(steps, (list) => {
      const notices = new Notices(() => undefined);
      let wire = new Wire();
      let attachment: Attachment | undefined = notices.attach(wire, 0);
      const seen: number[] = [];
      for (const step of list) {
        if (step.kind === 'add' && !notices.isFull) notices.add(output(step.bytes));
        if (step.kind === 'arrive' && attachment !== undefined) {
          seen.push(...wire.onWire.splice(0, step.count));
          if (step.isConfirmed) attachment.acknowledge(seen.at(-1) ?? 0);
          attachment.pull();
        }
        if (step.kind === 'room') wire.room = step.room;
        if (step.kind === 'lose') {
          attachment?.detach();
          attachment = undefined;
          wire = new Wire();
        }
        if (step.kind === 'lose' && step.isBack) {
          attachment = notices.attach(wire, seen.length);
          expect(attachment.missed).toBe(0);
          attachment.pull();
        }
      }
      wire = new Wire();
      notices.attach(wire, seen.length).pull();
      seen.push(...wire.onWire);
      expect(seen).toEqual(Array.from({ length: notices.lastSeq }, (_, index) => index + 1));
    }),
    { numRuns: 200 },
  );
});

test('EXEC-4: without confirmation it fills up, and says so when there is room again', () => {
  let rooms = 0;
  const notices = new Notices(() => rooms++);
  const wire = new Wire();
  const attachment = notices.attach(wire, 0);
  let added = 0;
  for (; !notices.isFull; added++) notices.add(output(65_536));
  expect(added * 65_536).toBeLessThanOrEqual(1024 * 1024);
  attachment.acknowledge(2);
  expect([rooms, notices.isFull]).toEqual([0, false]);
  attachment.acknowledge(added);
  expect([rooms, notices.isFull]).toEqual([1, false]);
});

test('EXEC-9: a client that comes back too late is told how much it missed', () => {
  const notices = new Notices(() => undefined);
  const attachment = notices.attach(new Wire(), 0);
  for (let index = 1; index <= 100; index++) {
    notices.add(output(65_536));
    attachment.acknowledge(index);
  }
  const late = new Wire();
  const { missed, pull } = notices.attach(late, 10);
  pull();
  expect(missed).toBeGreaterThan(50);
  expect(late.onWire[0]).toBe(10 + missed + 1);
  expect(late.onWire.at(-1)).toBe(100);
});

test('a second client takes the place of the first', () => {
  const notices = new Notices(() => undefined);
  const first = new Wire();
  const old = notices.attach(first, 0);
  const second = new Wire();
  notices.attach(second, 0);
  expect(first.dismissed).toBe('replaced');
  old.detach();
  notices.add(output(1));
  expect([first.onWire, second.onWire]).toEqual([[], [1]]);
});

test('numbers that a client cannot have seen do no harm', () => {
  const notices = new Notices(() => undefined);
  notices.add(output(1));
  for (const wrong of [-5, 99]) {
    const wire = new Wire();
    const attachment = notices.attach(wire, wrong);
    attachment.acknowledge(1_000);
    attachment.pull();
    expect(wire.onWire).toEqual(wrong < 0 ? [1] : []);
  }
});
