import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type StateDocument, stateSchema } from '../../src/state/schema.ts';

/** Somebody who reads the state file all the while, as a monitor does, and remembers every task that it has shown. */
export class Reader {
  readonly faults: string[] = [];
  readonly seen = new Set<string>();
  reads = 0;
  #last: StateDocument | undefined;
  #text = '';
  readonly #file: string;
  #isReading = true;
  readonly #done: Promise<void>;

  constructor(file: string) {
    this.#file = file;
    this.#done = this.#read();
  }

  get state(): StateDocument | undefined {
    return this.#last;
  }

  async close(): Promise<void> {
    this.#isReading = false;
    await this.#done;
  }

  async #read(): Promise<void> {
    while (this.#isReading) {
      this.#look();
      await delay(3);
    }
    this.#look();
  }

  #look(): void {
    let text: string;
    try {
      text = readFileSync(this.#file, 'utf8');
    } catch {
      if (this.#last !== undefined) this.faults.push('The state file was missing');
      return;
    }
    this.reads++;
    if (text === this.#text) return;
    this.#text = text;
    try {
      this.#compare(stateSchema.parse(JSON.parse(text)));
    } catch (error) {
      this.faults.push(
        `The state file was no legal state: ${String(error).slice(0, 300)} in ${text.length} characters`,
      );
    }
  }

  #compare(next: StateDocument): void {
    const last = this.#last;
    this.#last = next;
    const ended = new Set([...next.queues.completed, ...next.queues.failed].map(({ id }) => id));
    const all = Object.values(next.queues).flat();
    for (const { id } of all) this.seen.add(id);
    const double = all.filter(({ id }, index) => all.findIndex((other) => other.id === id) !== index);
    for (const { id } of double) this.faults.push(`${id} was in two queues`);
    if (last === undefined) return;
    if (next.revision < last.revision) this.faults.push(`The revision went from ${last.revision} to ${next.revision}`);
    for (const { id } of [...last.queues.completed, ...last.queues.failed]) {
      if (!ended.has(id)) this.faults.push(`${id} had ended and began again`);
    }
    for (const { id } of [...last.queues.pending, ...last.queues.in_progress]) {
      if (!all.some((task) => task.id === id)) this.faults.push(`${id} was lost`);
    }
  }
}
