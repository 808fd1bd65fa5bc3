/** What a task that might begin would have for itself. */
export interface Candidate {
  readonly id: string;
  readonly files: readonly string[];
  /** To be worked on with nothing beside it. */
  readonly isAlone: boolean;
}

interface InWork {
  readonly files: Set<string>;
  readonly isAlone: boolean;
  /** What it waits for, in the hands of others. */
  wants: readonly string[];
}

/**
 * Which files the tasks in work have for themselves, so that no two work on the same. In memory only: after a start
 * nothing is in work.
 */
export class FileClaims {
  readonly #inWork = new Map<string, InWork>();
  /** What tasks that had to stand back were found to need, beyond the files of their regression. */
  readonly #found = new Map<string, ReadonlySet<string>>();
  #onEnd: (() => void)[] = [];

  has(taskId: string): boolean {
    return this.#inWork.has(taskId);
  }

  begin({ id, files, isAlone }: Candidate): void {
    this.#inWork.set(id, { files: new Set(this.#all(id, files)), isAlone, wants: [] });
  }

  end(taskId: string): void {
    this.#inWork.delete(taskId);
    for (const tell of this.#onEnd.splice(0)) tell();
  }

  /** It has come to its own end, and will not be begun again. */
  forget(taskId: string): void {
    this.#found.delete(taskId);
  }

  /**
   * Those of the candidates, given in their order, that may begin: not beside one that has their files, nor before an
   * older one that waits for these.
   */
  free(candidates: readonly Candidate[]): ReadonlySet<string> {
    const taken = new Set([...this.#inWork.values()].flatMap(({ files, wants }) => [...files, ...wants]));
    let isShut = [...this.#inWork.values()].some(({ isAlone }) => isAlone);
    const free = new Set<string>();
    for (const { id, files, isAlone } of candidates) {
      const mine = this.#all(id, files);
      const mayBegin = !isShut && (isAlone ? this.#inWork.size === 0 : !mine.some((file) => taken.has(file)));
      if (mayBegin) {
        free.add(id);
        continue;
      }
      isShut ||= isAlone;
      for (const file of mine) taken.add(file);
    }
    return free;
  }

  /** A task in work needs these, too. Gives false, and has none of them, while others have some. */
  widen(taskId: string, files: readonly string[]): boolean {
    const mine = this.#inWork.get(taskId);
    if (mine === undefined) return true;
    this.#found.set(taskId, new Set([...(this.#found.get(taskId) ?? []), ...files]));
    if (this.#holders(taskId, files).length > 0) return false;
    for (const file of files) mine.files.add(file);
    mine.wants = [];
    return true;
  }

  /** As `widen`, when the others have come to their end. Gives false where they wait for this one, or the signal aborts. */
  async widenInTime(taskId: string, files: readonly string[], signal: AbortSignal): Promise<boolean> {
    while (!this.widen(taskId, files)) {
      const mine = this.#inWork.get(taskId);
      if (mine !== undefined) mine.wants = files;
      if (signal.aborted || this.#isCircle(taskId)) {
        if (mine !== undefined) mine.wants = [];
        return false;
      }
      await this.#nextEnd(signal);
    }
    return true;
  }

  #all(id: string, files: readonly string[]): readonly string[] {
    return [...files, ...(this.#found.get(id) ?? [])];
  }

  #holders(taskId: string, files: readonly string[]): readonly string[] {
    return [...this.#inWork]
      .filter(([id, other]) => id !== taskId && files.some((file) => other.files.has(file)))
      .map(([id]) => id);
  }

  /** Whether one of those that it waits for waits, over however many others, for it. */
  #isCircle(taskId: string): boolean {
    const seen = new Set<string>();
    const waitsFor = (id: string): readonly string[] => this.#holders(id, this.#inWork.get(id)?.wants ?? []);
    const next = [...waitsFor(taskId)];
    for (let id = next.pop(); id !== undefined; id = next.pop()) {
      if (id === taskId) return true;
      if (seen.has(id)) continue;
      seen.add(id);
      next.push(...waitsFor(id));
    }
    return false;
  }

  #nextEnd(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const heard = new AbortController();
    const end = (): void => {
      heard.abort();
      resolve();
    };
    this.#onEnd.push(end);
    signal.addEventListener('abort', end, { once: true, signal: heard.signal });
    return promise;
  }
}
