import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { ListTask, TaskResult } from '../domain/claude-task.ts';
import { MendwatchError, messageOf } from '../errors.ts';
import { replaceFile } from '../state/disk.ts';

const keptLists = 100;

/** What may be undefined in a result is not there at all in a file. */
const lostInJson: object = {
  ...{ reason: undefined, costUsd: undefined, sessionId: undefined },
  ...{ transcript: undefined, recordSha256: undefined },
};

const entrySchema = z.object({
  id: z.string(),
  /** Of what was to be done: a task that was changed since is another one. */
  digest: z.string(),
  status: z.enum(['waiting', 'running', 'completed', 'not-completed']),
  result_file: z.string().optional(),
  result: z.custom<TaskResult>().optional(),
});
const progressSchema = z.object({ version: z.literal(1), tasks: z.array(entrySchema) });

type Entry = z.infer<typeof entrySchema>;

/** Which tasks of a list are done, in a file that is whole at every moment; and what came out, a file for each. */
export class ListProgress {
  readonly folder: string;
  readonly #entries: Entry[];

  private constructor(folder: string, entries: Entry[]) {
    this.folder = folder;
    this.#entries = entries;
  }

  /**
   * @param resume go on where an earlier run stopped; without it everything begins anew
   * @throws MendwatchError when what was done is not the beginning of this list
   */
  static async open(folder: string, tasks: readonly NamedTask[], resume: boolean): Promise<ListProgress> {
    const fresh: Entry[] = tasks.map((task) => ({ id: task.id, digest: digestOf(task), status: 'waiting' }));
    const earlier = resume ? await read(folder) : [];
    const progress = new ListProgress(folder, takeOver(fresh, earlier));
    try {
      if (!resume) await rm(folder, { recursive: true, force: true });
      await mkdir(join(folder, 'results'), { recursive: true, mode: 0o700 });
      await prune(dirname(folder));
      await progress.#save();
    } catch (error) {
      const remedy = 'Make room there, or move STATE_FILE.';
      throw new MendwatchError(`What comes of the list cannot be kept in ${folder}: ${messageOf(error)}`, { remedy });
    }
    return progress;
  }

  get results(): string {
    return join(this.folder, 'results');
  }

  at(index: number): Readonly<Entry> | undefined {
    return this.#entries[index];
  }

  /** The files that hold what the tasks before this one gave. */
  handedOn(index: number): readonly { readonly id: string; readonly file: string }[] {
    return this.#entries
      .slice(0, index)
      .flatMap(({ id, status, result_file }) =>
        status === 'completed' && result_file !== undefined ? [{ id, file: result_file }] : [],
      );
  }

  async begin(index: number): Promise<void> {
    await this.#set(index, { status: 'running' });
  }

  /** The result is on the disk before it is said that it is. */
  async end(index: number, result: TaskResult): Promise<void> {
    const { text, ...summary } = result;
    const id = this.#entries[index]?.id ?? String(index + 1);
    const file = join(this.results, `${String(index + 1).padStart(3, '0')}-${id}.md`);
    if (result.outcome === 'completed') await writeFile(file, `${text}\n`, { mode: 0o600, flush: true });
    await this.#set(index, {
      status: result.outcome === 'completed' ? 'completed' : 'not-completed',
      ...(result.outcome === 'completed' ? { result_file: file } : {}),
      result: { ...summary, text: '' },
    });
  }

  /** What an earlier run has made of a task. */
  async resumed(index: number): Promise<TaskResult | undefined> {
    const { result, result_file } = this.#entries[index] ?? {};
    if (result === undefined || result_file === undefined) return undefined;
    const text = await readFile(result_file, 'utf8').catch(() => '');
    return { ...lostInJson, ...result, text: text.replace(/\n$/, '') };
  }

  async #set(index: number, change: Partial<Entry>): Promise<void> {
    const entry = this.#entries[index];
    if (entry === undefined) throw new Error(`The list has no task ${index}`);
    this.#entries[index] = { ...entry, ...change };
    await this.#save();
  }

  async #save(): Promise<void> {
    const text = JSON.stringify({ version: 1, tasks: this.#entries }, null, 1);
    await replaceFile(join(this.folder, 'progress.json'), `${text}\n`);
  }
}

export type NamedTask = ListTask & { readonly id: string };

/** The same folder for the same list, so that it is found again. */
export function listKey(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 16);
}

function digestOf({ id, task, tools, model }: NamedTask): string {
  return createHash('sha256')
    .update(JSON.stringify([id, task, tools ?? null, model ?? null]))
    .digest('hex');
}

async function read(folder: string): Promise<readonly Entry[]> {
  const file = join(folder, 'progress.json');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return [];
  try {
    return progressSchema.parse(JSON.parse(text)).tasks;
  } catch (error) {
    throw new MendwatchError(`The progress of the list cannot be read (${file}): ${messageOf(error)}`, {
      remedy: 'Run the list without --resume to begin anew.',
    });
  }
}

/** Tasks may have been added or changed behind what is done, never within. */
function takeOver(fresh: readonly Entry[], earlier: readonly Entry[]): Entry[] {
  for (const [index, entry] of earlier.entries()) {
    if (entry.status !== 'completed' || fresh[index]?.digest === entry.digest) continue;
    throw new MendwatchError(`Task ${index + 1} (${entry.id}) was completed and is another one in the list now.`, {
      remedy: 'Put it back, or run the list without --resume to begin anew.',
    });
  }
  return fresh.map((entry, index) => {
    const known = earlier[index];
    return known?.status === 'completed' ? known : entry;
  });
}

async function prune(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  if (names.length <= keptLists) return;
  const dated = await Promise.all(
    names.map(async (name) => ({ name, ms: (await stat(join(folder, name)).catch(() => undefined))?.mtimeMs ?? 0 })),
  );
  dated.sort((a, b) => b.ms - a.ms);
  for (const { name } of dated.slice(keptLists)) await rm(join(folder, name), { recursive: true, force: true });
}
