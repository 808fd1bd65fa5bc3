import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import { placeFiles } from '../../src/land/files.ts';
import { change, tree, write } from './rig.ts';
import { visitSteps } from './steps.ts';

const edits = ['in place', 'renamed', 'deleted', 'slowly', 'through an old descriptor'] as const;

interface Act {
  /** Of the files of the patch; the next one is somebody else's. */
  readonly file: number;
  readonly edit: (typeof edits)[number];
  /** Before or after which change of the disk; there may be fewer. */
  readonly step: number;
}

export interface Scene {
  readonly patch: readonly ('modify' | 'add' | 'delete')[];
  readonly acts: readonly Act[];
}

/** Four files take about sixty steps. */
export const scenes: fc.Arbitrary<Scene> = fc.record({
  patch: fc.array(fc.constantFrom('modify', 'add', 'delete'), { minLength: 1, maxLength: 4 }),
  acts: fc.array(fc.record({ file: fc.nat({ max: 4 }), edit: fc.constantFrom(...edits), step: fc.nat({ max: 70 }) }), {
    minLength: 1,
    maxLength: 3,
  }),
});

/** A person's hands on some files. Knows what they did last to each. */
class Person {
  /** The last text of a file, or undefined where they deleted it. */
  readonly last = new Map<string, string | undefined>();
  readonly #root: string;
  readonly #old = new Map<string, number>();
  readonly #slow: { readonly descriptor: number; readonly text: string }[] = [];
  #saves = 0;

  constructor(root: string) {
    this.#root = root;
  }

  open(path: string): void {
    if (!this.#old.has(path)) this.#old.set(path, openSync(join(this.#root, path), 'r+'));
  }

  act(path: string, edit: Act['edit']): void {
    this.goOn();
    const file = join(this.#root, path);
    const text = `theirs, number ${this.#saves++}`;
    const old = this.#old.get(path);
    if (edit === 'deleted') {
      // In the moment in which nothing is there, they are told so.
      if (!existsSync(file)) return;
      rmSync(file);
      this.last.set(path, undefined);
      return;
    }
    if (edit === 'through an old descriptor') {
      // Into the file that they once opened; what they have put in its place since is another.
      if (old === undefined || this.last.has(path)) return;
      writeSync(old, text, 0);
    } else if (edit === 'renamed') {
      writeFileSync(`${file}~`, text);
      renameSync(`${file}~`, file);
    } else if (edit === 'slowly') {
      this.#slow.push({ descriptor: openSync(file, 'w'), text });
    } else writeFileSync(file, text);
    this.last.set(path, text);
  }

  /** What they had begun to write is written to its end. */
  goOn(): void {
    for (const { descriptor, text } of this.#slow.splice(0)) {
      writeSync(descriptor, text);
      closeSync(descriptor);
    }
  }

  leave(): void {
    this.goOn();
    for (const descriptor of this.#old.values()) closeSync(descriptor);
  }
}

/**
 * Places a patch while the person acts between two changes of the disk: exactly as if another process had its turn there.
 *
 * @param root an empty folder
 */
export async function playAtSteps(root: string, { patch, acts }: Scene): Promise<void> {
  mkdirSync(join(root, 'dir'));
  const files = patch.map((kind, index) => ({
    path: `${index % 2 === 0 ? '' : 'dir/'}${index}.ts`,
    before: kind === 'add' ? undefined : 'old',
    after: kind === 'delete' ? undefined : `new ${index}`,
  }));
  const other = { path: 'dir/other.ts', before: 'old', after: 'old' };
  const all = [...files, other];
  for (const { path, before } of all) if (before !== undefined) write(root, path, before);
  const person = new Person(root);
  const pathOf = ({ file }: Act): string => all[file % all.length]?.path ?? other.path;
  for (const act of acts) {
    const isThere = existsSync(join(root, pathOf(act)));
    if (act.edit === 'through an old descriptor' && isThere) person.open(pathOf(act));
  }
  const twice = new Set(
    all.map(({ path }) => path).filter((path) => acts.filter((act) => pathOf(act) === path).length > 1),
  );
  let step = 0;
  const end = visitSteps(({ call, paths }) => {
    if (!paths.some((path) => path.startsWith(root))) return;
    person.goOn();
    for (const act of acts) {
      if (act.step !== step) continue;
      // After the last look at the original there is no way to notice it.
      if (act.edit === 'through an old descriptor' && call.startsWith('rm')) continue;
      person.act(pathOf(act), act.edit);
    }
    step++;
  });
  const changes = files.map(({ path, before, after }) => change(path, before, after));
  const { kind } = await placeFiles(root, changes, 1).finally(end);
  person.leave();

  const left = tree(root);
  for (const { path, before, after } of all) {
    const theirs = person.last.get(path);
    if (theirs !== undefined) expect(left[path], path).toContain(theirs);
    else if (person.last.has(path))
      expect([undefined, ...(twice.has(path) ? [before, after] : [])]).toContain(left[path]);
    else expect(left[path], path).toBe(kind === 'placed' ? after : before);
  }
  expect(Object.keys(left).filter((path) => path.includes('.mendwatch-'))).toEqual([]);
}
