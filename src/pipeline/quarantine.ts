import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Task } from '../domain/task.ts';
import { crashesIn, requireTask } from '../queue/transitions.ts';
import { giveUp } from './give-up.ts';
import type { Parts } from './parts.ts';

/** A task in which the agent has crashed again and again is given to people: whatever is wrong with it, it comes back. */
export async function quarantine(parts: Parts, task: Task): Promise<void> {
  const { state, open } = parts;
  if (!open.has(task.id)) await open.add(task.id, nothingFound(task));
  const blob = await blobNow(parts, task.file_path);
  await state.update((draft) => {
    requireTask(draft, task.id).quarantined = blob;
  });
  const when = task.phase === undefined ? '' : ` (in the phase ${task.phase})`;
  const reason = `set aside: the agent crashed ${crashesIn(task)} times in a row while it worked on this${when}. \`mendwatch retry ${task.id}\` tries it again; MAX_CRASHES says after how many crashes.`;
  await giveUp(parts, task.id, reason);
}

/** Without the files that are as they were when a task for them was set aside: it would begin anew under another id. */
export async function notQuarantined(parts: Parts, files: readonly string[]): Promise<readonly string[]> {
  const aside = parts.state.current.queues.failed.filter(({ quarantined }) => quarantined !== undefined);
  if (aside.length === 0) return files;
  const blobs = new Map(aside.map(({ file_path, quarantined }) => [file_path, quarantined]));
  const kept: string[] = [];
  for (const file of files) {
    const blob = blobs.get(file);
    if (blob === undefined || blob !== (await blobNow(parts, file))) kept.push(file);
  }
  return kept;
}

async function blobNow({ workspace }: Parts, path: string): Promise<string> {
  const bytes = await readFile(join(workspace.root, path)).catch(() => undefined);
  return bytes === undefined ? '' : workspace.blobId(bytes);
}

/** It was set aside before triage had said anything. */
function nothingFound({ id, file_path }: Task): Parameters<Parts['open']['add']>[1] {
  const before = { runner: '', tests: [], files: [], imports: {}, durationMs: 0, exitCode: 0 };
  return { fingerprint: `not-triaged-${id}`, files: [file_path], tests: [], diff: '', before };
}
