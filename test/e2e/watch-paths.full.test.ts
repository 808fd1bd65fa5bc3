import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readWatched } from '../../src/agent/watched.ts';
import type { Scenario } from '../../src/claude/rehearsal/server.ts';
import { statusLines } from '../../src/cli/status-lines.ts';
import { mender } from '../rig/menders.ts';
import { vitestFolder } from '../rig/sample-project.ts';
import { setStage } from '../rig/set-stage.ts';
import type { Stage } from '../rig/stage.ts';
import { toolEnv } from '../runners/tool-sample.ts';

const files = {
  'shared/rates.py': 'VAT = 20\n',
  'services/api/pytest.ini': '[pytest]\npythonpath = . ../..\n',
  'services/api/price.py': 'from shared.rates import VAT\n\n\ndef gross(net):\n    return net * (100 + VAT) // 100\n',
  'services/api/test_price.py': 'from price import gross\n\n\ndef test_gross():\n    assert gross(200) == 240\n',
  'web/package.json': '{"name":"web","type":"module","devDependencies":{"vitest":"*"}}',
  'web/label.ts': 'export const label = (cents: number): string => cents / 100 + " €";\n',
  'web/label.test.ts': `import { expect, test } from 'vitest';\nimport { label } from './label.ts';\ntest('is in euros', () => { expect(label(200)).toBe('2 €'); });\n`,
  'legacy/pytest.ini': '[pytest]\n',
  'legacy/test_old.py': 'def test_old():\n    assert False\n',
};

/** Two projects and what they share, beside a third one that nobody has mended for years. */
const set = (scenario: Scenario): Promise<Stage> =>
  setStage({
    bare: true,
    files,
    scenario,
    env: { PATH: toolEnv.PATH ?? '' },
    settings: { WATCH_PATHS: 'services/api,web' },
    prepare: async (project) => {
      await mkdir(join(project, 'web/node_modules'));
      await symlink(vitestFolder(5), join(project, 'web/node_modules/vitest'), 'dir');
    },
  });

test('several projects in one agent: each is run by its own runner, and what WATCH_PATHS leaves out does not matter', async () => {
  const [whole, broken] = ['cents / 100', 'cents / 10'];
  const stage = await set(mender({ file: 'web/label.ts', from: broken, to: whole }));
  const { runner } = await stage.until('agent.starting');
  expect(runner).toMatch(/^vitest \S+ in web, run by \S+; pytest \S+ in services\/api, run by /);
  expect(await stage.until('baseline.made')).toMatchObject({ tests: 2, green: 2, red: 0 });

  await stage.save('legacy/test_old.py', 'def test_old():\n    assert 1 == 2\n');
  await stage.edit('web/label.ts', whole, broken);
  expect(await stage.until(['task.finished', 'task.failed'])).toMatchObject({
    type: 'task.finished',
    outcome: 'fixed',
  });
  expect(await stage.read('web/label.ts')).toContain(whole);
  const state = await stage.state();
  expect(state.queues.completed.map(({ file_path }) => file_path)).not.toContain('legacy/test_old.py');

  const { config } = stage;
  const tests = await readWatched(config.baselineFile, config.laneLinks);
  expect(statusLines({ config, state, tests, troubles: [], now: Date.now() })).toContain(
    'Watched of it: services/api, web; its tests are run by vitest, pytest',
  );
});

test('a change outside makes no task, but the next run sees it; a fix outside is kept as a patch', async () => {
  const stage = await set(mender({ file: 'shared/rates.py', from: 'VAT = 19', to: 'VAT = 20' }));
  await stage.edit('shared/rates.py', 'VAT = 20', 'VAT = 19');
  await stage.edit('services/api/price.py', 'def gross(net)', 'def gross(net: int)');
  const end = await stage.until(['task.finished', 'task.failed']);
  expect(end).toMatchObject({ outcome: 'parked' });
  const { queues } = await stage.state();
  const task = queues.completed.find(({ id }) => 'taskId' in end && id === end.taskId);
  expect(task).toMatchObject({
    file_path: 'services/api/price.py',
    attempts: [{ reasons: ['it changes what WATCH_PATHS leaves out: shared/rates.py'] }],
  });
  expect(await stage.read('shared/rates.py')).toBe('VAT = 19\n');
});
