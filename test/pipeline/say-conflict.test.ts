import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sayConflict } from '../../src/pipeline/say-conflict.ts';
import { type Rig, rig } from '../workspace/rig.ts';

const text = (name: string) => Array.from({ length: 8 }, (_, at) => `export const ${name}${at} = ${at};\n`).join('');
const files = { 'src/a.ts': text('a'), 'src/b.ts': text('b'), 'src/c.ts': text('c') };

const move = ({ root }: Rig, from: string, to: string): void => renameSync(join(root, from), join(root, to));

test.each<[string, (project: Rig) => void, string]>([
  ['renamed', (project) => move(project, 'src/a.ts', 'src/sum.ts'), 'you renamed src/a.ts to src/sum.ts'],
  [
    'renamed and changed',
    (project) => {
      move(project, 'src/a.ts', 'src/sum.ts');
      project.write({ 'src/sum.ts': text('a').replace('= 3', '= 33'), 'src/other.ts': text('other') });
    },
    'you renamed src/a.ts to src/sum.ts',
  ],
  [
    'removed, while another file came',
    (project) => {
      project.remove('src/a.ts');
      project.write({ 'src/other.ts': text('other') });
    },
    'you removed src/a.ts',
  ],
  [
    'of each kind',
    (project) => {
      project.remove('src/a.ts');
      project.write({ 'src/b.ts': text('b').replace('= 0', '= 10'), 'src/c.ts': text('c').replace('= 0', '= 10') });
    },
    'you removed src/a.ts; you changed the same lines in src/b.ts, src/c.ts',
  ],
  [
    'a folder in the place of a file',
    (project) => {
      project.remove('src/a.ts');
      project.write({ 'src/a.ts/index.ts': 'export {};\n' });
    },
    'you removed src/a.ts; you added src/a.ts/index.ts',
  ],
])('F22: what the person has done to the files of a fix is called what it is: %s', async (_what, act, expected) => {
  const project = await rig(files);
  const workspace = await project.open();
  const base = await workspace.snapshot();
  const lane = workspace.lane('fix');
  await lane.move(base);
  for (const [path, content] of Object.entries(files))
    writeFileSync(join(lane.root, path), content.replace('= 0', '= 100'));
  const patch = await lane.takePatch(base);
  act(project);
  const now = await workspace.snapshot();
  const replay = patch === undefined ? undefined : await workspace.replay(patch, now);
  if (replay?.kind !== 'conflict') throw new Error('there is no conflict');
  expect(await sayConflict(workspace, { base: base.tree, now: now.tree, paths: replay.paths })).toBe(expected);
});
