import { mkdir, readFile, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { Config } from '../../config/types.ts';
import { codeOf } from '../../errors.ts';
import { replaceFile } from '../../state/disk.ts';
import { takeGuard } from '../../state/guard.ts';
import { look, measure, namesIn } from './measure.ts';
import type { Thing } from './stock.ts';

const noteName = 'project.json';
const noteSchema = z.object({ project: z.string().min(1), state_file: z.string().min(1) });
type Note = z.infer<typeof noteSchema>;

const cacheForm = /^.+-[0-9a-f]{8}(\.gone-\d+)?$/;
const unusedMs = 60 * 86_400_000;

/** The cache of another project that nobody seems to need. */
export interface StaleCache extends Thing {
  /** Its folder; undefined where it is not known. */
  readonly project: string | undefined;
  readonly why: 'its project is gone' | 'not used for 60 days';
}

/** Says in the cache whose it is, and that it is used now. */
export async function noteProject({ cacheFolder, projectRoot, stateFile }: Config, now: number): Promise<void> {
  const file = join(cacheFolder, noteName);
  const note: Note = { project: projectRoot, state_file: stateFile };
  const text = `${JSON.stringify(note)}\n`;
  await mkdir(cacheFolder, { recursive: true, mode: 0o700 });
  if ((await readFile(file, 'utf8').catch(() => '')) !== text) await replaceFile(file, text);
  await utimes(file, now / 1_000, now / 1_000);
}

/** Beside the cache of this project. Looks only. `now` in epoch ms. */
export async function staleCaches(
  { cacheFolder }: Pick<Config, 'cacheFolder'>,
  now: number,
  signal?: AbortSignal,
): Promise<readonly StaleCache[]> {
  const parent = dirname(cacheFolder);
  const stale: StaleCache[] = [];
  for (const name of await namesIn(parent)) {
    if (name === basename(cacheFolder) || !cacheForm.test(name)) continue;
    const found = await staleAt(join(parent, name), now, signal);
    if (found !== undefined) stale.push(found);
  }
  return stale;
}

async function staleAt(path: string, now: number, signal?: AbortSignal): Promise<StaleCache | undefined> {
  const stats = await look(path);
  // A folder of that name alone may be anybody's.
  if (stats?.isDirectory() !== true || (await look(join(path, 'shadow.git')))?.isDirectory() !== true) return undefined;
  const note = await readNote(path);
  const isGone = note !== undefined && (await isAway(note.project));
  const usedMs = Math.max(
    ...(await Promise.all(signsOfUse.map(async (name) => (await look(join(path, name)))?.mtimeMs ?? 0))),
  );
  if (!isGone && now - usedMs < unusedMs) return undefined;
  if (note !== undefined && (await isHeld(note))) return undefined;
  return {
    ...{ kind: 'other cache', path, isFolder: true, ...(await measure(path, signal)) },
    project: note?.project,
    why: isGone ? 'its project is gone' : 'not used for 60 days',
  };
}

/** An agent writes to each of them as it works. */
const signsOfUse = [noteName, 'index', 'reports', 'lanes', join('shadow.git', 'objects')];

async function readNote(cache: string): Promise<Note | undefined> {
  try {
    return noteSchema.parse(JSON.parse(await readFile(join(cache, noteName), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Not where it may only not be looked at. */
async function isAway(project: string): Promise<boolean> {
  try {
    return !(await stat(project)).isDirectory();
  } catch (error) {
    return codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';
  }
}

/** Whether an agent runs there. */
async function isHeld({ project, state_file }: Note): Promise<boolean> {
  const guard = await takeGuard([project, state_file]);
  if ('heldBy' in guard) return true;
  await guard.release();
  return false;
}
