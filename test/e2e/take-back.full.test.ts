import { chmod, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openCommands } from '../../src/agent/commands.ts';
import { mender } from '../rig/menders.ts';
import { setStage } from '../rig/set-stage.ts';
import type { Stage } from '../rig/stage.ts';

const file = 'src/discount.ts';
const [whole, broken] = ['subtotal >= 10_000', 'subtotal > 10_000'];
const scenario = mender({ file, from: broken, to: whole });

/** The one task that carries the regression, as the state file has it. */
async function carrier(stage: Stage) {
  const { queues } = await stage.state();
  const task = [...queues.completed, ...queues.failed].find(({ regression }) => regression !== undefined);
  if (task === undefined) throw new Error('No task carries a regression');
  return task;
}

async function breakAndMend(stage: Stage): Promise<string> {
  await stage.edit(file, whole, broken);
  return (await stage.until('task.finished', ({ outcome }) => outcome === 'fixed')).taskId;
}

describe('undo', () => {
  test('LAND-2 LAND-4: brings back the exact bytes and mode, and the regression is left alone until it was green', async () => {
    const stage = await setStage({ scenario });
    await chmod(join(stage.project, file), 0o640);
    await breakAndMend(stage);
    const asked = stage.rehearsal.requests.length;
    const from = stage.events.length;

    const restored = await (await openCommands(stage.config, process.env)).undo((await carrier(stage)).id);
    expect(restored).toEqual({ kind: 'restored', files: [file], merged: [] });
    expect(await stage.read(file)).toContain(broken);
    expect((await stat(join(stage.project, file))).mode & 0o7777).toBe(0o640);
    expect(await stage.until('regression.muted', () => true, from)).toMatchObject({ files: [file], byHand: false });
    expect(await stage.until('task.finished', () => true, from)).toMatchObject({ outcome: 'clean' });
    expect((await stage.state()).muted).toHaveLength(1);
    expect(stage.rehearsal.requests).toHaveLength(asked);

    await stage.edit(file, broken, whole);
    await stage.until('triage.finished', ({ ran, knownRed }) => ran > 0 && knownRed === 0, from);
    await stage.until('task.finished', ({ outcome }) => outcome === 'clean', from);
    await expect.poll(async () => (await stage.state()).muted, { timeout: 20_000 }).toEqual([]);
    const again = stage.events.length;
    await stage.edit(file, whole, broken);
    await stage.until('task.finished', ({ outcome }) => outcome === 'fixed', again);
  });

  test('F71 LAND-4: by hand in the editor means no as well', async () => {
    const stage = await setStage({ scenario });
    await breakAndMend(stage);
    const asked = stage.rehearsal.requests.length;
    const from = stage.events.length;
    await stage.edit(file, whole, broken);
    expect(await stage.until('regression.muted', () => true, from)).toMatchObject({ files: [file], byHand: true });
    await stage.until('task.finished', () => true, from);
    expect(await stage.read(file)).toContain(broken);
    expect(stage.rehearsal.requests).toHaveLength(asked);
    expect((await stage.state()).landings).toMatchObject([{ status: 'undone' }]);
  });

  test('LAND-2: merges where the person has gone on in the same file, and does nothing where the lines clash', async () => {
    const stage = await setStage({ scenario });
    await breakAndMend(stage);
    const task = await carrier(stage);
    await stage.edit(file, '/** 5% from', '/** Five percent from');
    const desk = await openCommands(stage.config, process.env);
    expect(await desk.undo(task.id)).toEqual({ kind: 'restored', files: [file], merged: [file] });
    expect(await stage.read(file)).toContain(broken);
    expect(await stage.read(file)).toContain('Five percent from');
    await expect(desk.undo(task.id)).rejects.toThrow(/nothing to undo/);
  });
});

describe('what cannot land is parked', () => {
  test('LAND-3: LAND=park keeps a proven fix, and apply puts it into the tree', async () => {
    const stage = await setStage({ scenario, settings: { LAND: 'park' } });
    await stage.edit(file, whole, broken);
    await stage.until('task.finished', ({ outcome }) => outcome === 'parked');
    expect(await stage.read(file)).toContain(broken);
    const task = await carrier(stage);
    const desk = await openCommands(stage.config, process.env);
    expect(await desk.apply(task.id)).toEqual({ kind: 'restored', files: [file], merged: [] });
    expect(await stage.read(file)).toContain(whole);
    expect(await desk.undo(task.id)).toMatchObject({ kind: 'restored', files: [file] });
    expect(await stage.read(file)).toContain(broken);
  });

  test('LAND-4: undo ends what `retry` has begun of the same task', async () => {
    const stage = await setStage({ scenario, settings: { LAND: 'park' } });
    await stage.edit(file, whole, broken);
    const { taskId } = await stage.until('task.finished', ({ outcome }) => outcome === 'parked');
    const desk = await openCommands(stage.config, process.env);
    await desk.apply(taskId);
    const from = stage.events.length;
    await desk.retry(taskId);
    await stage.until('task.phase', () => true, from);
    expect(await desk.undo(taskId)).toMatchObject({ kind: 'restored' });
    expect((await stage.state()).queues.completed.find(({ id }) => id === taskId)).toMatchObject({
      outcome: 'cancelled',
    });
    expect(await stage.read(file)).toContain(broken);
  });

  test('a fix that looks at whether tests are running is parked, with the line', async () => {
    const to = `subtotal >= (process.env.VITEST ? 10_000 : 10_001)`;
    const stage = await setStage({ scenario: mender({ file, from: broken, to }) });
    await stage.edit(file, whole, broken);
    const parked = await stage.until('land.parked');
    expect(parked.reason).toMatch(
      /src\/discount\.ts:\d+ looks at the variables of a test runner: if \(subtotal >= \(process\.env\.VITEST/,
    );
    expect(await stage.until('task.finished', ({ taskId }) => taskId === parked.taskId)).toMatchObject({
      outcome: 'parked',
    });
    expect(await stage.read(file)).toContain(broken);
  });

  test('a model that holds the tests for wrong asks the person; its proposal is parked and can be applied', async () => {
    const proposal = { file: 'test/money.test.ts', from: 'toBe(23)', to: 'toBe(22)' };
    const answer = {
      summary: 'Proposes another expectation',
      tests_are_wrong: 'Half cents are rounded down now, on purpose.',
    };
    const stage = await setStage({ scenario: mender(proposal, answer) });
    await stage.edit('src/money.ts', 'Math.round((amount', 'Math.floor((amount');
    const recorded = await stage.until('escalation.recorded');
    expect(await readFile(recorded.report, 'utf8')).toContain('Half cents are rounded down now, on purpose.');
    expect(await carrier(stage)).toMatchObject({ outcome: 'parked' });
    expect(await stage.read('test/money.test.ts')).toContain('toBe(23)');
    await (await openCommands(stage.config, process.env)).apply((await carrier(stage)).id);
    expect(await stage.read('test/money.test.ts')).toContain('toBe(22)');
  });
});
