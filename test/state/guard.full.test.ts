import { test } from 'vitest';
import { contest } from './contest.ts';

test('F7: of eight starts at once on a stale lock exactly one wins, a hundred times', { timeout: 300_000 }, () =>
  contest(100),
);

test('F7: a hundred times with sockets in a folder', { timeout: 300_000 }, () => contest(100, { kind: 'path' }));
