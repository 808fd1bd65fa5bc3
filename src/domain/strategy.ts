import { z } from 'zod';

/** How to mend a regression, in a planner's words. Advice to the fixer; never a verdict. */
export const strategySchema = z.object({
  summary: z.string().min(1).max(2_000).describe('One or two sentences: what to change and where.'),
  cause: z.string().max(4_000).describe('Why the tests turned red, as far as the files show it.'),
  steps: z.array(z.string().max(2_000)).max(20).describe('The changes in order, one a line.'),
  files: z.array(z.string().max(1_000)).max(50).describe('Files to change, relative to the root of the project.'),
  keeps_intent: z
    .boolean()
    .describe(
      'True when the purpose of the person’s change survives the fix; false when the fix mainly takes it back.',
    ),
});

export type Strategy = z.infer<typeof strategySchema>;

/** A strategy with where it came from. `basic` is made from the failure itself when the planner cannot answer. */
export interface Plan {
  readonly strategy: Strategy;
  readonly source: 'claude' | 'basic';
  /** Why it is a basic one. */
  readonly reason?: string;
  readonly costUsd: number;
}
