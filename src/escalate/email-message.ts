import type { Message } from './channel.ts';
import { headline, type Report } from './report.ts';
import { dollars, duration, oneLine } from './text.ts';

/** What the webhook gets. The README has its schema: receivers rely on it. */
export interface EmailPayload {
  readonly version: 1;
  readonly key: string;
  readonly event: Message['event'];
  readonly fingerprint: string;
  readonly task_id: string;
  /** One line, for the header of a mail. */
  readonly subject: string;
  /** The mail as plain text. */
  readonly text: string;
  readonly report: Report | null;
}

export function emailPayload({ key, event, fingerprint, taskId, report }: Message): EmailPayload {
  const title = report === undefined ? `task ${taskId}` : headline(report);
  const word = event === 'resolved' ? 'mended' : event === 'recurred' ? 'red again' : 'red';
  return {
    version: 1,
    key,
    event,
    fingerprint,
    task_id: taskId,
    subject: oneLine(`[Mendwatch] ${word}: ${title}`, 200),
    text: event === 'resolved' ? `${title}\n\nIts tests are not red any more.\n` : plainText(title, report, taskId),
    report: report ?? null,
  };
}

function plainText(title: string, report: Report | undefined, taskId: string): string {
  if (report === undefined) return `${title}\n\nThe report is gone; mendwatch show ${taskId} may know more.\n`;
  const { reason, tests, test_count, files, diff, attempts, commands } = report;
  const indented = (text: string): string => text.replace(/^/gm, '    ');
  const more = test_count > tests.length ? [`and ${test_count - tests.length} more`] : [];
  return `${[
    title,
    `Task ${report.task_id}: ${reason}`,
    'FAILING TESTS',
    ...(test_count === 0 ? ['(not known)'] : []),
    ...tests.map(({ title: name, file, message }) => `${name} in ${file}\n${indented(message)}`),
    ...more,
    'THE CHANGE THAT BROKE THEM',
    files.join('\n'),
    indented(diff || '(not known)'),
    'ATTEMPTS',
    ...attempts.map(
      ({ number, verdict, strategy, reasons, patch }) =>
        `${number}. ${verdict}: ${strategy}\n${indented(reasons.join('\n'))}${patch === null ? '' : `\n${indented(patch)}`}`,
    ),
    `Cost: ${dollars(report.cost_usd)}, time: ${duration(report.duration)}.`,
    'WHAT TO DO NEXT',
    commands.map(({ command, does }) => `${command}: ${does}`).join('\n'),
  ].join('\n\n')}\n`;
}
