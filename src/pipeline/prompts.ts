import { asData, fillPrompt } from '../claude/prompts.ts';
import type { Strategy } from '../domain/strategy.ts';
import type { RedTest } from '../domain/tests.ts';
import { type EarlierAttempt, earlierText } from './earlier.ts';
import type { RegressionRecord } from './runs.ts';

/** The texts of `automation/prompts/`, read once at start. */
export interface PromptTexts {
  readonly plannerSystem: string;
  readonly strategy: string;
  readonly fixerSystem: string;
  readonly fix: string;
}

const maxShownTests = 20;
const maxMessageCharacters = 3_000;
const maxDiffCharacters = 30_000;
const maxNotesCharacters = 10_000;

/** Fills the prompts from typed data. Everything that comes from the project is fenced as data. */
export class Prompts {
  readonly texts: PromptTexts;

  constructor(texts: PromptTexts) {
    this.texts = texts;
  }

  strategy(regression: RegressionRecord, notes: string | undefined, attempts: readonly EarlierAttempt[]): string {
    return fillPrompt(this.texts.strategy, common(regression, notes, attempts));
  }

  fix(
    regression: RegressionRecord,
    notes: string | undefined,
    attempts: readonly EarlierAttempt[],
    strategy: Strategy,
  ): string {
    return fillPrompt(this.texts.fix, {
      ...common(regression, notes, attempts),
      strategy: asData('strategy', JSON.stringify(strategy, null, 2)),
    });
  }
}

function common(
  regression: RegressionRecord,
  notes: string | undefined,
  attempts: readonly EarlierAttempt[],
): Record<string, string> {
  return {
    tests: asData('failing tests', testsText(regression.tests)),
    files: `${regression.files.length} ${regression.files.length === 1 ? 'file' : 'files'}`,
    diff: asData('the change', cut(regression.diff, maxDiffCharacters)),
    notes:
      notes === undefined
        ? ''
        : `What the project says to assistants:\n\n${asData('notes of the project', cut(notes, maxNotesCharacters))}\n`,
    earlier: attempts.length === 0 ? '' : `${attemptsText(attempts)}\n`,
  };
}

function testsText(tests: readonly RedTest[]): string {
  const shown = tests
    .slice(0, maxShownTests)
    .map(({ file, title, message }) => `${file}\n  ${title}\n${cut(message, maxMessageCharacters)}`);
  const more = tests.length > maxShownTests ? [`and ${tests.length - maxShownTests} more`] : [];
  return [...shown, ...more].join('\n\n');
}

function attemptsText(attempts: readonly EarlierAttempt[]): string {
  return `Earlier attempts were rejected. Do something else:\n\n${asData('earlier attempts', earlierText(attempts))}`;
}

/** The head and the tail of a text: the middle is what one can most easily do without. */
function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const half = Math.floor(limit / 2);
  return `${text.slice(0, half)}\n[… ${text.length - 2 * half} characters left out …]\n${text.slice(-half)}`;
}
