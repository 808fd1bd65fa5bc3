import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { placeFiles } from '../../src/land/files.ts';
import { scratch } from '../rig/scratch.ts';
import { change, tree, write } from './rig.ts';

type When = 'before' | 'while aside' | 'after';
type Edit = 'in place' | 'renamed' | 'deleted' | 'through an old descriptor';

interface Scene {
  readonly patch: readonly ('modify' | 'add' | 'delete')[];
  readonly edits: readonly { readonly file: number; readonly when: When; readonly edit: Edit }[];
}

const scenes: fc.Arbitrary<Scene> = fc.record({
  patch: fc.array(fc.constantFrom('modify', 'add', 'delete'), { minLength: 1, maxLength: 4 }),
  edits: fc.array(
    fc.record({
      file: fc.nat({ max: 3 }),
      when: fc.constantFrom<When>('before', 'while aside', 'after'),
      edit: fc.constantFrom<Edit>('in place', 'renamed', 'deleted', 'through an old descriptor'),
    }),
    { maxLength: 3 },
  ),
});

/** A person's hands on a few files. Knows what they did last to each. */
class Person {
  /** The last text of a file, or undefined where it was deleted. */
  readonly last = new Map<string, string | undefined>();
  readonly #root: string;
  readonly #descriptors = new Map<string, number>();
  #saves = 0;

  constructor(root: string) {
    this.#root = root;
  }

  open(path: string): void {
    this.#descriptors.set(path, openSync(join(this.#root, path), 'r+'));
  }

  act(path: string, edit: Edit): void {
    const file = join(this.#root, path);
    const text = `theirs, number ${this.#saves++}`;
    const descriptor = this.#descriptors.get(path);
    if (edit === 'deleted') {
      rmSync(file, { force: true });
      this.last.set(path, undefined);
      return;
    }
    if (edit === 'through an old descriptor' && descriptor !== undefined) {
      // Into the file that they once opened, whatever has become of its name.
      writeSync(descriptor, text, 0);
      if (this.last.get(path) === undefined && this.last.has(path)) return;
    } else if (edit === 'renamed') {
      write(this.#root, `${path}~`, text);
      renameSync(`${file}~`, file);
    } else write(this.#root, path, text);
    this.last.set(path, text);
  }

  close(): void {
    for (const descriptor of this.#descriptors.values()) closeSync(descriptor);
  }
}

async function play(root: string, { patch, edits }: Scene): Promise<void> {
  const files = patch.map((kind, index) => {
    const before = kind === 'add' ? undefined : `old ${index}`;
    const after = kind === 'delete' ? undefined : `new ${index}`;
    return { path: `${index % 2 === 0 ? '' : 'dir/'}${index}.ts`, before, after };
  });
  for (const { path, before } of files) if (before !== undefined) write(root, path, before);
  const person = new Person(root);
  const touchedTwice = new Set<string>();
  const act = (now: When): void => {
    for (const { file, when, edit } of edits) {
      const path = files[file % files.length]?.path ?? '';
      if (when !== now) continue;
      if (person.last.has(path)) touchedTwice.add(path);
      person.act(path, edit);
    }
  };
  for (const { file, edit } of edits) {
    const { path = '', before } = files[file % files.length] ?? {};
    if (edit === 'through an old descriptor' && before !== undefined) person.open(path);
  }
  act('before');
  const placing = placeFiles(
    root,
    files.map(({ path, before, after }) => change(path, before, after)),
    4,
  );
  let isOver = false;
  const over = placing.finally(() => {
    isOver = true;
  });
  while (!isOver && !readdirSync(root, { recursive: true }).some((name) => String(name).endsWith('-old'))) await turn();
  const wasAside = !isOver;
  if (wasAside) act('while aside');
  const { kind } = await over;
  if (kind === 'person-won' || !wasAside) act('after');
  person.close();

  const left = tree(root);
  for (const { path, before, after } of files) {
    if (touchedTwice.has(path)) continue;
    const isTheirs = person.last.has(path);
    const theirs = person.last.get(path);
    if (isTheirs && theirs !== undefined) expect(left[path], path).toContain(theirs);
    // A file that they deleted while the patch was in may come back with the rest that is taken back.
    else if (isTheirs) expect([undefined, before, after]).toContain(left[path]);
    else expect(left[path], path).toBe(kind === 'placed' ? after : before);
  }
  expect(Object.keys(left).filter((path) => path.includes('.mendwatch-'))).toEqual([]);
}

test('F22 LAND-1: whatever the person does to which files when, the last of theirs is there, and of the patch all or none', async () => {
  const folder = await scratch('land');
  let round = 0;
  await fc.assert(
    fc.asyncProperty(scenes, async (scene) => {
      const root = join(folder, String(round++));
      mkdirSync(join(root, 'dir'), { recursive: true });
      await play(root, scene);
      rmSync(root, { recursive: true });
    }),
    { numRuns: 120 },
  );
});

const saves = fc.array(
  fc.record({
    way: fc.constantFrom('in place', 'renamed', 'slowly'),
    restMicroseconds: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 4_000 })),
    isOld: fc.boolean(),
  }),
  { minLength: 1, maxLength: 5 },
);
/** A save that took longer, on a busy machine, may come after the last look at the original. */
const settleMs = 20;

test('F22 LAND-1: a person who saves at the very same moment, in a thread of their own, never loses the last save', async () => {
  const folder = await scratch('land');
  const person = new Worker(new URL('./fixtures/person.mjs', import.meta.url));
  onTestFinished(async () => void (await person.terminate()));
  const answer = (): Promise<{ slowestMs: number }> => new Promise((resolve) => person.once('message', resolve));
  await answer();
  const seen = { placed: 0, 'person-won': 0 };
  let round = 0;
  await fc.assert(
    fc.asyncProperty(saves, fc.nat({ max: 4 }), async (plan, turns) => {
      const name = `${round++}`;
      const file = join(folder, name);
      write(folder, name, 'old');
      const texts = plan.map((save, index) => ({ ...save, text: save.isOld ? 'old' : `theirs ${index}` }));
      const saved = answer();
      person.postMessage({ file, saves: texts });
      for (let waited = 0; waited < turns; waited++) await turn();
      const { kind } = await placeFiles(folder, [change(name, 'old', 'new')], settleMs);
      const { slowestMs } = await saved;
      if (slowestMs > settleMs / 2) return;
      seen[kind]++;
      const last = texts.at(-1)?.text ?? '';
      const left = readFileSync(file, 'utf8');
      // Ours may stand only where what they saved last was what the patch was made for.
      expect(left === 'new' ? 'old' : left).toBe(last);
      expect(readdirSync(folder).filter((other) => other.includes('.mendwatch-'))).toEqual([]);
    }),
    { numRuns: 80 },
  );
  expect(seen.placed + seen['person-won']).toBeGreaterThan(0);
});
