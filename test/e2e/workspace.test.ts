import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mender } from '../rig/menders.ts';
import { setStage } from '../rig/set-stage.ts';

const files = {
  'package.json': '{"name":"root","private":true,"workspaces":["packages/*"],"devDependencies":{"vitest":"*"}}',
  'packages/units/package.json': '{"name":"@shop/units","type":"module","exports":"./index.ts"}',
  'packages/units/index.ts': 'export const gramsPerKilogram = 1_000;\n',
  'packages/freight/package.json':
    '{"name":"@shop/freight","type":"module","exports":"./index.ts","dependencies":{"@shop/units":"*"}}',
  'packages/freight/index.ts': `import { gramsPerKilogram } from '@shop/units';\nexport const kilograms = (grams: number): number => Math.ceil(grams / gramsPerKilogram);\n`,
  'packages/freight/freight.test.ts': `import { expect, test } from 'vitest';\nimport { kilograms } from './index.ts';\ntest('counts begun kilograms', () => { expect(kilograms(1_500)).toBe(2); });\n`,
};

test('a break in one package of an npm workspace, seen by the tests of another, is mended', async () => {
  const [broken, whole] = ['gramsPerKilogram = 100;', 'gramsPerKilogram = 1_000;'];
  const file = 'packages/units/index.ts';
  const stage = await setStage({
    bare: true,
    files,
    prepare: async (project) => {
      await mkdir(join(project, 'node_modules', '@shop'), { recursive: true });
      for (const name of ['units', 'freight']) {
        await symlink(`../../packages/${name}`, join(project, 'node_modules', '@shop', name), 'dir');
      }
    },
    scenario: mender({ file, from: broken, to: whole }),
  });
  await writeFile(
    join(stage.project, file),
    (await readFile(join(stage.project, file), 'utf8')).replace(whole, broken),
  );
  const end = await stage.until(['task.finished', 'task.failed']);
  expect(end).toMatchObject({ type: 'task.finished', outcome: 'fixed' });
  expect(await stage.read(file)).toContain(whole);
});
