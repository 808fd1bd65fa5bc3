import { expect, test } from 'vitest';
import type { Parts } from '../../src/pipeline/parts.ts';
import { failing, passing } from '../rig/reports.ts';
import { bench, inTurn } from './rig.ts';

test('F57: what planner and fixer are asked has been cleaned of secrets, and of nothing else', async () => {
  const on = await bench(passing('a.test.ts', 'a'), { maxRetries: 1 });
  on.world.tests = inTurn(failing('a.test.ts', 'a'));
  const asked: string[] = [];
  const { planner, fixer } = on.parts;
  const plan: Parts['planner']['plan'] = planner.plan.bind(planner);
  const fix: Parts['fixer']['fix'] = fixer.fix.bind(fixer);
  Object.assign(planner, {
    plan: (...given: Parameters<typeof plan>) => {
      asked.push(given[0].prompt);
      return plan(...given);
    },
  });
  Object.assign(fixer, {
    fix: (...given: Parameters<typeof fix>) => {
      asked.push(given[0]);
      return fix(...given);
    },
  });
  Object.assign(on.parts, { clean: async (text: string) => text.replaceAll('- old', '[secret]') });
  on.start();
  await on.pipeline.enqueue(['a.ts']);
  await on.until(() => on.events.some(({ type }) => type === 'task.failed'), 500);
  expect(asked.map((prompt) => [prompt.includes('- old'), /\[secret\]\n\+ new/.test(prompt)])).toEqual([
    [false, true],
    [false, true],
  ]);
});
