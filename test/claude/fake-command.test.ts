import { expect, test } from 'vitest';
import { askOnce } from '../../src/claude/one-shot.ts';
import { exists, opened, patiently, until, withScript } from './rig.ts';

const result = (text: string, more = {}) =>
  JSON.stringify({ type: 'result', subtype: 'success', is_error: false, result: text, num_turns: 1, ...more });

/** Runs `body` for every question; `say` writes a line. */
const onQuestion = (body: string) => `
const say = (line) => process.stdout.write(line + '\\n');
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => { ${body} });`;

test('F33: nothing comes: the idle limit ends the question and the process', async () => {
  const session = opened(await withScript(onQuestion(`say('{"type":"system","subtype":"init","session_id":"s"}')`)));
  const answer = await session.ask('x', patiently({ idleTimeoutMs: 300 }));
  expect(answer).toMatchObject({ outcome: { kind: 'timed-out', detail: 'nothing came for 300 ms' }, sessionId: 's' });
  await until(() => !session.alive);
  expect(exists(session.pid ?? 0)).toBe(false);
});

test('F33: a process that goes on saying something is not idle, and the total limit ends it', async () => {
  const session = opened(await withScript(onQuestion(`setInterval(() => say('{"type":"system"}'), 20)`)));
  const { outcome } = await session.ask('x', patiently({ timeoutMs: 1_500, idleTimeoutMs: 1_000 }));
  expect(outcome).toEqual({ kind: 'timed-out', detail: 'no answer within 1500 ms' });
});

test('F34: a process that stays after its result: the result counts, and closing ends it', async () => {
  const source = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);
    ${onQuestion(`say(${JSON.stringify(result('here'))})`)}`;
  const session = opened(await withScript(source));
  expect((await session.ask('x', patiently())).outcome).toMatchObject({ kind: 'done', text: 'here' });
  expect(session.alive).toBe(true);
  await session.close();
  expect(exists(session.pid ?? 0)).toBe(false);
});

test('F35: noise around a result does not lose it', async () => {
  const noise = JSON.stringify('Warning: {"type":"result"} 429');
  const body = `say(${noise}); say('{"type":"result"'); say('[]'); say('{"type":"news"}'); say(${JSON.stringify(result('kept'))})`;
  const { outcome } = await askOnce(await withScript(onQuestion(body)), 'x', patiently());
  expect(outcome).toMatchObject({ kind: 'done', text: 'kept' });
});

test('F35: an answer in pieces that split characters is whole', async () => {
  const bytes = JSON.stringify([...Buffer.from(`${result('żółć 🧵 ok')}\n`)]);
  const body = `const all = Buffer.from(${bytes}); let at = 0;
    const next = () => { if (at < all.length) process.stdout.write(all.subarray(at, (at += 3)), next); }; next();`;
  const { outcome } = await askOnce(await withScript(onQuestion(body)), 'x', patiently());
  expect(outcome).toMatchObject({ kind: 'done', text: 'żółć 🧵 ok' });
});

test.each([
  ['garbage and an end', `say('garbage'); process.stdout.write('', () => process.exit(0))`],
  ['half a result', `process.stdout.write('{"type":"result","subtype":"succ', () => process.exit(0))`],
  ['nothing at all', `process.exit(0)`],
])('F35: %s is malformed', async (_name, body) => {
  const { outcome } = await askOnce(await withScript(onQuestion(body)), 'x', patiently());
  expect(outcome.kind).toBe('malformed');
});

test('F35: a line of 50 MB is malformed and ends the process', async () => {
  const body = `const part = Buffer.alloc(1 << 20, 'x'); let left = 50;
    const next = () => { if (left-- > 0) process.stdout.write(part, next); else say(''); }; next();`;
  const session = opened(await withScript(onQuestion(body)));
  const { outcome } = await session.ask('x', patiently());
  expect(outcome).toMatchObject({ kind: 'malformed', detail: expect.stringContaining('bytes') });
  await until(() => !session.alive);
});

test('a process that ends by itself answers this question and every later one', async () => {
  const session = opened(await withScript(onQuestion(`console.error('out of luck'); process.exit(3)`)));
  const first = await session.ask('x', patiently());
  expect(first.outcome).toEqual({ kind: 'crashed', detail: 'exited with 3 before its answer: out of luck' });
  expect(session.alive).toBe(false);
  expect((await session.ask('y', patiently())).outcome.kind).toBe('crashed');
});

test('F32: a command that does not exist is told apart from one that fails', async () => {
  const spec = { ...(await withScript('')), command: '/nowhere/claude' };
  const session = opened(spec);
  expect(session.pid).toBeUndefined();
  expect((await session.ask('x', patiently())).outcome.kind).toBe('not-installed');
});

test('closing while a question is open ends it as cancelled', async () => {
  const session = opened(await withScript(onQuestion(`say('{"type":"system","subtype":"init","session_id":"s"}')`)));
  const asking = session.ask('x', patiently());
  await session.close();
  expect((await asking).outcome.kind).toBe('cancelled');
  expect((await session.ask('y', patiently())).outcome).toMatchObject({
    kind: 'crashed',
    detail: expect.stringContaining('had ended'),
  });
});

test('closing with questions in the queue cancels them all', async () => {
  const session = opened(await withScript(onQuestion('')));
  const asking = ['a', 'b'].map((prompt) => session.ask(prompt, patiently()));
  await session.close();
  const kinds = (await Promise.all(asking)).map(({ outcome }) => outcome.kind);
  expect(kinds[0]).toBe('cancelled');
  expect(kinds[1]).toMatch(/cancelled|crashed/);
});
