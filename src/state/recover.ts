import type { Clock } from '../clock.ts';
import { fileMark, lastGoodPath, setAside } from './disk.ts';
import type { StateEvent } from './events.ts';
import { readState } from './read.ts';
import { freshState, type StateDocument, stateVersion } from './schema.ts';

/**
 * The document to start from: the file's, or else the last good copy's, or else a new one. Nothing is thrown away:
 * what is replaced stays beside the file. `onDisk` says whether the file holds just this document.
 */
export async function openDocument(
  file: string,
  clock: Clock,
  onEvent: (event: StateEvent) => void,
): Promise<{ document: StateDocument; onDisk: boolean }> {
  const found = await readState(file);
  if (found.kind === 'state') {
    const migrated = found.from < stateVersion;
    if (migrated)
      onEvent({ kind: 'migrated', from: found.from, backup: setAside(file, `v${found.from}`, clock.now()) });
    return { document: found.document, onDisk: !migrated };
  }
  if (found.kind === 'missing') {
    const kept = keepOldCopy(file, clock);
    onEvent({ kind: 'missing', restored: 'fresh', ...(kept === undefined ? {} : { kept }) });
    return { document: freshState(clock.now()), onDisk: false };
  }
  const path = setAside(file, 'damaged', clock.now());
  const copy = await readState(lastGoodPath(file));
  const restored = copy.kind === 'state' ? 'last-good' : 'fresh';
  onEvent({ kind: 'damaged', path, reason: found.reason, restored });
  return { document: copy.kind === 'state' ? copy.document : freshState(clock.now()), onDisk: false };
}

/** Whoever removed the file wants to start anew; the copy of the old one is only put out of the way of the next writes. */
function keepOldCopy(file: string, clock: Clock): string | undefined {
  const copy = lastGoodPath(file);
  if (fileMark(copy) === '') return undefined;
  return setAside(copy, 'kept', clock.now());
}
