import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isOnBattery } from '../../src/pipeline/battery.ts';
import { BatteryWatch } from '../../src/pipeline/heed-battery.ts';
import { failing, passing, reportOf } from '../rig/reports.ts';
import { scratch } from '../rig/scratch.ts';
import { bench } from './rig.ts';

type Supply = Readonly<Record<string, string>>;

async function machine(supplies: Readonly<Record<string, Supply>>): Promise<string> {
  const folder = await scratch('power');
  for (const [name, files] of Object.entries(supplies)) {
    await mkdir(join(folder, name));
    for (const [file, text] of Object.entries(files)) await writeFile(join(folder, name, file), `${text}\n`);
  }
  return folder;
}

const draining = { type: 'Battery', status: 'Discharging' };
const cases: ReadonlyArray<readonly [what: string, supplies: Readonly<Record<string, Supply>>, expected: boolean]> = [
  ['a laptop without its plug', { AC: { type: 'Mains', online: '0' }, BAT0: draining }, true],
  ['a laptop that is plugged in', { AC: { type: 'Mains', online: '1' }, BAT0: { ...draining, status: 'Full' } }, false],
  ['a charger that is too weak', { usb: { type: 'USB', online: '1' }, BAT0: draining }, false],
  ['a battery that is kept full', { BAT0: { ...draining, status: 'Not charging' } }, false],
  ['the battery of a mouse', { mouse: { ...draining, scope: 'Device' } }, false],
  ['a machine without any', {}, false],
];

describe('whether the machine runs on battery', () => {
  test.each(cases)('%s', async (_what, supplies, expected) => {
    expect(await isOnBattery('linux', await machine(supplies))).toBe(expected);
  });

  test('where nothing is told of it, it does not', async () => {
    expect(await isOnBattery('linux', join(await scratch('power'), 'nowhere'))).toBe(false);
    expect(await isOnBattery('win32')).toBe(false);
  });
});

test('LAND-5: on battery the gate is shut, looked at once a minute, and opened at the plug', async () => {
  const on = await bench([], { pauseOnBattery: true });
  let isDischarging = true;
  let woken = 0;
  const watch = new BatteryWatch(
    on.parts,
    async () => isDischarging,
    () => {
      woken++;
    },
  );
  const end = new AbortController();
  await watch.look();
  expect(on.state().gates['on-battery']).toMatchObject({ opens_at: null, reason: 'PAUSE_ON_BATTERY is true' });
  expect(on.events.filter(({ type }) => type === 'gate.shut')).toHaveLength(1);
  const kept = watch.run(end.signal);
  await on.clock.advance(60_000);
  expect(on.state().gates).toHaveProperty('on-battery');
  isDischarging = false;
  await on.clock.advance(59_000);
  expect(on.state().gates).toHaveProperty('on-battery');
  await on.clock.advance(1_000);
  await on.until(() => on.state().gates['on-battery'] === undefined);
  expect(on.events.findLast(({ type }) => type === 'gate.opened')).toMatchObject({ cause: 'on-battery', by: 'mains' });
  expect(woken).toBe(1);
  end.abort();
  await kept;
});

test('without PAUSE_ON_BATTERY nobody asks, and a gate that was left is opened', async () => {
  const on = await bench([], { pauseOnBattery: true });
  const never = async (): Promise<boolean> => expect.fail('it was asked');
  await new BatteryWatch(
    on.parts,
    async () => true,
    () => undefined,
  ).look();
  const config = { ...on.parts.config, pauseOnBattery: false };
  const watch = new BatteryWatch({ ...on.parts, config }, never, () => undefined);
  await watch.look();
  expect(on.state().gates).toEqual({});
  await watch.run(new AbortController().signal);
});

test('a regression that is found on battery waits, and is mended at the plug', async () => {
  const on = await bench(passing('a.test.ts', 'a'), { pauseOnBattery: true });
  const report = { ...reportOf(failing('a.test.ts', 'a')), imports: { 'a.test.ts': ['a.ts'] } };
  on.world.tests = async () => ({ kind: 'report', report, outputTail: '' });
  let isDischarging = true;
  const watch = new BatteryWatch(
    on.parts,
    async () => isDischarging,
    () => on.pipeline.wake(),
  );
  await watch.look();
  on.start();
  await on.pipeline.enqueue(['a.ts']);
  await on.until(() => on.events.some(({ type }) => type === 'task.waiting'));
  expect(on.events.find(({ type }) => type === 'task.waiting')).toMatchObject({ for: 'on-battery' });
  expect(on.world.asked).toBe(0);
  isDischarging = false;
  await watch.look();
  await on.until(() => on.world.asked > 0);
});
