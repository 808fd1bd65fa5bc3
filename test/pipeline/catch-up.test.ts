import { expect, test } from 'vitest';
import { catchUp } from '../../src/pipeline/catch-up.ts';
import { Crew } from '../../src/pipeline/crew.ts';
import type { Parts } from '../../src/pipeline/parts.ts';
import type { Patch, Replay, Workspace } from '../../src/workspace/types.ts';

const tree = (letter: string) => ({ commit: letter.repeat(40), tree: letter.repeat(40) });
const change = {
  path: 'a.ts',
  kind: 'modified',
  oldMode: '100644',
  newMode: '100644',
  oldBlob: '1',
  newBlob: '2',
} as const;
const patchOn = (letter: string): Patch => ({ base: tree(letter), result: tree('f'), changes: [change], text: '' });
const made = { patch: patchOn('a'), landed: 0 };

function scene(replay: Replay): { parts: Parts; crew: Crew } {
  const workspace: Partial<Workspace> = { snapshot: async () => tree('b'), replay: async () => replay };
  return { parts: { workspace } as Parts, crew: new Crew(2, 2) };
}

test('QUEUE-5: a patch is brought to the tree with what was landed since it was made, and stays else as it is', async () => {
  const { parts, crew } = scene({ kind: 'replayed', patch: patchOn('b') });
  expect(await catchUp(parts, crew, made)).toBe(made);
  crew.landed.note(['t'], ['b.ts']);
  const caughtUp = await catchUp(parts, crew, made);
  expect(caughtUp).toEqual({ patch: patchOn('b'), landed: 1 });
  expect(await catchUp(parts, crew, { patch: patchOn('b'), landed: 1 })).toMatchObject({ landed: 1 });
  const same = scene({ kind: 'replayed', patch: { ...patchOn('b'), changes: [] } });
  same.crew.landed.note(['t'], ['b.ts']);
  expect(await catchUp(same.parts, same.crew, made)).toBe(made);
});

test('it is lost to a landing on the same lines; the person’s lines are for the landing to judge', async () => {
  const { parts, crew } = scene({ kind: 'conflict', paths: ['a.ts'] });
  crew.landed.note(['t'], ['b.ts']);
  expect(await catchUp(parts, crew, made)).toBe(made);
  crew.landed.note(['u'], ['a.ts']);
  expect(await catchUp(parts, crew, made)).toEqual({ lostTo: ['a.ts'] });
});
