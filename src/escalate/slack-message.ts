import type { Message } from './channel.ts';
import { headline, type Report, type ReportedAttempt } from './report.ts';
import { dollars, duration, oneLine, shorten } from './text.ts';

/** Slack takes 150 characters in a header, 3,000 in a section, 50 blocks, and cuts messages at about 13,000. */
const limits = { header: 140, section: 2_900, tests: 3, message: 900, diff: 2_400, attempts: 2_500 };

type Block = Readonly<Record<string, unknown>>;

/** The body of one call of an incoming webhook. Slack knows no keys: it stands in the text, so that people see a double. */
export function slackMessage({ event, report, key, taskId }: Message): object {
  const title = report === undefined ? `Task ${taskId}` : headline(report);
  const word = event === 'resolved' ? 'Mended' : event === 'recurred' ? 'Red again' : 'Red';
  const text = oneLine(`${word}: ${title}`, limits.header);
  const blocks: readonly Block[] = [
    { type: 'header', text: { type: 'plain_text', text, emoji: false } },
    ...(event === 'resolved' ? [section('Its tests are not red any more.')] : detailsOf(report, taskId)),
    { type: 'context', elements: [mrkdwn(`Mendwatch, task ${code(taskId, 64)}, key ${code(key, 200)}`)] },
  ];
  return { text: asText(text), blocks, unfurl_links: false, unfurl_media: false };
}

function detailsOf(report: Report | undefined, taskId: string): readonly Block[] {
  if (report === undefined)
    return [section(`The report is gone; ${code(`mendwatch show ${taskId}`, 100)} may know more.`)];
  const { tests, test_count, files, file_count, diff, attempts, reason, cost_usd, commands } = report;
  const shown = tests.slice(0, limits.tests);
  const restOf = (count: number): string => (count > 0 ? ` and ${count} more` : '');
  return [
    section(code(reason, 600)),
    ...shown.map(({ title, file, message }) =>
      section(`*Red:* ${code(title, 300)} in ${code(file, 200)}\n${block(message, limits.message)}`),
    ),
    ...(test_count > shown.length ? [section(`${restOf(test_count - shown.length).trim()}`)] : []),
    section(
      `*Changed:* ${
        files
          .slice(0, 5)
          .map((file) => code(file, 100))
          .join(', ') || 'not known'
      }${restOf(file_count - 5)}\n${block(diff || '(not known)', limits.diff)}`,
    ),
    ...(attempts.length === 0 ? [] : [section(attemptLines(attempts))]),
    section(`Cost ${dollars(cost_usd)}, time ${duration(report.duration)}`),
    section(commands.map(({ command, does }) => `${code(command, 100)} ${does}`).join('\n')),
  ];
}

function attemptLines(attempts: readonly ReportedAttempt[]): string {
  const lines: string[] = ['*Attempts*'];
  let length = 0;
  for (const { number, verdict, strategy, reasons } of attempts) {
    const line = `${number}. ${verdict}: ${code(strategy, 200)} ${reasons
      .slice(0, 2)
      .map((reason) => code(reason, 200))
      .join(' ')}`;
    length += line.length;
    if (length > limits.attempts) return [...lines, `and ${attempts.length - lines.length + 1} more`].join('\n');
    lines.push(line);
  }
  return lines.join('\n');
}

/** `verbatim`: Slack makes no link, channel or mention out of plain text. */
function mrkdwn(text: string): Block {
  return { type: 'mrkdwn', text, verbatim: true };
}

function section(text: string): Block {
  return { type: 'section', text: mrkdwn(text.slice(0, limits.section)) };
}

/** These three are all that Slack's markup of mentions and links is made of. */
function asText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Within the limit after escaping too, which makes a character up to five. */
function escaped(text: string, limit: number, cut: (text: string, limit: number) => string): string {
  for (let room = limit; room > 10; room = Math.floor(room * 0.7)) {
    const made = asText(cut(text, room));
    if (made.length <= limit) return made;
  }
  return '…';
}

function code(text: string, limit: number): string {
  return `\`${escaped(text.replaceAll('`', "'"), limit, oneLine) || '-'}\``;
}

/** Slack has no longer fence: an invisible character keeps three backticks from closing it. */
function block(text: string, limit: number): string {
  return `\`\`\`\n${escaped(text.replaceAll('`', '`\u200B'), limit, shorten)}\n\`\`\``;
}
