import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { codeOf, ExitCode, MendwatchError, messageOf } from '../errors.ts';
import { migrate } from './migrate.ts';
import { type StateDocument, stateSchema, stateVersion } from './schema.ts';

export type StateRead =
  | { readonly kind: 'missing' }
  /** `from` is the version that it was migrated from, in memory only. */
  | { readonly kind: 'state'; readonly document: StateDocument; readonly from: number }
  | { readonly kind: 'damaged'; readonly reason: string };

/**
 * Reads a state file without a lock, which is safe at any moment. Throws the system's errors, and a MendwatchError
 * (exit 2) for a file that a newer version has written.
 */
export async function readState(file: string): Promise<StateRead> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { kind: 'missing' };
    throw error;
  }
  return parseState(text, file);
}

function parseState(text: string, file: string): StateRead {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    return { kind: 'damaged', reason: text === '' ? 'it is empty' : messageOf(error) };
  }
  const header = headerSchema.safeParse(raw);
  if (!header.success) return { kind: 'damaged', reason: 'it is not a state document' };
  const from = header.data.version;
  if (from > stateVersion) throw newer(file, from);
  const current = from < stateVersion ? migrate(header.data, from) : raw;
  const parsed = stateSchema.safeParse(current);
  if (!parsed.success) return { kind: 'damaged', reason: z.prettifyError(parsed.error) };
  // Not what zod returns: that lacks the fields which other tools have added.
  return { kind: 'state', document: current as StateDocument, from };
}

/** The first orchestrator wrote no version: its files count as 0. */
const headerSchema = z.looseObject({ version: z.int().nonnegative().default(0), queues: z.looseObject({}) });

function newer(file: string, version: number): MendwatchError {
  return new MendwatchError(
    `The state file ${file} has version ${version}; this Mendwatch reads up to ${stateVersion}`,
    {
      exitCode: ExitCode.configuration,
      remedy: 'Update Mendwatch, or set STATE_FILE to another file. This one was left as it is.',
    },
  );
}
