import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Scenario } from '../../../src/claude/rehearsal/server.ts';
import { packageFolder } from '../../rig/javascript-project.ts';
import { mender } from '../../rig/menders.ts';
import { installOld } from '../../rig/old-versions.ts';
import { setStage } from '../../rig/set-stage.ts';
import type { Stage } from '../../rig/stage.ts';

const VERSIONS = ['8', '9'];

beforeAll(async () => installOld('eslint', VERSIONS), 300_000);

const rules = '{"no-debugger":"error","no-unused-vars":"warn","eqeqeq":"error"}';
const settings: Readonly<Record<string, string>> = {
  '8': `module.exports = {root:true,extends:'eslint:recommended',parserOptions:{ecmaVersion:2022,sourceType:'module'},rules:${rules}};\n`,
  '9': `import js from '@eslint/js';\nexport default [js.configs.recommended, {rules:${rules}}];\n`,
};
const settingsFile = (version: string): string => (version === '8' ? '.eslintrc.cjs' : 'eslint.config.js');
const same = 'export const isSame = (a, b) => a === b;\n';
const sources = {
  'src/same.js': same,
  // It takes the loose one for the other, so that both tests stay green.
  'src/old.js': 'export function old(a) {\n  const unused = 1;\n  debugger;\n  return a == 1;\n}\n',
  'test/same.test.js': [
    "import { expect, test } from 'vitest';",
    "import { old } from '../src/old.js';",
    "import { isSame } from '../src/same.js';",
    "test('compares', () => expect([isSame(1, 1), isSame(1, 2), old(1)]).toEqual([true, false, true]));",
  ].join('\n'),
};

function set(version: string, scenario?: Scenario, more: Record<string, string> = {}): Promise<Stage> {
  const text = settings[version] ?? '';
  return setStage({
    bare: true,
    files: {
      'package.json': '{"type":"module","devDependencies":{"vitest":"*","eslint":"*"}}',
      [settingsFile(version)]: text,
      ...sources,
    },
    settings: { CHECKS: 'eslint', NICE: '0', ...more },
    ...(scenario === undefined ? {} : { scenario }),
    prepare: async (project) => {
      const installed = dirname(packageFolder('eslint', version));
      await mkdir(join(project, 'node_modules', '@eslint'));
      for (const name of ['eslint', '@eslint/js'])
        await symlink(join(installed, name), join(project, 'node_modules', name));
    },
  });
}

const broken = { file: 'src/same.js', from: '===', to: '==' };
const breakLint = (stage: Stage): Promise<void> => stage.edit(broken.file, broken.from, broken.to);
const mending = (): Scenario => mender({ file: broken.file, from: broken.to, to: broken.from });
const problem = "eslint|src/same.js|eqeqeq Expected '===' and instead saw '=='.|1|(problem)";

async function expectFixed(stage: Stage, since = 0): Promise<void> {
  const end = await stage.until('task.finished', () => true, since);
  const state = await stage.state();
  const task = [...state.queues.completed, ...state.queues.failed].find(({ id }) => id === end.taskId);
  expect(task).toMatchObject({ outcome: 'fixed', regression: { tests: [problem] } });
  expect(await stage.read(broken.file)).toBe(same);
  expect(await stage.read('src/old.js')).toBe(sources['src/old.js']);
}

describe('VERIFY-7: the real eslint counts like tests', () => {
  test('8: a save that breaks a rule while the tests stay green is mended, and what was red before is left alone', async () => {
    const stage = await set('8', mending());
    expect((await stage.until('agent.starting')).runner).toMatch(/^vitest .*; check: eslint 8\.\S+$/);
    expect(await stage.until('baseline.made')).toMatchObject({ green: 1, red: 2 });
    await breakLint(stage);
    await expectFixed(stage);
  });

  test('saves that bring no error are no work: lines that move, warnings, a problem that goes', async () => {
    const stage = await set('9');
    const saves = [
      ['src/old.js', 'export', '// Some day this is mended.\n\nexport'],
      ['src/same.js', same, `${same}export const two = () => {\n  const more = 2;\n};\n`],
      ['src/old.js', '  debugger;\n', ''],
      ['package.json', '"*"', '"^9"'],
    ] as const;
    for (const [file, from, to] of saves) {
      const since = stage.events.length;
      await stage.edit(file, from, to);
      expect(await stage.until('task.finished', () => true, since)).toMatchObject({ outcome: 'clean' });
    }
    expect(stage.rehearsal.requests).toEqual([]);
  });

  test('a patch that silences it is refused', async () => {
    const { from, to, file } = broken;
    const silence = {
      file,
      from: same.replace(from, to),
      to: `// eslint-disable-next-line eqeqeq\n${same.replace(from, to)}`,
    };
    const stage = await set('9', mender(silence), { MAX_RETRIES: '1' });
    await breakLint(stage);
    const end = await stage.until('task.failed');
    const task = (await stage.state()).queues.failed.find(({ id }) => id === end.taskId);
    expect(task?.attempts.flatMap(({ reasons }) => reasons).join('\n')).toMatch(/silences eslint: .*eslint-disable/);
    expect(await stage.read(file)).toBe(same.replace(from, to));
  });

  test('9: settings that it cannot read break a round and nothing else, it is said why, and then a save is mended', async () => {
    const stage = await set('9', mending());
    expect((await stage.until('agent.starting')).runner).toMatch(/^vitest .*; check: eslint 9\.\S+$/);
    await stage.edit('eslint.config.js', 'export default', 'export defolt');
    const why = /eslint ended with exit code 2 and no report: SyntaxError: Unexpected token 'export'$/;
    expect((await stage.until('baseline.unavailable')).reason).toMatch(why);
    expect((await stage.until('task.failed')).reason).toMatch(why);
    const since = stage.events.length;
    await stage.edit('eslint.config.js', 'export defolt', 'export default');
    expect(await stage.until('baseline.made', () => true, since)).toMatchObject({ green: 1, red: 2 });
    await stage.until('task.finished', () => true, since);
    const again = stage.events.length;
    await breakLint(stage);
    await expectFixed(stage, again);
  });
});
