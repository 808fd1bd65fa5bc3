import { onTestFinished, test } from 'vitest';
import { scratch } from '../rig/scratch.ts';
import { playKills } from './kills.ts';
import { startServices } from './rig.ts';

test('F6: F50: ESC-3: whatever fails and whenever it is killed, one open issue for each fingerprint (some sequences)', async () => {
  const services = await startServices();
  onTestFinished(() => services.close());
  await playKills(services, await scratch('outbox'), 40);
});
