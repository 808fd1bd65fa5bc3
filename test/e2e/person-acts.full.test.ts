import { expect, test } from 'vitest';
import { setStage } from '../rig/set-stage.ts';
import { act, broken, expectTheirs, file, mends, whole } from './person.ts';

test('LAND-5 F22: mended by the person while the model works: the model is cancelled, and the task ends clean', async () => {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const stage = await setStage({ scenario: mends(held) });
  const original = await stage.read(file);
  await stage.edit(file, whole, broken);
  const { taskId } = await stage.until('regression.found');
  await expect
    .poll(() => stage.rehearsal.requests.some(({ tools }) => tools.includes('Edit')), { timeout: 60_000 })
    .toBe(true);
  await act(stage, 'reverts', original);
  expect(await stage.until('task.finished', (event) => event.taskId === taskId)).toMatchObject({
    outcome: 'clean',
    note: 'mended by the person',
  });
  release();
  await expectTheirs(stage, 'reverts', false, original);
  expect(stage.events.map(({ type }) => type)).not.toContain('fix.ready');
  expect((await stage.state()).landings).toEqual([]);
});

test('LAND-1 F22: an edit of other lines while the fix is verified: replayed, verified again, landed, both edits are there', async () => {
  const stage = await setStage({ scenario: mends() });
  const original = await stage.read(file);
  await stage.edit(file, whole, broken);
  const { taskId } = await stage.until('regression.found');
  await stage.until('task.phase', ({ phase }) => phase === 'verify');
  await act(stage, 'other lines', original);
  expect(await stage.until('task.finished', (event) => event.taskId === taskId)).toMatchObject({ outcome: 'fixed' });
  await expectTheirs(stage, 'other lines', true, original);
  const told = stage.events.map(({ type }) => type).filter((type) => /^(verdict|land\.)/.test(type));
  expect(told).toEqual(['verdict', 'land.replayed', 'verdict', 'land.landed']);
});

test('LAND-5: a fix that takes the change back is parked where LAND_REVERTS says so, with the reason', async () => {
  const stage = await setStage({ scenario: mends(), settings: { LAND_REVERTS: 'park' } });
  await stage.edit(file, whole, broken);
  const { taskId } = await stage.until('task.finished', ({ outcome }) => outcome === 'parked');
  expect(stage.events.find(({ type }) => type === 'fix.ready')).toMatchObject({ taskId, takesBack: true });
  expect(await stage.read(file)).toContain(broken);
  const [attempt] = (await stage.state()).queues.completed.find(({ id }) => id === taskId)?.attempts ?? [];
  expect(attempt).toMatchObject({
    verdict: 'parked',
    reasons: ['It takes back most of the change that broke the tests.', expect.stringContaining('LAND_REVERTS')],
  });
});
