import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emailPayload } from '../../src/escalate/email-message.ts';
import { issueTitle, reportMarkdown } from '../../src/escalate/markdown.ts';
import { makeReport, reportSchema } from '../../src/escalate/report.ts';
import { slackMessage } from '../../src/escalate/slack-message.ts';
import { cleanText, shorten } from '../../src/escalate/text.ts';
import { failing, redOf } from '../rig/reports.ts';
import { taskOf } from '../state/samples.ts';
import { attemptOf, inputOf, messageOf, reportOf } from './samples.ts';

const limit = 60_000;

test('ESC-4: the report says what broke, by which change, what was tried, what it cost and what to do', async () => {
  const text = reportMarkdown(await reportOf(), limit);
  for (const part of [
    '# A test is red and could not be mended',
    '`of 10000 cents is 1000` in `test/discount.test.ts`',
    'of 10000 cents is 1000 went wrong',
    '- `src/discount.ts`',
    '+  subtotal > tenPercentFrom',
    '1. rejected after 12.3 s, $0.0125',
    'Strategy: `Compare with >= again`',
    '+++ b/src/discount.ts',
    'Cost: $0.0250, time: 4 min.',
    '- `mendwatch show task_00000001`',
    '- `mendwatch retry task_00000001`',
  ]) {
    expect(text).toContain(part);
  }
  const question = reportMarkdown(await reportOf({ kind: 'question' }), limit);
  expect(question).toContain('mendwatch apply task_00000001');
  expect(question).toContain('mendwatch undo task_00000001');
});

test('F65: a report of what nobody could look at says so, and never "0 tests"; its cost is all that was spent', async () => {
  const nothing = await reportOf({ tests: [], task: taskOf(1, { attempts: [attemptOf(1)], cost_usd: 0.5 }) });
  const message = await messageOf({ report: nothing });
  const texts = [
    issueTitle(nothing),
    reportMarkdown(nothing, limit),
    JSON.stringify(slackMessage(message)),
    JSON.stringify(emailPayload(message)),
  ];
  for (const text of texts) {
    expect(text).toMatch(/a change could not be looked at/i);
    expect(text).not.toMatch(/0 tests|not known.*not known/);
  }
  expect(texts[1]).toContain('Cost: $0.5000');
});

