/** What happens to the state file and is not an answer to a caller. */
export type StateEvent =
  /** The file was not a legal state. It is kept at `path`; work goes on from `restored`. */
  | {
      readonly kind: 'damaged';
      readonly path: string;
      readonly reason: string;
      readonly restored: 'last-good' | 'memory' | 'fresh';
    }
  | { readonly kind: 'migrated'; readonly from: number; readonly backup: string }
  /** The file was gone. At a start a new one is made, and an old last good copy is kept at `kept`. */
  | { readonly kind: 'missing'; readonly restored: 'memory' | 'fresh'; readonly kept?: string }
  /** Another program changed the file; its changes are taken over. */
  | { readonly kind: 'edited-outside' }
  /** Temporary files of killed writers were removed. */
  | { readonly kind: 'swept'; readonly count: number }
  | { readonly kind: 'lock-lost' }
  /** Told once, until `recovered`. */
  | { readonly kind: 'unavailable'; readonly code: string; readonly message: string }
  | { readonly kind: 'recovered' }
  /** Another agent has taken the file over: nothing more is written, ever. Told once. */
  | { readonly kind: 'fenced'; readonly message: string };

/** One sentence for people, or undefined for what needs no notice. */
export function stateNotice(event: StateEvent): string | undefined {
  switch (event.kind) {
    case 'damaged':
      return `The state file was damaged (${event.reason}). It is kept at ${event.path}; ${restoredText[event.restored]}.`;
    case 'migrated':
      return `The state file was brought from version ${event.from} to the current one; the old file is kept at ${event.backup}.`;
    case 'missing':
      return event.restored === 'memory'
        ? 'The state file was removed; it is written again from memory.'
        : event.kept &&
            `There was no state file, so a new one was made; the copy of an earlier one is kept at ${event.kept}.`;
    case 'unavailable':
    case 'fenced':
      return event.message;
    case 'recovered':
      return 'The state file can be written again.';
    case 'lock-lost':
      return 'The lock of the state file was taken away during a write; the write is tried again.';
    case 'edited-outside':
    case 'swept':
      return undefined;
  }
}

const restoredText = {
  'last-good': 'the last good copy is used',
  memory: 'work goes on from memory',
  fresh: 'a new one was made, since there is no good copy',
} as const;
