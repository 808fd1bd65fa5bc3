import { conversation, type Scenario, script } from '../src/claude/rehearsal/server.ts';

/** The file of the sample shop that is broken and mended again and again. */
export const file = 'src/discount.ts';
export const whole = 'subtotal >= 10_000';
/** Two in turns: the very same break again would be the person taking the fix back, and left alone. */
const breaks = ['subtotal > 10_000', 'subtotal >= 10_001'] as const;
export const breakOf = (round: number): string => breaks[round % 2 === 0 ? 0 : 1];

/** Answers at once, so that only the programs around the model are measured. */
export const mendsAtOnce: Scenario = script(
  conversation(
    ({ tools }) => !tools.includes('Edit'),
    [
      { calls: [{ tool: 'Read', input: { file_path: file } }] },
      {
        structured: {
          summary: 'Compare with >= again',
          cause: 'It is >',
          steps: [],
          files: [file],
          keeps_intent: false,
        },
      },
    ],
  ),
  conversation(
    ({ tools }) => tools.includes('Edit'),
    [
      { calls: [{ tool: 'Read', input: { file_path: file } }] },
      ({ results }) => {
        const broken = breaks.find((text) => results.at(-1)?.text.includes(text)) ?? whole;
        return { calls: [{ tool: 'Edit', input: { file_path: file, old_string: broken, new_string: whole } }] };
      },
      { structured: { summary: 'Compares with >= again' } },
    ],
  ),
);
