import { mapStrings } from '../secrets/strings.ts';
import type { Step } from './commit.ts';
import type { StateDocument } from './schema.ts';
import type { Sheet } from './sheet.ts';

/** By these things are found again: on the disk, in another record. */
const names: ReadonlySet<string> = new Set([
  ...['file_path', 'test_path', 'path', 'folder', 'report', 'patch', 'fingerprint', 'task_id', 'id', 'project'],
]);

/**
 * The last step of every write: takes secrets out of what the others have put into the state. Whatever has not changed
 * since `base` went through here before.
 */
export function scrubbing(base: Sheet, scrub: (text: string) => string): Step {
  // A text that grew by it might be longer than its record allows.
  const map = (text: string): string => scrub(text).slice(0, text.length);
  const scrubFields = (record: Record<string, unknown>, prefix: string): void => {
    for (const [name, value] of Object.entries(record)) {
      const json = JSON.stringify(value);
      if (names.has(name) || json === undefined || json === base.parts.get(prefix + name)) continue;
      record[name] = mapStrings(value, map, names);
    }
  };
  return {
    change: (draft: StateDocument) => {
      const { queues, ...fields } = draft;
      scrubFields(fields, '');
      Object.assign(draft, fields);
      scrubFields(queues, 'queues.');
    },
  };
}
