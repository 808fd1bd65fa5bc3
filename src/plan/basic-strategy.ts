import type { Strategy } from '../domain/strategy.ts';
import type { RedTest } from '../domain/tests.ts';

/** What to try when the planner cannot answer: the failure itself is the plan. */
export function basicStrategy(tests: readonly RedTest[], files: readonly string[]): Strategy {
  const [first] = tests;
  return {
    summary: `Mend ${files.join(', ') || 'the changed source'} so that ${tests.length === 1 ? 'the failing test passes' : `the ${tests.length} failing tests pass`} again.`,
    cause: first === undefined ? 'Not known.' : `${first.title}: ${first.message}`.slice(0, 4_000),
    steps: [
      'Read the change and the first failing test.',
      'Find where the change contradicts what the test expects.',
      'Correct the source with the smallest edit that keeps the purpose of the change.',
    ],
    files: [...files].slice(0, 50),
    keeps_intent: true,
  };
}
