import { expect, test } from 'vitest';
import { type Restored, restore } from '../../src/land/restore.ts';
import { scratch } from '../rig/scratch.ts';
import { corpus } from './corpus/corpus.ts';
import { differences, type Picture, takePicture } from './corpus/picture.ts';
import { play } from './corpus/play.ts';
import type { Case, CorpusStage } from './corpus/types.ts';

const honest = corpus.filter(({ expected }) => expected.kind === 'landed');

test.each(honest.map((item) => [`${item.family}: ${item.name}`, item] as const))(
  'LAND-2: undone, applied again and undone again, byte by byte and with its modes: %s',
  async (_, item) => {
    let before: Picture = new Map();
    const watched: Case = {
      ...item,
      // The last thing that happens to the tree before the landing.
      meanwhile: [
        ...(item.meanwhile ?? []),
        ({ root }) => {
          before = takePicture(root);
        },
      ],
      afterwards: async (stage) => {
        await item.afterwards?.(stage);
        await thereAndBack(stage, before);
      },
    };
    const { outcome, deviations } = await play(watched, await scratch('undo'));
    expect([outcome.kind, deviations]).toEqual(['landed', []]);
  },
  600_000,
);

async function thereAndBack(stage: CorpusStage, before: Picture): Promise<void> {
  const { project, landing, workspace } = stage;
  const landed = takePicture(project);
  const move = (direction: 'undo' | 'apply'): Promise<Restored> =>
    restore({ root: project, folder: landing, direction, merge: (versions) => workspace.mergeFile(versions) });
  for (let round = 1; round <= 2; round++) {
    expect(await move('undo')).toMatchObject({ kind: 'restored', merged: [] });
    expect(differences('undone', before, withoutEmptyFolders(takePicture(project), before))).toEqual([]);
    expect(await move('apply')).toMatchObject({ kind: 'restored', merged: [] });
    expect(differences('applied', landed, takePicture(project))).toEqual([]);
  }
}

/** Without the folders that the landing made. */
function withoutEmptyFolders(picture: Picture, before: Picture): Picture {
  return new Map([...picture].filter(([path, what]) => before.has(path) || !what.startsWith('folder')));
}
