import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { askOnce } from '../../src/claude/one-shot.ts';
import { conversation, script } from '../../src/claude/rehearsal/server.ts';
import { exists, opened, patiently, stage, until, withScript } from './rig.ts';

const schema = {
  type: 'object',
  properties: { cause: { type: 'string' } },
  required: ['cause'],
  additionalProperties: false,
};

test('CLAUDE-2: a fixer reads and edits a file of its lane', async () => {
  const { spec, lane, rehearsal } = await stage(
    script(
      conversation('mend it', [
        { calls: [{ tool: 'Read', input: { file_path: 'sum.js' } }] },
        ({ results }) => ({
          calls: [{ tool: 'Edit', input: { file_path: 'sum.js', old_string: 'a - b', new_string: 'a + b' } }],
          say: `seen: ${results[0]?.text}`,
        }),
        { say: 'Mended.' },
      ]),
    ),
  );
  await writeFile(join(lane, 'sum.js'), 'export const sum = (a, b) => a - b;\n');
  const lines: string[] = [];
  const answer = await askOnce(
    spec({
      tools: ['Read', 'Edit', 'Write', 'Grep', 'Glob'],
      acceptEdits: true,
      systemPrompt: 'You are the fixer.',
      onLine: (line) => lines.push(line),
    }),
    'Please mend it.',
    patiently(),
  );
  expect(answer.outcome).toEqual({ kind: 'done', text: 'Mended.', structured: undefined, denials: 0 });
  expect(await readFile(join(lane, 'sum.js'), 'utf8')).toBe('export const sum = (a, b) => a + b;\n');
  expect(answer.usage).toMatchObject({ turns: 3, inputTokens: expect.any(Number) });
  expect(answer.usage.costUsd).toBeGreaterThan(0);
  expect(answer.sessionId).toMatch(/^[0-9a-f-]{36}$/);
  expect(rehearsal.requests.every(({ isMain }) => isMain)).toBe(true);
  expect(rehearsal.requests[0]?.system).toContain('You are the fixer.');
  expect(rehearsal.requests[0]?.tools).toEqual(expect.arrayContaining(['Read', 'Edit', 'Write', 'Grep', 'Glob']));
  expect(rehearsal.requests[0]?.tools).not.toContain('Bash');
  expect(rehearsal.problems).toEqual([]);
  expect(lines.map((line) => JSON.parse(line).type)).toContain('result');
});

test('CLAUDE-1: a session stays open, answers by schema on every question, and its context grows', async () => {
  const { spec, rehearsal } = await stage(
    script(
      conversation(/first/, [{ structured: { cause: 'one' } }]),
      conversation(/second/, [
        { calls: [{ tool: 'Read', input: { file_path: 'nothing.js' } }] },
        { structured: { cause: 'two' } },
      ]),
      conversation(/third/, [{ say: 'I would rather talk.' }, { say: 'Really.' }]),
      conversation(/fourth/, [{ structured: { cause: 'four' } }]),
    ),
  );
  const session = opened(spec({ tools: ['Read', 'Grep', 'Glob'], schema }));
  const one = await session.ask('the first question', patiently());
  const afterOne = session.contextTokens;
  const two = await session.ask('the second question', patiently());
  const three = await session.ask('the third question', patiently());
  const four = await session.ask('the fourth question', patiently());

  expect(one.outcome).toMatchObject({ kind: 'done', structured: { cause: 'one' } });
  expect(two.outcome).toMatchObject({ kind: 'done', structured: { cause: 'two' } });
  expect(three.outcome).toMatchObject({ kind: 'malformed' });
  expect(four.outcome).toMatchObject({ kind: 'done', structured: { cause: 'four' } });
  expect(session.contextTokens).toBeGreaterThan(afterOne);
  expect(session).toMatchObject({ asked: 4, alive: true });
  expect(rehearsal.requests.at(-1)?.questions).toBe(4);
  // The CLI reports running totals; a question is billed its own share.
  const costs = [one, two, three, four].map(({ usage }) => usage.costUsd);
  expect(costs.every((cost) => cost > 0)).toBe(true);
  const tokens = rehearsal.requests.reduce((sum, request) => sum + Math.ceil(request.bytes / 4), 0);
  const billed = [one, two, three, four].reduce((sum, { usage }) => sum + usage.inputTokens, 0);
  expect(billed).toBe(tokens);

  await session.close();
  await session.close();
  expect(session.alive).toBe(false);
  expect((await session.ask('too late', patiently())).outcome.kind).toBe('crashed');
});

test('a cancelled question ends the process at once and leaves nothing behind', async () => {
  const { spec, rehearsal } = await stage(() => ({ hang: true }));
  const session = opened(spec());
  const stop = new AbortController();
  const asking = session.ask('anything', patiently({ signal: stop.signal }));
  await until(() => rehearsal.requests.length > 0);
  stop.abort(new Error('the person mended it'));
  expect((await asking).outcome).toEqual({ kind: 'cancelled', detail: 'the person mended it' });
  expect(session.alive).toBe(false);
  expect(exists(session.pid ?? 0)).toBe(false);
});

test('a question that was cancelled before it was asked costs nothing and leaves the session usable', async () => {
  const { spec, rehearsal } = await stage(() => ({ say: 'here' }));
  const session = opened(spec());
  const asked = await session.ask('x', patiently({ signal: AbortSignal.abort(new Error('no')) }));
  expect(asked).toMatchObject({ outcome: { kind: 'cancelled', detail: 'no' }, usage: { costUsd: 0, turns: 0 } });
  expect((await session.ask('y', patiently())).outcome).toMatchObject({ kind: 'done', text: 'here' });
  expect(rehearsal.requests).toHaveLength(1);
});

test('questions that are put at the same time are answered one after another', async () => {
  const { spec } = await stage(({ prompt }) => ({ say: prompt, delayMs: prompt === 'a' ? 100 : 0 }));
  const session = opened(spec());
  const answers = await Promise.all(['a', 'b', 'c'].map((prompt) => session.ask(prompt, patiently())));
  expect(answers.map(({ outcome }) => outcome.kind === 'done' && outcome.text)).toEqual(['a', 'b', 'c']);
});

test('a prompt that looks like a command of the CLI reaches the model as it is', async () => {
  const { spec, rehearsal } = await stage(() => ({ say: 'ok' }));
  const { outcome } = await askOnce(spec(), '/cost of this', patiently());
  expect(outcome).toMatchObject({ kind: 'done', text: 'ok' });
  expect(rehearsal.requests[0]?.prompt.trim()).toBe('/cost of this');
});

test('a prompt larger than what the CLI reads is refused without asking', async () => {
  const session = opened(await withScript('process.stdin.resume();'));
  const { outcome } = await session.ask('x'.repeat(10_000_000), patiently());
  expect(outcome.kind).toBe('refused');
  expect(session.alive).toBe(true);
});
