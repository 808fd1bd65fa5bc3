import type { EscalationRecord } from '../domain/escalation.ts';
import type { Landing, Task } from '../domain/task.ts';
import type { StateDocument } from './schema.ts';
import { type Sheet, sheetOf } from './sheet.ts';

/** The state file never grows beyond this many bytes. */
export const stateLimitBytes = 500_000;

const limits = { completed: 50, failed: 50, history: 100, testResults: 100, landings: 100, escalations: 100 } as const;

/**
 * The same document within its limits. What goes first: of completed tasks the clean ones, then the duplicates, then
 * the rest, everywhere the oldest. Beyond `limitBytes` history goes first, then results, finished tasks and landings;
 * work that waits, the outbox and landings under way are never dropped. Pure: what is not touched is shared.
 */
export function trim(document: StateDocument, limitBytes = stateLimitBytes): StateDocument {
  return trimmed(document, limitBytes).document;
}

/** As `trim`, with the sheet that had to be made to know the size. */
export function trimmed(
  document: StateDocument,
  limitBytes = stateLimitBytes,
): { document: StateDocument; sheet: Sheet } {
  const counted = withinCounts(document);
  const sheet = sheetOf(counted);
  const excess = Buffer.byteLength(sheet.text) - limitBytes;
  if (excess <= 0) return { document: counted, sheet };
  const lighter = shed(counted, excess);
  return { document: lighter, sheet: sheetOf(lighter) };
}

function withinCounts(document: StateDocument): StateDocument {
  const { queues } = document;
  return {
    ...document,
    queues: {
      ...queues,
      completed: atMost(limits.completed, queues.completed, taskOrder),
      failed: atMost(limits.failed, queues.failed),
    },
    conversation_history: atMost(limits.history, document.conversation_history),
    test_results: atMost(limits.testResults, document.test_results),
    landings: atMost(limits.landings, document.landings, landingOrder),
    escalations: atMost(limits.escalations, document.escalations, escalationOrder),
  };
}

/** Lower goes first, the same rank oldest first, undefined never. */
type Rank<T> = (item: T) => number | undefined;

function taskOrder(task: Task): number {
  if (task.outcome === 'clean') return 0;
  return task.outcome === 'duplicate' ? 1 : 2;
}

function landingOrder(landing: Landing): number | undefined {
  if (['landing', 'applying', 'undoing'].includes(landing.status)) return undefined;
  return landing.status === 'landed' ? 1 : 0;
}

function escalationOrder({ status }: EscalationRecord): number {
  return status === 'open' ? 1 : 0;
}

function atMost<T>(limit: number, list: T[], rank: Rank<T> = () => 0): T[] {
  if (list.length <= limit) return list;
  const gone = new Set(dropOrder(list, rank).slice(0, list.length - limit));
  return list.filter((_, index) => !gone.has(index));
}

/** The indices of what may go, first to go first. */
function dropOrder<T>(list: readonly T[], rank: Rank<T>): number[] {
  return list
    .flatMap((item, index) => {
      const order = rank(item);
      return order === undefined ? [] : [{ index, order }];
    })
    .sort((a, b) => a.order - b.order || a.index - b.index)
    .map(({ index }) => index);
}

/** Gives up members, list by list, until `excess` bytes have gone or nothing is left that may go. */
function shed(document: StateDocument, excess: number): StateDocument {
  let left = excess;
  const lighter = <T>(list: T[], rank: Rank<T> = () => 0): T[] => {
    const gone = new Set<number>();
    for (const index of dropOrder(list, rank)) {
      if (left <= 0) break;
      left -= Buffer.byteLength(JSON.stringify(list[index]));
      gone.add(index);
    }
    return list.filter((_, index) => !gone.has(index));
  };
  return {
    ...document,
    conversation_history: lighter(document.conversation_history),
    test_results: lighter(document.test_results),
    queues: {
      ...document.queues,
      completed: lighter(document.queues.completed, taskOrder),
      failed: lighter(document.queues.failed),
    },
    landings: lighter(document.landings, landingOrder),
  };
}
