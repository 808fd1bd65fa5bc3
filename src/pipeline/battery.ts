import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../process/process.ts';

/** Where Linux tells of what feeds the machine. */
const supplies = '/sys/class/power_supply';
const askMs = 5_000;

/** Whether the machine is fed by its battery. Where nobody can say, it is not. */
export async function isOnBattery(platform: NodeJS.Platform, folder = supplies): Promise<boolean> {
  switch (platform) {
    case 'linux':
      return isDischarging(folder);
    case 'darwin':
      return drawsFromBattery();
    default:
      return false;
  }
}

async function isDischarging(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(names.map((name) => supplyIn(join(folder, name))));
  // Some batteries say that they discharge while a weak charger is plugged in.
  if (found.some(({ type, online }) => type !== 'Battery' && online === '1')) return false;
  // That of a mouse is not the machine's.
  return found.some(({ type, scope, status }) => type === 'Battery' && scope !== 'Device' && status === 'Discharging');
}

async function supplyIn(folder: string) {
  const word = async (name: string): Promise<string | undefined> =>
    (await readFile(join(folder, name), 'utf8').catch(() => undefined))?.trim();
  const [type, online, status, scope] = await Promise.all([
    word('type'),
    word('online'),
    word('status'),
    word('scope'),
  ]);
  return { type, online, status, scope };
}

/** On macOS, where it has not been tried yet. */
async function drawsFromBattery(): Promise<boolean> {
  const args = ['-g', 'batt'];
  const { stdout } = await run({ command: '/usr/bin/pmset', args, cwd: '/', env: {}, timeoutMs: askMs });
  return stdout.startsWith("Now drawing from 'Battery Power'");
}
