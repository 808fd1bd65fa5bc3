import { mkdir, symlink } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { outsideOf } from '../../src/agent/trusted-path.ts';
import { scratch } from '../rig/scratch.ts';

test("EXEC-6: a link on PATH that leads into the project is left out, and so is the project's own name by a link", async () => {
  const folder = await scratch('trusted-path');
  const project = join(folder, 'project');
  await mkdir(join(project, 'bin'), { recursive: true });
  await symlink(join(project, 'bin'), join(folder, 'tools'));
  await symlink(project, join(folder, 'alias'));
  const path = (...entries: string[]) => entries.join(delimiter);
  const given = path(
    '/usr/bin',
    join(project, 'bin'),
    join(folder, 'tools'),
    join(folder, 'alias/later'),
    'bin',
    '/bin',
  );
  expect(outsideOf(project, given)).toBe(path('/usr/bin', '/bin'));
  expect(outsideOf(join(folder, 'alias'), given)).toBe(path('/usr/bin', '/bin'));
  expect(outsideOf(project, path(`${project}-beside`, ''))).toBe(`${project}-beside`);
});
