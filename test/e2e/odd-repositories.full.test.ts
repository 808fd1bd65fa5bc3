import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { statusLines } from '../../src/cli/status-lines.ts';
import { mender } from '../rig/menders.ts';
import { setStage } from '../rig/set-stage.ts';
import { digest, runGit } from '../workspace/rig.ts';

const file = 'src/weight.js';
const [whole, broken] = ['unit * 2', 'unit * 3'];
const files = {
  'package.json': '{"type":"module","devDependencies":{"vitest":"*"}}',
  [file]: `import { unit } from '../engine/unit.js';\nexport const weight = () => ${whole};\n`,
  'test/weight.test.js': `import { expect, test } from 'vitest';
import { weight } from '../src/weight.js';
test('weighs', () => expect(weight()).toBe(2));
`,
};

/** Another repository in this folder, with these files. */
async function repository(folder: string, texts: Readonly<Record<string, string>>): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const [path, text] of Object.entries(texts)) await writeFile(join(folder, path), text);
  const env = { PATH: process.env.PATH ?? '', HOME: folder };
  runGit(folder, env, ['init', '-q']);
  runGit(folder, env, ['add', '-A']);
  runGit(folder, env, ['commit', '-q', '-m', 'first']);
  return folder;
}

test('F27: a submodule is there for the tests, named, not watched, and no fix gets into it', async () => {
  const stage = await setStage({
    bare: true,
    cold: true,
    files,
    prepare: async (project) => {
      const engine = await repository(join(project, '..', 'engine'), { 'unit.js': 'export const unit = 1;\n' });
      const env = { PATH: process.env.PATH ?? '', HOME: join(project, '..') };
      runGit(project, env, ['init', '-q', '-b', 'main']);
      runGit(project, env, ['submodule', 'add', '-q', engine, 'engine']);
    },
    // It first tries to mend the submodule, through the link in its lane.
    scenario: mender([
      { file: 'engine/unit.js', from: 'unit = 1', to: 'unit = 2 / 3' },
      { file, from: broken, to: whole },
    ]),
  });
  await repository(join(stage.project, 'tool'), { 'tool.js': '' });
  await stage.start();
  expect(await stage.until('baseline.made')).toMatchObject({ green: 1, red: 0 });
  expect(stage.events.find(({ type }) => type === 'watch.skipped')).toMatchObject({
    files: [
      { path: 'tool', reason: 'nested repository' },
      { path: 'engine', reason: 'submodule' },
    ],
  });
  const state = await stage.state();
  const lines = statusLines({ config: stage.config, state, tests: undefined, troubles: [], now: Date.now() });
  expect(lines.filter((line) => line.startsWith('Left out'))).toEqual([
    expect.stringContaining('Left out: tool (nested repository: not watched'),
    expect.stringContaining('Left out: engine (submodule: not watched; tests can read it'),
  ]);

  await stage.save('engine/readme.md', 'A change of another repository.\n');
  await stage.save('tool/tool.js', 'changed\n');
  const engine = digest(join(stage.project, 'engine'));
  await stage.edit(file, whole, broken);
  const end = await stage.until(['task.finished', 'task.failed']);
  expect(end).toMatchObject({ type: 'task.finished', outcome: 'fixed' });
  expect(await stage.read(file)).toContain(whole);
  expect(digest(join(stage.project, 'engine'))).toBe(engine);
  const { queues } = await stage.state();
  expect(Object.values(queues).flatMap((tasks) => tasks.map(({ file_path }) => file_path))).toEqual([file]);
});
