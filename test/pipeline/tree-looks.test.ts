import { expect, test } from 'vitest';
import { TreeLooks } from '../../src/pipeline/tree-looks.ts';
import { FakeClock } from '../rig/fake-clock.ts';

function bench() {
  const clock = new FakeClock();
  const asked: string[] = [];
  const trees = { whole: 'a', named: 'a', wholeMs: 0 };
  const snapshot = async (paths?: readonly string[]) => {
    asked.push(paths?.join() ?? 'whole');
    if (paths !== undefined) return { tree: trees.named };
    await clock.advance(trees.wholeMs);
    return { tree: trees.whole };
  };
  return { asked, trees, looks: new TreeLooks({ snapshot }, clock) };
}

test('a small tree is looked at as a whole before the tests', async () => {
  const { asked, trees, looks } = bench();
  for (const tree of ['a', 'b']) {
    trees.whole = tree;
    const look = await looks.take(['x.ts'], '');
    expect([look.snapshot.tree, await look.isWhole()]).toEqual([tree, true]);
  }
  expect(asked).toEqual(['whole', 'whole']);
});

test('in a large one the tests begin on what was saved, and the whole is looked at beside them', async () => {
  const { asked, trees, looks } = bench();
  trees.wholeMs = 300;
  await looks.take(['x.ts'], '');
  trees.named = 'b';
  trees.whole = 'b';
  const look = await looks.take(['x.ts', 'y.ts'], '');
  expect([look.snapshot.tree, await look.isWhole()]).toEqual(['b', true]);
  expect(asked).toEqual(['whole', 'x.ts,y.ts', 'whole']);
});

test('what nobody named makes the next look a whole one, and after it they may hurry again', async () => {
  const { asked, trees, looks } = bench();
  trees.wholeMs = 300;
  await looks.take(['x.ts'], '');
  trees.named = 'b';
  trees.whole = 'c';
  expect(await (await looks.take(['x.ts'], '')).isWhole()).toBe(false);
  const second = await looks.take(['x.ts'], '');
  expect([second.snapshot.tree, await second.isWhole()]).toEqual(['c', true]);
  await looks.take(['x.ts'], '');
  expect(asked).toEqual(['whole', 'x.ts', 'whole', 'whole', 'x.ts', 'whole']);
});

test('many files, and none, are a whole look', async () => {
  const { asked, trees, looks } = bench();
  trees.wholeMs = 300;
  await looks.take(['x.ts'], '');
  await looks.take([], '');
  await looks.take(
    Array.from({ length: 51 }, (_, number) => `${number}.ts`),
    '',
  );
  expect(asked).toEqual(['whole', 'whole', 'whole']);
});

test('after a landing, whose files no save names, it is a whole look', async () => {
  const { asked, trees, looks } = bench();
  trees.wholeMs = 300;
  await looks.take(['x.ts'], '');
  await looks.take(['x.ts'], 'landed');
  await looks.take(['x.ts'], 'landed');
  expect(asked).toEqual(['whole', 'whole', 'x.ts', 'whole']);
});
