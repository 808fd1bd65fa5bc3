import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { openHooks } from '../../src/agent/open-hooks.ts';
import { machine } from '../config/rig.ts';
import { hooksFolder, hooksIn, notAborted } from './rig.ts';

test('EXEC-7: hooks are asked one after another by name, and what they say is put together', async () => {
  const folder = await hooksFolder({
    'pre-execute.d/20-two': `cat > "$PWD/second"; echo '{"env": {"B": "2", "A": "later"}, "note": "fine"}'`,
    'pre-execute.d/10-one': `[ -e second ] && exit 1; echo '{"env": {"A": "1"}}'`,
    'pre-execute.d/README.md': 'exit 1',
    'post-execute.d/10-other': 'exit 1',
  });
  const hooks = hooksIn(folder);
  const said = await hooks.run('pre-execute', { kind: 'task', task: 'x' }, notAborted);
  expect(said).toEqual({
    refusal: undefined,
    env: { A: 'later', B: '2' },
    notes: [{ hook: 'pre-execute.d/20-two', note: 'fine' }],
    warnings: [],
  });
  const heard = JSON.parse(await readFile(join(folder, 'second'), 'utf8'));
  expect(heard).toEqual({ version: 1, point: 'pre-execute', kind: 'task', task: 'x' });
  expect(hooks.has('pre-fix')).toBe(false);
  const [one] = hooks.status().hooks;
  expect(one).toMatchObject({ name: 'pre-execute.d/10-one', state: 'on', runs: 1, failures: 0 });
  expect(one?.lastMs).toBeGreaterThan(0);
});

test.each([
  ['exit code 2, with its words', 'echo "not on Fridays" >&2; exit 2', 'not on Fridays'],
  ['JSON', `echo '{"allow": false, "reason": "too big"}'`, 'too big'],
  ['exit code 2, with JSON', `echo '{"reason": "both"}'; exit 2`, 'both'],
  ['exit code 2, without a word', 'exit 2', 'it gave no reason'],
])('EXEC-7: a hook refuses by %s; those after it are not asked', async (_how, script, reason) => {
  const folder = await hooksFolder({ 'pre-land.d/1': script, 'pre-land.d/2': 'touch asked' });
  const hooks = hooksIn(folder);
  const { refusal } = await hooks.run('pre-land', {}, notAborted);
  expect(refusal).toEqual({ hook: 'pre-land.d/1', reason });
  expect(hooks.status().hooks.map(({ runs, refusals }) => ({ runs, refusals }))).toEqual([
    { runs: 1, refusals: 1 },
    { runs: 0, refusals: 0 },
  ]);
});

test.each([
  ['another exit code', 'echo broken >&2; exit 3', 'it exited with 3: broken'],
  ['what is no JSON', 'echo yes', 'what it printed is no JSON object: yes'],
  ['JSON that is no object', 'echo 5', 'what it printed is no JSON object: 5'],
  ['a misspelt answer', `echo '{"alow": false}'`, 'Unrecognized key'],
  ['a variable of ours', `echo '{"env": {"MENDWATCH_MARKER": "x"}}'`, 'not as expected'],
  ['no end', 'sleep 60', 'did not end within 0.2 s'],
  ['endless output', 'yes', 'more than'],
])('EXEC-7: %s is a failure that is told, and things go on', async (what, script, message) => {
  const hooks = hooksIn(await hooksFolder({ 'pre-fix.d/bad': script }), what === 'no end' ? { timeoutMs: 200 } : {});
  const { refusal, warnings } = await hooks.run('pre-fix', {}, notAborted);
  expect(refusal).toBeUndefined();
  expect(warnings).toEqual([{ hook: 'pre-fix.d/bad', message: expect.stringContaining(message) }]);
});

test('EXEC-7: three failures in a row switch a hook off; one success between them does not', async () => {
  const folder = await hooksFolder({ 'pre-fix.d/shaky': '[ -e good ] || exit 1' });
  const hooks = hooksIn(folder);
  const ask = () => hooks.run('pre-fix', {}, notAborted);
  await ask();
  await ask();
  await writeFile(join(folder, 'good'), '');
  expect((await ask()).warnings).toEqual([]);
  await rm(join(folder, 'good'));
  await ask();
  await ask();
  expect(hooks.has('pre-fix')).toBe(true);
  expect((await ask()).warnings[0]?.message).toContain('It has failed 3 times and is off now');
  expect(hooks.has('pre-fix')).toBe(false);
  expect((await ask()).warnings).toEqual([]);
  expect(hooks.status().hooks[0]).toMatchObject({ state: 'off', runs: 6, failures: 5, reason: 'it exited with 1' });
});

