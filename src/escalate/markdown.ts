import { headline, type Report, type ReportedAttempt } from './report.ts';
import { dollars, duration, fence, inlineCode, oneLine, shorten, withoutMentions } from './text.ts';

/** Shares of the full lengths, tried one after the other until the text fits. */
const shares = [1, 0.4, 0.15, 0.05, 0.01];

const full = { tests: 20, files: 50, message: 4_000, diff: 24_000, patch: 8_000, reason: 1_000 };

/** The report as a page for people. All that comes from the project stands in code, where nothing is a mention or a link. */
export function reportMarkdown(report: Report, limit: number): string {
  for (const share of shares) {
    const text = page(report, share);
    if (text.length <= limit) return text;
  }
  const { task_id } = report;
  return `The report is too long for this place. \`mendwatch show ${task_id}\` has it.\n`;
}

function page(report: Report, share: number): string {
  const { tests, test_count, files, file_count, diff, attempts, reason, commands } = report;
  const most = (count: number): number => Math.max(1, Math.floor(count * share));
  const shownTests = tests.slice(0, most(full.tests));
  const shownFiles = files.slice(0, most(full.files));
  const changed = diff === '' ? '(not known)' : shorten(diff, most(full.diff));
  const cut = share < 1 ? ['Shortened, to fit into the limit of this place.'] : [];
  return `${[
    `# ${whatIsWrong(test_count)}`,
    `Task \`${report.task_id}\`: ${inlineCode(reason, full.reason)}`,
    ...cut,
    '## Failing tests',
    ...(test_count === 0 ? ['(not known)'] : []),
    ...shownTests.map((test) => testText(test, most(full.message))),
    ...more(test_count - shownTests.length),
    '## The change that broke them',
    shownFiles.map((file) => `- ${inlineCode(file)}`).join('\n') || '(not known)',
    ...more(file_count - shownFiles.length),
    fence(changed, 'diff'),
    '## Attempts',
    ...(attempts.length === 0 ? ['None.'] : attempts.map((attempt) => attemptText(attempt, most(full.patch)))),
    `Cost: ${dollars(report.cost_usd)}, time: ${duration(report.duration)}.`,
    '## What to do next',
    commands.map(({ command, does }) => `- \`${command}\`: ${does}`).join('\n'),
  ].join('\n\n')}\n`;
}

function whatIsWrong(tests: number): string {
  if (tests === 0) return 'A change could not be looked at';
  return `${tests === 1 ? 'A test is' : `${tests} tests are`} red and could not be mended`;
}

function more(count: number): readonly string[] {
  return count > 0 ? [`and ${count} more`] : [];
}

function testText({ file, title, message }: Report['tests'][number], limit: number): string {
  return `- ${inlineCode(title)} in ${inlineCode(file)}\n\n${fence(shorten(message, limit))}`;
}

function attemptText(attempt: ReportedAttempt, limit: number): string {
  const { number, verdict, strategy, reasons, patch, cost_usd } = attempt;
  const lines = [
    `${number}. ${verdict} after ${duration(attempt.duration)}, ${dollars(cost_usd)}`,
    `   - Strategy: ${inlineCode(strategy, full.reason)}`,
    ...reasons.map((reason) => `   - ${inlineCode(reason, full.reason)}`),
  ];
  return patch === null ? lines.join('\n') : `${lines.join('\n')}\n\n${fence(shorten(patch, limit), 'diff')}`;
}

export function issueTitle(report: Report): string {
  return oneLine(withoutMentions(headline(report)), 200);
}
