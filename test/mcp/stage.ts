import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Rehearsal, type Scenario, startRehearsal } from '../../src/claude/rehearsal/server.ts';
import { packageRoot } from '../claude/rig.ts';
import { type Place, place } from './rig.ts';

export const claude = join(packageRoot, 'node_modules/.bin/claude');

/** A place whose Claude is the real CLI with a scripted model behind it. */
export async function stage(scenario: Scenario): Promise<{ readonly rehearsal: Rehearsal; readonly there: Place }> {
  const rehearsal = await startRehearsal(scenario);
  onTestFinished(() => rehearsal.close());
  const bare = await place({ CLAUDE_COMMAND: claude });
  return { rehearsal, there: { ...bare, env: { ...bare.env, ...rehearsal.environment(bare.env.HOME ?? '') } } };
}
