import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { agentMarker } from '../../../src/agent/agent-marker.ts';
import type { Scenario } from '../../../src/claude/rehearsal/server.ts';
import { reapMarked } from '../../../src/process/process.ts';
import { mender } from '../../rig/menders.ts';
import { setStage } from '../../rig/set-stage.ts';
import type { Stage } from '../../rig/stage.ts';
import { linkPackage } from '../../runners/check-sample.ts';

const sum = 'export const sum = (a: number, b: number): number => a + b;\n';
const files = {
  'package.json': '{"type":"module","devDependencies":{"vitest":"*","typescript":"*"}}',
  'tsconfig.json':
    '{"compilerOptions":{"strict":true,"types":[],"skipLibCheck":true,"lib":["es2022"],"module":"nodenext"},"include":["src"]}',
  'src/sum.ts': sum,
  'src/use.ts': "import { sum } from './sum.js';\n\nexport const five: number = sum(2, 3);\n",
  'src/old.ts': 'export const old: string = 1;\n',
  'test/sum.test.ts': [
    "import { expect, test } from 'vitest';",
    "import { sum } from '../src/sum.ts';",
    "test('adds', () => expect(Number(sum(2, 3))).toBe(5));",
  ].join('\n'),
};
const wrong = { file: 'src/sum.ts', from: 'number): number => a + b', to: 'number): string => String(a + b)' };
const mended = { file: wrong.file, from: wrong.to, to: wrong.from };
const problem = "tsc|src/use.ts|TS2322 Type 'string' is not assignable to type 'number'.|1|(problem)";

const set = (scenario?: Scenario, settings: Record<string, string> = {}): Promise<Stage> =>
  setStage({
    bare: true,
    files,
    settings: { CHECKS: 'tsc', NICE: '0', ...settings },
    ...(scenario === undefined ? {} : { scenario }),
    prepare: (project) => linkPackage(project, 'typescript'),
  });
const breakTypes = (stage: Stage): Promise<void> => stage.edit(wrong.file, wrong.from, wrong.to);

describe('VERIFY-7: a check that counts like tests', () => {
  test('a save that breaks the types while the tests stay green is mended, and what was red before is left alone', async () => {
    const stage = await set(mender(mended));
    const starting = await stage.until('agent.starting');
    expect(starting.runner).toMatch(/^vitest .*; check: tsc \S+ \(tsconfig\.json\)$/);
    expect(await stage.until('baseline.made')).toMatchObject({ green: 1, red: 1 });
    await breakTypes(stage);
    const end = await stage.until('task.finished');
    const state = await stage.state();
    const task = [...state.queues.completed, ...state.queues.failed].find(({ id }) => id === end.taskId);
    expect(task).toMatchObject({ outcome: 'fixed', regression: { tests: [problem] } });
    expect(await stage.read(wrong.file)).toBe(sum);
    expect(await stage.read('src/old.ts')).toBe(files['src/old.ts']);
  });

  test('a patch that silences the check is refused', async () => {
    const line = 'export const five: number = sum(2, 3);';
    const silence = { file: 'src/use.ts', from: line, to: `// @ts-expect-error\n${line}` };
    const stage = await set(mender(silence), { MAX_RETRIES: '1' });
    await breakTypes(stage);
    const end = await stage.until('task.failed');
    const task = (await stage.state()).queues.failed.find(({ id }) => id === end.taskId);
    expect(task?.attempts.flatMap(({ reasons }) => reasons).join('\n')).toMatch(/silences tsc: \/\/ @ts-expect-error/);
    expect(await stage.read('src/use.ts')).toBe(files['src/use.ts']);
  });

  test('a save beside a problem that was there before is no work', async () => {
    const stage = await set();
    await stage.edit('src/old.ts', 'export', '// Some day this is mended.\nexport');
    expect(await stage.until('task.finished')).toMatchObject({ outcome: 'clean' });
    expect(stage.rehearsal.requests).toEqual([]);
  });
});

test('VERIFY-6: a check that never ends is ended, with all its processes, and the agent goes on', async () => {
  const stage = await setStage({
    bare: true,
    files: {
      'package.json': '{}',
      'src/sum.ts': sum,
      'check.sh': '#!/bin/sh\ngrep -q "for ever" src/sum.ts && { sleep 1000 & sleep 1000; }\nexit 0\n',
    },
    settings: {
      CHECKS: 'command',
      CHECK_COMMAND: './check.sh',
      CHECK_PATTERN: '^(?<file>[^:]+): (?<message>.+)$',
      TEST_TIMEOUT_SECONDS: '5',
    },
    prepare: (project) => chmod(join(project, 'check.sh'), 0o755),
  });
  expect(stage.events).toContainEqual(expect.objectContaining({ type: 'runner.left' }));
  await stage.edit('src/sum.ts', sum, `${sum}// for ever\n`);
  expect(await stage.until('triage.broken')).toMatchObject({ reason: 'timed-out' });
  const from = stage.events.length;
  await stage.edit('src/sum.ts', '// for ever\n', '');
  await stage.until('task.finished', () => true, from);
  await stage.agent.stop('the test is over');
  expect((await reapMarked(agentMarker(stage.config))).reached).toBe(0);
});
