import { conversation, type Scenario, type Step, script } from '../../claude/rehearsal/server.ts';

/** What the rehearsal model plays: a planner that reads and a fixer that edits, for each of the acts. */
export const scenario: Scenario = script(
  ...act('src/discount.ts', {
    plan: {
      summary: 'Let the discount of 10% begin at $100 again: compare with >=.',
      cause: 'The comparison became >, so that exactly $100 falls into the 5% step.',
      files: ['src/discount.ts'],
    },
    fixes: [
      edit('src/discount.ts', 'subtotal > tenPercentFrom', 'subtotal >= tenPercentFrom', 'Compares with >= again.'),
    ],
  }),
  ...act('src/shipping.ts', {
    plan: {
      summary: 'Count the kilograms beyond the first that were begun.',
      cause: 'Whole kilograms are counted, the first one included.',
      files: ['src/shipping.ts'],
    },
    fixes: [
      edit(
        'src/shipping.ts',
        'const furtherKilograms = Math.floor(weightGrams / 1_000);',
        'const furtherKilograms = Math.max(0, Math.floor(weightGrams / 1_000) - 1);',
        'The first kilogram is not counted.',
      ),
      edit(
        'src/shipping.ts',
        'const furtherKilograms = Math.floor(weightGrams / 1_000);',
        'const furtherKilograms = Math.max(0, Math.ceil(weightGrams / 1_000) - 1);',
        'A kilogram that is begun counts, and the first one does not.',
      ),
    ],
  }),
  ...act('src/money.ts', {
    plan: {
      summary: 'Adjust the expectation of the rounding test.',
      cause: 'Percentages are rounded down now.',
      files: ['test/money.test.ts'],
    },
    fixes: [
      edit('test/money.test.ts', 'toBe(23)', 'toBe(22)', 'The test now expects what the code does.'),
      edit('test/money.test.ts', 'toBe(23)', 'toBe(22)', 'The test now expects what the code does.'),
    ],
  }),
);

interface Fix {
  readonly steps: readonly Step[];
}

interface Act {
  readonly plan: { readonly summary: string; readonly cause: string; readonly files: readonly string[] };
  /** One for each attempt. */
  readonly fixes: readonly Fix[];
}

function act(changed: string, { plan, fixes }: Act) {
  const isAbout = (prompt: string): boolean => prompt.includes(changed);
  const planner = conversation(
    ({ prompt, tools }) => isAbout(prompt) && !tools.includes('Edit'),
    [
      { calls: [{ tool: 'Read', input: { file_path: changed } }] },
      { structured: { ...plan, steps: [plan.summary], keeps_intent: true } },
    ],
  );
  const fixers = fixes.map((fix, index) =>
    conversation(
      ({ prompt, tools }) => isAbout(prompt) && tools.includes('Edit') && attemptOf(prompt) === index + 1,
      fix.steps,
    ),
  );
  return [planner, ...fixers];
}

/** The prompt tells of every earlier attempt; the next one is this one. */
function attemptOf(prompt: string): number {
  return [...prompt.matchAll(/^Attempt \d+:/gm)].length + 1;
}

function edit(path: string, before: string, after: string, summary: string): Fix {
  return {
    steps: [
      { calls: [{ tool: 'Read', input: { file_path: path } }] },
      { calls: [{ tool: 'Edit', input: { file_path: path, old_string: before, new_string: after } }] },
      { structured: { summary } },
    ],
  };
}
