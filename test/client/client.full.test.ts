import { test } from 'vitest';
import { loseConnections } from './lose.ts';

test('EXEC-9: the line is cut 200 times at random moments of 10 MB, and every byte comes once', () =>
  loseConnections(20, 10));
