import { test } from 'vitest';
import { loseConnections } from './lose.ts';

// Four at a time, since a line that was cut is dialled again after a while.
test('EXEC-9: the line is cut 200 times at random moments of 10 MB, and every byte comes once', async () => {
  await Promise.all([1, 2, 3, 4].map(() => loseConnections(5, 10)));
});
