import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { machine } from './rig.ts';

test('EXEC-7: no hooks from the watched project, reached by a link and not made yet', async () => {
  const { project, home, folder } = await machine();
  await symlink(join(project, 'src'), join(folder, 'link'));
  const hooksBeside = (stateFile: string) =>
    loadConfig({
      env: { HOME: home, PROJECT_ROOT: project, STATE_FILE: stateFile },
      cwd: project,
      packageRoot: join(project, 'node_modules/mendwatch'),
    }).hooks;
  expect(hooksBeside(join(folder, 'link/own/state.json')).whyOff).toContain('in the project itself');
  expect(hooksBeside(join(folder, 'work/shop-state/state.json')).whyOff).toBeUndefined();
});