test('a report goes through the file as it is', async () => {
  const report = await reportOf();
  expect(reportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
});

test('ESC-4: secrets are taken out before anything is cut, so that no half of one is left', async () => {
  const secret = 'sk-ant-0123456789abcdef';
  const clean = async (text: string): Promise<string> => text.replaceAll(secret, '[secret]');
  const long = `${'x'.repeat(2_990)}${secret}${'y'.repeat(5_000)}`;
  const tests = [{ id: 'a', file: secret, title: secret, message: long }];
  const task = taskOf(1, { attempts: [attemptOf(1, { strategy: secret, reasons: [long] })] });
  const given = { reason: secret, project: secret, files: [secret], diff: `${'x'.repeat(17_990)}${secret}${long}` };
  const patches = new Map([[1, `${'x'.repeat(5_990)}${secret}${long}`]]);
  const report = await makeReport(inputOf({ task, tests, patches, ...given }), clean);
  const message = await messageOf({ report });
  for (const body of [report, reportMarkdown(report, limit), slackMessage(message), emailPayload(message)]) {
    expect(JSON.stringify(body)).not.toContain('sk-ant');
  }
});

test('F47: ESC-4: within the limits of each service, however much there is', async () => {
  const big = '&<>`@'.repeat(20_000);
  const tests = failing(
    'a.test.ts',
    ...Array.from({ length: 3_000 }, (_, index) => `${index} ${big.slice(0, 900)}`),
  ).map((test) => ({ ...redOf(test), message: big }));
  const attempts = Array.from({ length: 20 }, (_, index) =>
    attemptOf(index + 1, { strategy: big.slice(0, 2_000), reasons: Array(20).fill(big.slice(0, 1_000)) }),
  );
  const files = Array(500).fill(`src/${big.slice(0, 400)}`);
  const patches = new Map(attempts.map(({ number }) => [number, big]));
  const report = await reportOf({ task: taskOf(1, { attempts }), tests, files, diff: big, patches, reason: big });
  for (const most of [60_000, 59_000, 14_000]) expect(reportMarkdown(report, most).length).toBeLessThanOrEqual(most);
  expect(reportMarkdown(report, 1_000)).toContain('mendwatch show task_00000001');
  expect(issueTitle(report).length).toBeLessThanOrEqual(256);
  const { blocks, text } = slackMessage(await messageOf({ report })) as { blocks: Block[]; text: string };
  expect(blocks.length).toBeLessThanOrEqual(50);
  expect(text.length).toBeLessThanOrEqual(3_000);
  let all = 0;
  for (const { type, text, elements } of blocks) {
    const length = text?.text.length ?? elements?.[0]?.text.length ?? 0;
    expect(length).toBeLessThanOrEqual(type === 'header' ? 150 : 3_000);
    expect(length).toBeGreaterThan(0);
    all += length;
  }
  expect(all).toBeLessThanOrEqual(13_000);
  const mail = emailPayload(await messageOf({ report }));
  expect(mail.subject.length).toBeLessThanOrEqual(200);
  expect(JSON.stringify(mail).length).toBeLessThan(2_000_000);
});

interface Block {
  readonly type: string;
  readonly text?: { readonly type: string; readonly text: string; readonly verbatim?: boolean };
  readonly elements?: readonly { readonly text: string; readonly verbatim?: boolean }[];
}

const hostile = fc
  .array(
    fc.constantFrom(
      ...[
        '@someone',
        '#123',
        'me/shop#1',
        '<!channel>',
        '<!here>',
        '<@U012>',
        '<http://evil.test|click>',
        '```',
        '`````',
        '`',
      ],
      ...[
        '~~~',
        '\n',
        '\r\n',
        '\r',
        '\u2028',
        '\n```\n',
        '\n~~~~\n',
        '<img src=x>',
        '<!-- mendwatch:fingerprint=ffff -->',
        '-->',
      ],
      ...[
        '[a](http://evil.test)',
        '![](http://evil.test)',
        'http://evil.test',
        '\n# Title\n',
        '\n- item',
        '\n    ',
        '|',
        '*',
        '_',
        '&',
      ],
      ...['\u001b[31m', '\u202e', '\u0000', '\ud800', 'word', ' ', '\t'],
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

const hostileReport = fc
  .record({
    title: hostile,
    file: hostile,
    message: hostile,
    diff: hostile,
    strategy: hostile,
    reason: hostile,
    patch: hostile,
  })
  .map(({ title, file, message, diff, strategy, reason, patch }) => {
    const task = taskOf(1, { attempts: [attemptOf(1, { strategy, reasons: [reason, reason] })] });
    const tests = [{ id: 'a', file, title, message }];
    return inputOf({ task, tests, diff, reason, files: [file], project: title, patches: new Map([[1, patch]]) });
  });

/** What GitHub would read as its own markup: everything that is neither in a fence nor in a code span (CommonMark 0.31). */
function outsideOfCode(markdown: string): string {
  const outside: string[] = [];
  let fence: string | undefined;
  for (const line of markdown.split(/\r\n|\n|\r/)) {
    const [, ticks] = /^ {0,3}(`{3,}|~{3,})/.exec(line) ?? [];
    if (fence === undefined && ticks !== undefined) fence = ticks;
    else if (fence !== undefined) {
      if (ticks?.startsWith(fence) && line.trim() === ticks) fence = undefined;
    } else outside.push(line.replace(/(`+)(?!`)(.*?)(?<!`)\1(?!`)/g, ''));
  }
  expect(fence, 'an open fence').toBeUndefined();
  return outside.filter((line) => line !== '').join('\n');
}

test('ESC-4: nothing from the project is a mention, a link, a heading or a marker in an issue', async () => {
  const task = taskOf(1, { attempts: [attemptOf(1, { reasons: ['one', 'two'] })] });
  const plain = outsideOfCode(reportMarkdown(await reportOf({ task }), limit));
  await fc.assert(
    fc.asyncProperty(hostileReport, async (input) => {
      const report = await makeReport(input, async (text) => text);
      expect(outsideOfCode(reportMarkdown(report, limit))).toBe(plain);
      expect(issueTitle(report)).not.toMatch(/[@#](?!\u200b)|[<>`\n\r]/);
    }),
    { numRuns: 300 },
  );
});

test('ESC-4: nothing from the project is a mention or a link in Slack, nor ends its block', async () => {
  const structure = (text: string): string => text.replace(/```\n[\s\S]*?\n```|`[^`\n]*`/g, 'CODE');
  await fc.assert(
    fc.asyncProperty(hostileReport, async (input) => {
      const report = await makeReport(input, async (text) => text);
      const { blocks } = slackMessage(await messageOf({ report })) as { blocks: Block[] };
      for (const { type, text, elements } of blocks) {
        for (const part of [text, elements?.[0]]) {
          if (part === undefined || type === 'header') continue;
          expect(part.verbatim).toBe(true);
          expect(part.text).not.toMatch(/[<>]/);
          expect(structure(part.text)).toMatch(/^[\w\s*:,.$()'CODE-]*$/);
        }
      }
      const { subject } = emailPayload(await messageOf({ report }));
      expect(subject).not.toMatch(/\p{Cc}/u);
    }),
    { numRuns: 300 },
  );
});

test('a text that is too long keeps its head and its tail, and says how much is gone', () => {
  const text = `${'a'.repeat(500)}${'b'.repeat(5_000)}${'c'.repeat(200)}`;
  const cut = shorten(text, 600);
  expect(cut.length).toBeLessThanOrEqual(600);
  expect(cut).toMatch(/^a{400}.*\n… 5100 characters left out …\n.*c{100}$/s);
  expect(shorten('short', 600)).toBe('short');
  expect(cleanText('\u001b[31mred\u001b[39m\r\nnext\u0007')).toBe('red\nnext');
});
