import { expect, test } from 'vitest';
import { measureIdle } from '../../bench/idle.ts';

test('RUN-8: at rest it takes little memory and under 1 % of a core on 20,000 files', async () => {
  const measured = await measureIdle({ files: 20_000, starts: 1, settleMs: 20_000, windowMs: 2_000, windows: 5 });
  const figures = new Map(measured.map(({ name, value }) => [name, value]));
  expect(figures.get('resident memory')).toBeLessThan(100);
  expect(figures.get('share of a core')).toBeLessThan(1);
});
