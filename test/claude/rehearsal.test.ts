import { expect, onTestFinished, test } from 'vitest';
import { conversation, type Scenario, script, startRehearsal } from '../../src/claude/rehearsal/server.ts';

async function rehearsal(scenario: Scenario) {
  const server = await startRehearsal(scenario);
  onTestFinished(() => server.close());
  return server;
}

const agent = [{ type: 'text', text: 'x-anthropic-billing-header: cc_entrypoint=sdk-cli;' }];

function post(url: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  return fetch(`${url}/v1/messages?beta=true`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

function asking(text: string, more: Record<string, unknown> = {}) {
  return { model: 'm', max_tokens: 100, system: agent, messages: [{ role: 'user', content: text }], ...more };
}

test('a request is taken apart: question, step, results, tools', async () => {
  const { url, requests } = await rehearsal(() => ({ say: 'ok' }));
  await post(
    url,
    asking('', {
      tools: [{ name: 'Read' }, { name: 'StructuredOutput' }],
      messages: [
        { role: 'user', content: 'one' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'StructuredOutput', input: {} }] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 't1', content: 'taken' },
            { type: 'text', text: '<system-reminder>noise</system-reminder>' },
            { type: 'text', text: 'two' },
          ],
        },
        { role: 'assistant', content: [{ type: 'tool_use', id: 't2', name: 'Read', input: { file_path: 'a' } }] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 't2', is_error: true, content: [{ type: 'text', text: 'no such' }] },
          ],
        },
        { role: 'assistant', content: 'words' },
        { role: 'user', content: '[structured-output-enforce] You MUST call the tool' },
        { role: 'system', content: 'environment' },
      ],
    }),
  );
  expect(requests[0]).toMatchObject({
    number: 1,
    isMain: true,
    prompt: 'two',
    questions: 2,
    turn: 3,
    step: 2,
    results: [{ tool: 'Read', input: { file_path: 'a' }, text: 'no such', isError: true }],
    tools: ['Read', 'StructuredOutput'],
    structuredTool: 'StructuredOutput',
  });
  expect(requests[0]?.bytes).toBe(Buffer.byteLength(requests[0]?.body ?? ''));
});

test('side requests of the CLI are told apart', async () => {
  const { url, requests } = await rehearsal(() => ({}));
  await post(url, asking('main'));
  await post(url, asking('probe', { max_tokens: 1 }));
  await post(url, asking('title', { system: 'Name this conversation' }));
  await post(url, asking('sub', { system: `${agent[0]?.text} cc_is_subagent=true;` }));
  await post(url, asking('CRITICAL: Respond with TEXT ONLY. Do NOT call any tools.'));
  expect(requests.map(({ isMain }) => isMain)).toEqual([true, false, false, false, false]);
});

test('a conversation answers its question step by step, wherever in a session it is asked', async () => {
  const scenario = script(
    conversation('first', [{ say: 'one' }]),
    conversation(/second/, [{ calls: [{ tool: 'Read', input: {} }] }, ({ results }) => ({ say: `${results.length}` })]),
  );
  const { url } = await rehearsal(scenario);
  const say = async (body: unknown) => (await (await post(url, body)).json()) as { content: { text?: string }[] };
  expect((await say(asking('the first'))).content[0]?.text).toBe('one');
  const messages = [
    { role: 'user', content: 'the first' },
    { role: 'assistant', content: 'one' },
    { role: 'user', content: 'the second' },
  ];
  expect((await say(asking('', { messages }))).content[0]).toMatchObject({ type: 'tool_use', name: 'Read' });
  const later = [
    ...messages,
    { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'Read', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'x' }] },
  ];
  expect((await say(asking('', { messages: later }))).content[0]?.text).toBe('1');
  const unknown = await post(url, asking('something else'));
  expect([unknown.status, await unknown.text()]).toEqual([400, expect.stringContaining('something else')]);
});

test('errors have the status, the headers and the body of the service', async () => {
  const { url } = await rehearsal(() => ({ status: 429, headers: { 'retry-after': '7' }, error: { message: 'slow' } }));
  const response = await post(url, asking('x'));
  expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7']);
  expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'rate_limit_error', message: 'slow' } });
});

test('an answer can break off, and one that hangs ends when the rehearsal is closed', async () => {
  const server = await rehearsal(({ prompt }) => (prompt === 'cut' ? { say: 'x', cut: true } : { hang: true }));
  const cut = await post(server.url, asking('cut', { stream: true }));
  await expect(cut.text()).rejects.toThrow();
  const hanging = post(server.url, asking('hang'));
  const gone = expect(hanging).rejects.toThrow();
  await expect.poll(() => server.requests.length).toBe(2);
  await server.close();
  await gone;
});

test('what cannot be read, and a scenario that throws, are told and do not end the server', async () => {
  const { url, problems, requests } = await rehearsal(({ prompt }) => {
    if (prompt === 'bad') throw new Error('the scenario is wrong');
    return { say: 'fine' };
  });
  expect((await post(url, 'not json')).status).toBe(400);
  expect((await post(url, {})).status).toBe(400);
  expect((await post(url, asking('bad'))).status).toBe(400);
  expect((await post(url, asking('good'))).status).toBe(200);
  expect(problems).toHaveLength(3);
  expect(problems[2]).toBe('the scenario is wrong');
  expect(requests.map(({ prompt }) => prompt)).toEqual(['bad', 'good']);
});

test('the other addresses', async () => {
  const { url, environment } = await rehearsal(() => ({}));
  expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
  expect((await fetch(`${url}/v1/models`)).status).toBe(404);
  expect((await fetch(`${url}/v1/messages`)).status).toBe(404);
  const counted = await fetch(`${url}/v1/messages/count_tokens`, { method: 'POST', body: 'x'.repeat(40) });
  expect(await counted.json()).toEqual({ input_tokens: 10 });
  expect(environment('/home/x')).toMatchObject({ HOME: '/home/x', ANTHROPIC_BASE_URL: url });
});
