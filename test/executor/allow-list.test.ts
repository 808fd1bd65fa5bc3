import { chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ExecutionRefusal } from '../../src/domain/execution.ts';
import { AllowList } from '../../src/executor/allow-list.ts';
import { scratch } from '../rig/scratch.ts';

async function machine() {
  const folder = await scratch('allow');
  const bin = join(folder, 'bin');
  const project = join(folder, 'project');
  for (const made of [bin, project]) await mkdir(made);
  const program = async (path: string) => {
    await writeFile(path, '#!/bin/sh\n');
    await chmod(path, 0o755);
  };
  await program(join(bin, 'tool'));
  await program(join(bin, 'other'));
  await program(join(project, 'tool'));
  await writeFile(join(bin, 'notes'), 'not a program');
  await program(join(bin, 'many'));
  for (const name of ['list', 'shell']) await symlink('many', join(bin, name));
  await symlink(join(bin, 'tool'), join(project, 'linked'));
  return { folder, bin, project };
}

test('EXEC-6: names are looked up in the trusted folders, paths by the file that they mean', async () => {
  const { bin, project } = await machine();
  const list = new AllowList(['tool', 'list', 'absent', 'notes'], `${bin}:.:relative`, project);
  expect(list.resolve('tool a "b c"')).toEqual({ command: join(bin, 'tool'), args: ['a', 'b c'] });
  expect(list.resolve(`${bin}/tool`)).toEqual({ command: join(bin, 'tool'), args: [] });
  expect(list.resolve(`${bin}/../bin/tool`).command).toBe(join(bin, 'tool'));
  expect(list.resolve('list').command).toBe(join(bin, 'list'));
  expect(list.missing).toEqual(['absent', 'notes']);
  expect(() => list.resolve('absent --all')).toThrow('"absent" is allowed, but is not on PATH outside of the project.');
  expect(new AllowList(['tool', 'absent', './tool', `${bin}/notes`], bin, project).problems).toEqual([
    'absent is allowed, but is not on PATH outside of the project.',
    './tool is allowed, but can never be meant: expected a name or an absolute path.',
    `${bin}/notes is allowed, but is no program that can be run.`,
  ]);
  expect(new AllowList([`${project}/tool`], bin, project).resolve(`${project}/tool`).command).toBe(`${project}/tool`);
});

test('F62: nothing else passes', async () => {
  const { bin, project } = await machine();
  const list = new AllowList(['tool', 'list', 'notes'], `${bin}:${project}`, project);
  const attempts = [
    'other',
    './tool',
    'bin/tool',
    '../bin/tool',
    `${project}/tool`,
    `${project}/linked`,
    `${bin}/other`,
    // Behind the allowed `list` is a file that is also a shell.
    `${bin}/shell`,
    'shell',
    `${bin}/many`,
    'notes',
    'TOOL',
    'tool\u00a0',
    'env tool',
    'A=1 tool',
    'tool; other',
    'tool $(other)',
    'tool\nother',
    '',
  ];
  const passed = attempts.filter((command) => {
    try {
      list.resolve(command);
      return true;
    } catch (error) {
      expect(error).toBeInstanceOf(ExecutionRefusal);
      expect(error).toMatchObject({ code: 'not-allowed' });
      return false;
    }
  });
  expect(passed).toEqual([]);
});

test('programs that run any other are pointed out', async () => {
  const { bin, project } = await machine();
  await copyFile(join(bin, 'tool'), join(bin, 'env'));
  const entries = ['tool', 'env', '/bin/sh', 'python3.12', 'perl5.36.0', 'nodejs', 'docker', 'echo'];
  expect(new AllowList(entries, bin, project).launchers).toEqual(entries.slice(1, -1));
});

test('F62: a program in the folder where commands run is never meant by its name, whatever way PATH takes there', async () => {
  const { folder, bin, project } = await machine();
  await symlink(project, join(folder, 'link'));
  for (const way of [project, `${project}/`, `${folder}//project`, `${folder}/bin/../project`, join(folder, 'link')]) {
    const list = new AllowList(['tool'], `${way}:${bin}`, project);
    expect(list.resolve('tool').command, way).toBe(join(bin, 'tool'));
  }
  expect(new AllowList(['tool'], `${project}-beside:${bin}`, project).missing).toEqual([]);
  expect(new AllowList(['tool'], bin, join(folder, 'link')).missing).toEqual([]);
});
