import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findPackageRoot } from '../../src/config/package-root.ts';
import { compiled } from '../rig/compiled.ts';
import { placesIn } from '../rig/places.ts';
import { writeProject } from '../rig/sample-project.ts';
import { scratch } from '../rig/scratch.ts';
import { onTerminal } from '../rig/terminal.ts';

const command = [process.execPath, join(findPackageRoot(), 'automation', 'start.ts')];

async function place() {
  const folder = await scratch('start-view');
  const project = join(folder, 'project');
  await mkdir(project);
  await writeProject(project, { 'a.test.ts': `import { test } from 'vitest';\ntest('a', () => {});\n` });
  const own = { PATH: process.env.PATH ?? '', HOME: join(folder, 'home'), PROJECT_ROOT: project };
  return { cwd: folder, env: { ...own, ...placesIn(folder), ...compiled, AUTO_FIX_ENABLED: 'false' } };
}

test('start on a terminal: a line for what was done, one that moves below, and nothing of it in the end', async () => {
  const where = await place();
  const agent = onTerminal(command, where);
  await agent.shows(/› running all tests/);
  await agent.shows(/1 of 1 test green/);
  await agent.shows(/ {9}› watching \d+ files?$/);
  await expect.poll(() => existsSync(join(where.cwd, 'state', 'last_looked'))).toBe(true);
  // Nothing is drawn while nothing happens.
  expect(agent.screen.filter((row) => row.includes('›'))).toHaveLength(1);
  agent.type('\x03');
  expect(await agent.ended).toEqual({ kind: 'exited', code: 0 });
  expect(agent.screen.join('\n')).toMatch(/stopping: SIGINT.*Session Statistics:/s);
  expect(agent.screen.join('\n')).not.toContain('›');
});
