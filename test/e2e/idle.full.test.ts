import { expect, test } from 'vitest';
import { idle } from '../../bench/idle.ts';

test('RUN-8: at rest it takes little memory and under 1 % of a core on 20,000 files', async () => {
  const figures = new Map((await idle.run(true)).map(({ name, value }) => [name, value]));
  expect(figures.get('resident memory')).toBeLessThan(100);
  expect(figures.get('share of a core')).toBeLessThan(1);
});
