import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Scenario } from '../../src/claude/rehearsal/server.ts';
import type { AgentEvent } from '../../src/events.ts';
import { isFixer, isPlanner, mender } from '../rig/menders.ts';
import { setStage } from '../rig/set-stage.ts';
import type { Stage } from '../rig/stage.ts';

const names = ['one', 'two', 'three'] as const;
type Name = (typeof names)[number];

const source = (name: Name): string => `export const ${name} = (count: number): number => count + 1;\n`;
const testOf = (name: Name, file: string): string =>
  `import { expect, test } from 'vitest';\nimport { ${name} } from '../src/${file}.ts';\ntest('${name}', () => { expect(${name}(1)).toBe(2); });\n`;
const packageJson = {
  'package.json': '{"type":"module","devDependencies":{"vitest":"*"}}',
  '.gitignore': 'node_modules/\n',
};
/** Each source with its own test. */
const apart = {
  ...packageJson,
  ...Object.fromEntries(names.map((name) => [`src/${name}.ts`, source(name)])),
  ...Object.fromEntries(names.map((name) => [`test/${name}.test.ts`, testOf(name, name)])),
};
const settings = { MAX_CONCURRENT_TASKS: '3', FILE_WATCH_DEBOUNCE_SECONDS: '0.3', RETRY_DELAY_SECONDS: '0.1' };

const lineOf = (name: Name, step: string): string => `${name} = (count: number): number => count ${step}`;
const breaks = (name: Name): [string, string] => [lineOf(name, '+ 1'), lineOf(name, '- 1')];

/** What a question is about comes first in it; earlier attempts and what they broke come later. */
function nameIn(prompt: string): Name {
  return (/test\/(one|two|three)\.test\.ts/.exec(prompt)?.[1] ?? 'one') as Name;
}

/** A model that mends what the question is about; `before` is waited for before a fixer's first answer. */
function mends(fileOf: (name: Name) => string, before: (name: Name) => Promise<unknown>): Scenario {
  const inner = new Map(
    names.map((name) => [name, mender({ file: fileOf(name), from: breaks(name)[1], to: breaks(name)[0] })]),
  );
  return async (request) => {
    const name = nameIn(request.prompt);
    if (request.isMain && isFixer(request) && request.step === 0) await before(name);
    return inner.get(name)?.(request) ?? { say: 'rehearsal' };
  };
}

/** Until so many have come. */
function meeting(size: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let there = 0;
  return () => {
    there++;
    if (there === size) resolve();
    return promise;
  };
}

const fixed = (stage: Stage): AgentEvent[] =>
  stage.events.filter((event) => event.type === 'task.finished' && event.outcome === 'fixed');

async function untilFixed(stage: Stage, count: number): Promise<void> {
  await expect.poll(() => fixed(stage).length, { timeout: 80_000 }).toBe(count);
}

describe('QUEUE-5: with MAX_CONCURRENT_TASKS', () => {
  test('three breaks that have nothing to do with each other are mended at the same time, each in lanes of its own', async () => {
    const meet = meeting(3);
    const scenario = mends((name) => `src/${name}.ts`, meet);
    const stage = await setStage({ bare: true, files: apart, settings, scenario });
    await Promise.all(names.map((name) => stage.edit(`src/${name}.ts`, ...breaks(name))));
    await untilFixed(stage, 3);
    for (const name of names) expect(await stage.read(`src/${name}.ts`)).toBe(source(name));
    // They met: no fixer had answered before all three were asked.
    const order = stage.events.flatMap((event) =>
      event.type === 'task.phase' && event.phase === 'fix' ? ['fix'] : event.type === 'fix.ready' ? ['ready'] : [],
    );
    expect(order).toEqual(['fix', 'fix', 'fix', 'ready', 'ready', 'ready']);
    const state = await stage.state();
    expect(state.landings.map(({ status }) => status)).toEqual(['landed', 'landed', 'landed']);
    expect(state.queues.completed.map(({ attempts }) => attempts.length)).toEqual([1, 1, 1]);
    const lanes = await readdir(join(stage.config.cacheFolder, 'lanes'));
    expect(lanes.sort()).toEqual([...['fix', 'fix-2', 'fix-3', 'plan', 'triage', 'verify', 'verify-2', 'verify-3']]);
  });

  test('a fix that wants the file of another waits until that has landed', async () => {
    const first = Promise.withResolvers<void>();
    const inner = mends(
      (name) => `src/${name}.ts`,
      async (name) => {
        if (name === 'one') await first.promise;
      },
    );
    const both = { summary: 'Both', cause: '', steps: [], files: ['src/one.ts', 'src/two.ts'], keeps_intent: true };
    const scenario: Scenario = (request) =>
      request.isMain && isPlanner(request) && request.prompt.includes('test/two.test.ts')
        ? { structured: both }
        : inner(request);
    const stage = await setStage({ bare: true, files: apart, settings, scenario });
    await stage.edit('src/one.ts', ...breaks('one'));
    await stage.until('task.phase', ({ phase }) => phase === 'fix');
    await stage.edit('src/two.ts', ...breaks('two'));
    const { taskId } = await stage.until('task.waiting', ({ for: what }) => what === 'other-task');
    expect(await stage.state()).toMatchObject({ queues: { pending: [{ id: taskId, attempts: [] }] } });
    first.resolve();
    await untilFixed(stage, 2);
    for (const name of names) expect(await stage.read(`src/${name}.ts`)).toBe(source(name));
    const fix = stage.events.findIndex(
      (event) => event.type === 'task.phase' && event.phase === 'fix' && event.taskId === taskId,
    );
    expect(fix).toBeGreaterThan(stage.events.indexOf(fixed(stage)[0] as AgentEvent));
  });
});

describe('VERIFY-1: what a landing has mended', () => {
  test('is not broken again by the fix of another regression that was found beside it', async () => {
    const right = mends(
      (name) => `src/${name}.ts`,
      async () => undefined,
    );
    const begun: Name[] = [];
    const scenario: Scenario = (request) => {
      if (!request.isMain || !isFixer(request)) return right(request);
      const name = nameIn(request.prompt);
      if (request.step === 0) begun.push(name);
      const [first] = begun;
      const isFirstTry = begun.filter((each) => each === name).length === 1;
      if (first === undefined || name === first || !isFirstTry) return right(request);
      const [whole, broken] = breaks(first);
      const mend = { file: `src/${name}.ts`, from: breaks(name)[1], to: breaks(name)[0] };
      return mender([mend, { file: `src/${first}.ts`, from: whole, to: broken }])(request);
    };
    const stage = await setStage({
      bare: true,
      files: apart,
      settings: { ...settings, MAX_CONCURRENT_TASKS: '1' },
      scenario,
    });
    await Promise.all(['one', 'two'].map((name) => stage.edit(`src/${name}.ts`, ...breaks(name as Name))));
    await untilFixed(stage, 2);
    const rejected = stage.events.filter(({ type }) => type === 'attempt.rejected');
    expect(rejected).toMatchObject([{ reasons: [expect.stringMatching(/^A test is newly red: (one|two) /)] }]);
    for (const name of names) expect(await stage.read(`src/${name}.ts`)).toBe(source(name));
  });
});
