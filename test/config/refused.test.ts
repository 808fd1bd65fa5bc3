import { expect, test } from 'vitest';
import { ownClone } from './command-line.ts';
import { refused } from './refused.ts';

test('a wrong configuration exits with 2, says everything that is wrong, and makes nothing, whatever the command', async () => {
  const { folder, shop, mendwatch, listing, settings } = await ownClone();
  const [many] = refused;
  await settings('LAND=park\n');
  const before = await listing();
  for (const command of ['start', 'status']) {
    const { end, stdout, stderr } = await mendwatch([command], { PROJECT_ROOT: shop, ...many?.env });
    for (const part of many?.said ?? []) expect(stderr).toContain(part.replaceAll('<folder>', folder));
    expect(stdout + stderr).not.toContain(many?.hidden);
    expect([stdout, end]).toEqual(['', { kind: 'exited', code: 2 }]);
  }
  expect(await listing()).toEqual(before);
});
