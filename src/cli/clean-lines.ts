import type { Need } from '../agent/clean/needed-runs.ts';
import type { Removal } from '../agent/clean/remove.ts';
import type { Kind, Strange, Thing } from '../agent/clean/stock.ts';
import { count } from './quantities.ts';
import { sizeWords } from './size-words.ts';

/** How much of one kind. */
export interface Heap {
  readonly kind: Kind;
  readonly count: number;
  readonly bytes: number;
}

const order: readonly Kind[] = [
  ...(['lanes', 'repository', 'other cache', 'runs', 'needed runs'] as const),
  ...(['logs', 'executions', 'state', 'token'] as const),
];

const words: Readonly<Record<Kind, string>> = {
  lanes: 'lanes',
  repository: 'private repository',
  'other cache': 'the rest of the cache',
  runs: 'runs',
  'needed runs': 'runs in use',
  logs: 'logs',
  executions: 'executions',
  state: 'state',
  token: "executor's token",
};

export function heapsOf(things: readonly Thing[]): readonly Heap[] {
  return order.flatMap((kind) => {
    const own = things.filter((thing) => thing.kind === kind);
    const bytes = own.reduce((sum, thing) => sum + thing.bytes, 0);
    return own.length === 0 ? [] : [{ kind, count: own.length, bytes }];
  });
}

/** One line for each kind, the sizes one below the other. */
export function heapLines(things: readonly Thing[]): readonly string[] {
  const heaps = heapsOf(things);
  const width = Math.max(0, ...heaps.map(({ kind }) => words[kind].length));
  return heaps.map((heap) => {
    const own = things.filter(({ kind }) => kind === heap.kind);
    return `  ${words[heap.kind].padEnd(width)}  ${sizeWords(heap.bytes).padStart(8)}${noteOf(heap, own)}`;
  });
}

/** The same in a sentence. */
export function heapWords(things: readonly Thing[]): readonly string[] {
  return heapsOf(things).map(({ kind, count: number }) =>
    kind === 'runs' || kind === 'needed runs' ? `${words[kind]} (${count(number, 'task')})` : words[kind],
  );
}

function noteOf({ kind, count: number }: Heap, things: readonly Thing[]): string {
  if (kind === 'runs') return `  ${count(number, 'task')}, nothing needs ${number === 1 ? 'it' : 'them'}`;
  if (kind !== 'needed runs') return '';
  return `  ${needWords(things).join(', ')}`;
}

const needs: Readonly<Record<Need | 'perhaps', (number: number) => string>> = {
  'under way': (number) => `${number} being moved`,
  open: (number) => count(number, 'open task'),
  undo: (number) => `${number} ${number === 1 ? 'fix' : 'fixes'} that can be undone`,
  parked: (number) => `${number} parked ${number === 1 ? 'fix' : 'fixes'}`,
  report: (number) => `${count(number, 'report')} to people`,
  perhaps: (number) => `${number}, since the state file cannot be read`,
};

/** What runs are needed for. */
export function needWords(things: readonly Thing[]): readonly string[] {
  return (Object.keys(needs) as (Need | 'perhaps')[]).flatMap((need) => {
    const number = things.filter((thing) => thing.need === need).length;
    return number === 0 ? [] : [needs[need](number)];
  });
}

export function strangeLines(strange: readonly Strange[]): readonly string[] {
  return strange.map(({ path, why }) => `Left alone: ${path} (${why}).`);
}

export function failedLines(failed: ReadonlyArray<Pick<Removal['failed'][number], 'path' | 'why'>>): readonly string[] {
  if (failed.length === 0) return [];
  return [
    ...failed.map(({ path, why }) => `Not removed: ${path}: ${why}.`),
    'Remove it by hand, as a user who may, or give it to this user (chown) and clean again.',
  ];
}
