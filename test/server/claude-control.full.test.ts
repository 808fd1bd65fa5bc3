import { test } from 'vitest';
import { controlClaude } from './claude-control.ts';

test('EXEC-3: sixty times Claude with a shell at work: paused, resumed, canceled, nobody is left', async () => {
  await controlClaude(60, 4);
}, 240_000);
