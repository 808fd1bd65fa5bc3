import { test } from 'vitest';
import { controlClaude } from './claude-control.ts';

test('EXEC-3: Claude with a shell at work is paused, resumed and canceled with everything that it has started', async () => {
  await controlClaude(3, 2);
});
