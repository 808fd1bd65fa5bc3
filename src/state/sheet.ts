import { z } from 'zod';
import { type StateDocument, stateSchema } from './schema.ts';

/**
 * A document as it goes to the disk, with the JSON of each part of it. A part that has the same JSON as in a legal
 * sheet is legal too, so that of a large state only what changed is checked: most updates touch one short list.
 */
export interface Sheet {
  readonly text: string;
  /** By the top-level name, and each queue by its own, as in `queues.pending`. */
  readonly parts: ReadonlyMap<string, string>;
}

/** Throws when the document is so far from a state that it has no queues. */
export function sheetOf(document: StateDocument): Sheet {
  const parts = new Map<string, string>();
  const json = (record: object, prefix: string): string => {
    let fields = '';
    for (const [name, value] of Object.entries(record)) {
      if (value === undefined) continue;
      const nested = prefix === '' && name === 'queues';
      const inner = nested ? json(value, 'queues.') : JSON.stringify(value);
      if (inner === undefined) continue;
      if (!nested) parts.set(prefix + name, inner);
      fields += `${fields === '' ? '' : ','}${JSON.stringify(name)}:${inner}`;
    }
    return `{${fields}}`;
  };
  return { text: json(document, ''), parts };
}

const prepared = new WeakMap<Sheet, StateDocument>();

/** Makes the next draft ahead of its use, while the disk is at work. */
export function prepareDraft(sheet: Sheet): void {
  prepared.set(sheet, JSON.parse(sheet.text));
}

/** A document of its own for each call. */
export function draftOf(sheet: Sheet): StateDocument {
  const draft = prepared.get(sheet);
  prepared.delete(sheet);
  return draft ?? JSON.parse(sheet.text);
}

/** What is wrong with the document, or undefined. Parts that are the same in `legal` are not looked at. */
export function problemsOf(document: StateDocument, sheet: Sheet, legal: Sheet): string | undefined {
  const problems: string[] = [];
  for (const [name, schema] of partSchemas) {
    const text = sheet.parts.get(name);
    if (text !== undefined && text === legal.parts.get(name)) continue;
    const parsed = schema.safeParse(partOf(document, name));
    if (!parsed.success) problems.push(`${name}: ${z.prettifyError(parsed.error)}`);
  }
  return problems.length === 0 ? undefined : problems.join('\n');
}

/** Whether nothing but the revision differs. */
export function sameContent(a: Sheet, b: Sheet): boolean {
  if (a.parts.size !== b.parts.size) return false;
  for (const [name, text] of a.parts) if (name !== 'revision' && b.parts.get(name) !== text) return false;
  return true;
}

const { queues, ...fields } = stateSchema.shape;
const partSchemas = new Map<string, z.ZodType>([
  ...Object.entries(fields),
  ...Object.entries(queues.shape).map(([queue, schema]): [string, z.ZodType] => [`queues.${queue}`, schema]),
]);

function partOf(document: StateDocument, name: string): unknown {
  const path = name.split('.');
  return path.reduce(
    (value: unknown, key) => (value as Readonly<Record<string, unknown>> | undefined)?.[key],
    document,
  );
}
