import { expect, test } from 'vitest';
import { agentMarker } from '../../src/agent/agent-marker.ts';
import { start } from '../../src/process/process.ts';
import { setStage } from '../rig/set-stage.ts';

test('F3: what a crashed agent left running is ended by the next one before it uses a lane', async () => {
  const stage = await setStage({ cold: true });
  const left = start({
    command: 'sleep',
    args: ['600'],
    cwd: stage.folder,
    env: { PATH: process.env.PATH ?? '', MENDWATCH_MARKER: agentMarker(stage.config) },
  });
  await stage.start();
  expect((await left.result).end).toEqual({ kind: 'signalled', signal: 'SIGTERM' });
});
