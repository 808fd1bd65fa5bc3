import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SeenTree } from '../../src/watch/seen.ts';
import type { Snapshot, TreeChange, Workspace } from '../../src/workspace/types.ts';

type Files = Readonly<Record<string, string>>;
const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** Trees by their name; what differs between two is counted out, and everything else must not be asked. */
class Trees {
  readonly #trees = new Map<string, Files>([[emptyTree, {}]]);
  readonly seen = new SeenTree(this.#workspace());

  snapshot(files: Files): Snapshot {
    const tree = JSON.stringify(Object.entries(files).sort());
    this.#trees.set(tree, files);
    return { tree };
  }

  /** Looks at the whole tree as it is now. */
  look(files: Files): Promise<readonly string[]> {
    return this.seen.look(this.snapshot(files), { since: this.seen.moment });
  }

  #workspace(): Workspace {
    const changes = async (from: string, to: string): Promise<readonly TreeChange[]> => {
      const [before, after] = [this.#trees.get(from), this.#trees.get(to)];
      if (before === undefined || after === undefined) throw new Error('no such tree');
      return [...new Set([...Object.keys(before), ...Object.keys(after)])]
        .filter((path) => before[path] !== after[path])
        .map((path) => changeOf(path, before[path], after[path]));
    };
    return { changes } as Partial<Workspace> as Workspace;
  }
}

function changeOf(path: string, before: string | undefined, after: string | undefined): TreeChange {
  const kind = before === undefined ? 'added' : after === undefined ? 'deleted' : 'modified';
  const absent = '0'.repeat(40);
  return { path, kind, oldMode: '100644', newMode: '100644', oldBlob: before ?? absent, newBlob: after ?? absent };
}

describe('what was seen', () => {
  test('is news once: added, changed, deleted', async () => {
    const trees = new Trees();
    expect(await trees.look({ a: '1', b: '1' })).toEqual(['a', 'b']);
    expect(await trees.look({ a: '1', b: '1' })).toEqual([]);
    expect(await trees.look({ a: '2', c: '1' })).toEqual(['a', 'b', 'c']);
    expect([trees.seen.size, trees.seen.blob('a'), trees.seen.blob('b')]).toEqual([2, '2', undefined]);
  });

  test('F21 WATCH-4: what was noted is no news', async () => {
    const trees = new Trees();
    await trees.look({ a: '1', b: '1' });
    trees.seen.note('a', '2');
    trees.seen.note('b', undefined);
    trees.seen.note('c', '1');
    expect(await trees.look({ a: '2', c: '1' })).toEqual([]);
  });

  test('WATCH-4: earlier bytes that come back without an event are news', async () => {
    const trees = new Trees();
    await trees.look({ a: '1' });
    trees.seen.note('a', '2');
    expect(await trees.look({ a: '1' })).toEqual(['a']);
    trees.seen.note('a', undefined);
    expect(await trees.look({ a: '1' })).toEqual(['a']);
  });

  test('a note that is newer than the snapshot stands, and is compared the next time', async () => {
    const trees = new Trees();
    await trees.look({ a: '1', b: '1' });
    const since = trees.seen.moment;
    const snapshot = trees.snapshot({ a: '2', b: '1' });
    trees.seen.note('a', '3');
    trees.seen.note('b', '2');
    expect(await trees.seen.look(snapshot, { since })).toEqual([]);
    expect([trees.seen.blob('a'), trees.seen.blob('b')]).toEqual(['3', '2']);
    expect(await trees.look({ a: '3', b: '1' })).toEqual(['b']);
  });

  test('a snapshot of some paths says nothing about a noted path that it was not asked for', async () => {
    const trees = new Trees();
    await trees.look({ a: '1' });
    trees.seen.note('a', '2');
    const partial = trees.snapshot({ a: '1', b: '1' });
    expect(await trees.seen.look(partial, { since: trees.seen.moment, asked: ['b'] })).toEqual(['b']);
    expect(trees.seen.blob('a')).toBe('2');
    expect(await trees.look({ a: '2', b: '1' })).toEqual([]);
  });

  test('a snapshot of some paths is believed for those, and for what nobody noted', async () => {
    const trees = new Trees();
    await trees.look({ a: '1', b: '1' });
    trees.seen.note('a', undefined);
    const partial = trees.snapshot({ a: '3', b: '2' });
    expect(await trees.seen.look(partial, { since: trees.seen.moment, asked: ['a'] })).toEqual(['a', 'b']);
  });
});

const someFiles = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2', '3'), {
  noNullPrototype: true,
});
const steps = fc.oneof(
  fc.record({ tree: someFiles }),
  fc.record({
    note: fc.constantFrom('a', 'b', 'c'),
    blob: fc.option(fc.constantFrom('1', '2', '3'), { nil: undefined }),
  }),
);

test('WATCH-4: after any notes and looks, news is exactly what differs from what was known', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 12 }), async (all) => {
      const trees = new Trees();
      const known = new Map<string, string>();
      for (const step of all) {
        if ('note' in step) {
          trees.seen.note(step.note, step.blob);
          if (step.blob === undefined) known.delete(step.note);
          else known.set(step.note, step.blob);
          continue;
        }
        const paths = [...new Set([...known.keys(), ...Object.keys(step.tree)])];
        const differing = paths.filter((path) => known.get(path) !== step.tree[path]);
        expect((await trees.look(step.tree)).toSorted()).toEqual(differing.toSorted());
        known.clear();
        for (const [path, blob] of Object.entries(step.tree)) known.set(path, blob);
        for (const path of ['a', 'b', 'c']) expect(trees.seen.blob(path)).toBe(known.get(path));
      }
    }),
  );
});