test('EXEC-7: what is not fit to be run is not, at the start and later', async () => {
  const folder = await hooksFolder({ 'pre-fix.d/plain': '', 'pre-fix.d/open': '', 'pre-fix.d/good': '' });
  await chmod(join(folder, 'pre-fix.d/plain'), 0o644);
  await chmod(join(folder, 'pre-fix.d/open'), 0o777);
  await symlink('nowhere', join(folder, 'pre-fix.d/lost'));
  const hooks = hooksIn(folder);
  expect(hooks.status().hooks.map(({ name, state }) => [name, state])).toEqual([
    ['pre-fix.d/good', 'on'],
    ['pre-fix.d/lost', 'rejected'],
    ['pre-fix.d/open', 'rejected'],
    ['pre-fix.d/plain', 'rejected'],
  ]);
  expect(hooks.unfit.map(({ message }) => message).join()).toMatch(
    /lost cannot be read.*open can be changed by everybody.*plain cannot be run/s,
  );
  await chmod(join(folder, 'pre-fix.d/good'), 0o757);
  const { warnings } = await hooks.run('pre-fix', {}, notAborted);
  expect(warnings[0]?.message).toContain('can be changed by everybody');
  await chmod(join(folder, 'pre-fix.d'), 0o777);
  expect(hooksIn(folder).has('pre-fix')).toBe(false);
});

test('EXEC-7: many at once do not disturb each other, and a cancel ends all of them', async () => {
  const hooks = hooksIn(await hooksFolder({ 'pre-execute.d/echo': `read line; echo '{"note": "'"\${#line}"'"}'` }));
  const asked = Array.from({ length: 30 }, (_, index) =>
    hooks.run('pre-execute', { x: 'y'.repeat(index) }, notAborted),
  );
  const lengths = (await Promise.all(asked)).map(({ notes }) => Number(notes[0]?.note));
  expect(lengths.map((length) => length - (lengths[0] ?? 0))).toEqual(Array.from({ length: 30 }, (_, index) => index));
  expect(hooks.status().hooks[0]?.runs).toBe(30);

  const slow = hooksIn(await hooksFolder({ 'pre-execute.d/slow': 'sleep 60' }));
  const stop = new AbortController();
  const waiting = Array.from({ length: 12 }, () => slow.run('pre-execute', {}, stop.signal));
  stop.abort();
  for (const { refusal, warnings } of await Promise.all(waiting)) expect([refusal, warnings]).toEqual([undefined, []]);
  expect(slow.status().hooks[0]).toMatchObject({ state: 'on', failures: 0 });
});

test('EXEC-7: no hooks for what a hook has started, none from the watched project, none where they are switched off', async () => {
  const folder = await hooksFolder({ 'pre-execute.d/1': 'echo "{\\"note\\": \\"$MENDWATCH_MARKER\\"}"' });
  const { load, clone } = await machine();
  const config = load();
  const mine = { ...config, hooks: { ...config.hooks, folder } };
  const parts = { scrub: (text: string) => text, marker: 'mine' };
  const launch = { PATH: '/usr/bin:/bin' };
  const hooks = openHooks(mine, launch, parts);
  const [note] = (await hooks.run('pre-execute', {}, notAborted)).notes;
  expect(note?.note).toContain('mendwatch-hook');
  const inner = openHooks(mine, { ...launch, MENDWATCH_MARKER: note?.note }, parts);
  expect([inner.has('pre-execute'), inner.status().reason]).toEqual([false, 'this was started by a hook']);

  expect(config.hooks).toEqual({ folder: join(clone, 'automation', 'hooks'), whyOff: undefined, timeoutMs: 10_000 });
  expect(load({ HOOKS_ENABLED: 'false' }).hooks.whyOff).toBe('HOOKS_ENABLED is false');

  const own = load({ PROJECT_ROOT: clone });
  expect(own.hooks.whyOff).toContain('in the project itself');
  const refusing = join(own.hooks.folder, 'pre-execute.d', '10-no');
  await mkdir(dirname(refusing), { recursive: true });
  await writeFile(refusing, '#!/bin/sh\nexit 2\n', { mode: 0o755 });
  const off = openHooks(own, launch, parts);
  expect([off.has('pre-execute'), off.unfit]).toEqual([
    false,
    [{ hook: 'pre-execute.d/10-no', message: `it is not run: ${own.hooks.whyOff}` }],
  ]);
  expect(openHooks(own, { ...launch, MENDWATCH_MARKER: note?.note }, parts).unfit).toEqual([]);
  expect(openHooks(load({ PROJECT_ROOT: clone, HOOKS_ENABLED: 'false' }), launch, parts).unfit).toEqual([]);
});
