import type { Task } from '../domain/task.ts';
import type { RedTest } from '../domain/tests.ts';

export interface ReportInput {
  readonly task: Task;
  readonly reason: string;
  readonly tests: readonly RedTest[];
  readonly files: readonly string[];
  readonly diff: string;
}

const maxTests = 20;
const maxCharacters = 60_000;

/** What a person needs to take over: the failing tests, the change that broke them, each attempt, what to do next. */
export function reportText({ task, reason, tests, files, diff }: ReportInput): string {
  const cost = task.attempts.reduce((sum, attempt) => sum + attempt.cost_usd, 0);
  const parts = [
    `# ${tests.length === 1 ? 'A test is' : `${tests.length} tests are`} red and could not be mended`,
    `Task \`${task.id}\`, ${reason}`,
    `## Failing tests\n\n${tests.slice(0, maxTests).map(testText).join('\n\n')}${tests.length > maxTests ? `\n\nand ${tests.length - maxTests} more` : ''}`,
    `## The change that broke them\n\n${files.map((file) => `- ${inline(file)}`).join('\n')}\n\n${fence(diff === '' ? '(not known)' : diff, 'diff')}`,
    `## Attempts\n\n${task.attempts.length === 0 ? 'None.' : task.attempts.map(attemptText).join('\n\n')}`,
    `Cost: $${cost.toFixed(4)}.`,
  ];
  const text = `${parts.join('\n\n')}\n`;
  return text.length <= maxCharacters
    ? text
    : `${text.slice(0, maxCharacters)}\n\n(cut: the report had ${text.length} characters)\n`;
}

function testText({ file, title, message }: RedTest): string {
  return `- ${inline(title)} in ${inline(file)}\n\n${fence(message)}`;
}

function attemptText({
  number,
  strategy,
  verdict,
  reasons,
  patch,
  cost_usd,
  duration,
}: Task['attempts'][number]): string {
  const lines = [
    `${number}. ${verdict} after ${duration.toFixed(1)} s, $${cost_usd.toFixed(4)}`,
    `   Strategy: ${inline(strategy)}`,
    ...reasons.map((text) => `   - ${inline(text)}`),
    ...(patch === null ? [] : [`   Patch: runs/${patch}`]),
  ];
  return lines.join('\n');
}

/** A fence longer than any run of backticks inside, so that the content cannot close it. */
function fence(text: string, language = ''): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}${language}\n${text}\n${ticks}`;
}

function inline(text: string): string {
  return `\`${text.replaceAll('`', "'").replaceAll('\n', ' ')}\``;
}
