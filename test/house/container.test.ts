import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import ignore from 'ignore';
import { expect, test } from 'vitest';
import { settings } from '../../src/config/settings.ts';
import { composeService, copiesOf, dockerStages, environmentOf, of, repository, wordsOf } from './dockerfile.ts';

const read = (file: string): Promise<string> => readFile(resolve(repository, file), 'utf8');

test('EXEC-13: the image is made in stages of one base, for a user who is not root, and is told to stop as the agent expects', async () => {
  const stages = await dockerStages();
  const last = stages.at(-1);
  expect(stages.map(([from]) => from?.text.split(' ')[0])).toEqual(['node:24-slim', 'node:24-slim']);
  expect(of(last, 'USER')).toEqual(['node']);
  expect(of(last, 'STOPSIGNAL')).toEqual(['SIGTERM']);
  expect(of(last, 'ADD')).toEqual([]);
  expect(of(last, 'RUN').join(' ')).toMatch(
    /apt-get install --yes --no-install-recommends .*\bgit\b.*rm -rf \/var\/lib\/apt\/lists/,
  );
  expect(of(stages[0], 'RUN').join(' ')).toMatch(/npm ci --omit=dev/);
});

test('what the image starts and asks is there, without a shell between', async () => {
  const last = (await dockerStages()).at(-1);
  const [root = ''] = of(last, 'WORKDIR');
  const [command, ...rest] = wordsOf(last, 'ENTRYPOINT');
  expect([command, wordsOf(last, 'CMD')]).toEqual(['node', ['start']]);
  expect(wordsOf(last, 'HEALTHCHECK')).toEqual([command, ...rest, 'status', '--check']);
  for (const word of rest.filter((one) => one.startsWith('/'))) {
    expect(existsSync(word.replace(root, repository)), word).toBe(true);
  }
});

test('settings in the image and in compose are known ones, and lie outside of what is read-only', async () => {
  const environment = environmentOf((await dockerStages()).at(-1));
  const places = [...(await read('compose.yaml')).matchAll(/^ {2,6}([A-Z_]{4,}): (\S+)/gm)].map(([, name, value]) => [
    name,
    value,
  ]);
  expect(places.length).toBeGreaterThan(5);
  const others = ['PATH', 'HOME', 'XDG_CACHE_HOME'];
  for (const [name = '', value] of [...Object.entries(environment), ...places]) {
    expect([...Object.keys(settings), ...others], name).toContain(name);
    if (/_(?:FILE|DIR)$/.test(name)) expect(value).toMatch(/^\/(?:state|cache)\//);
  }
});

test('nothing but what is copied goes to the builder: no settings, no state, no packages', async () => {
  const rules = ignore().add(await read('.dockerignore'));
  const stages = await dockerStages();
  for (const [from] of stages.flatMap((stage) => copiesOf(stage))) {
    expect(rules.ignores(from), from).toBe(false);
    expect(existsSync(resolve(repository, from)), from).toBe(true);
  }
  const never = [
    '.env',
    '.git/config',
    'automation/state/app_state.json',
    'automation/logs/automation.log',
    'node_modules/x/y',
    'test/a.ts',
    'src/.env',
  ];
  expect(never.filter((path) => !rules.ignores(path))).toEqual([]);
});

test('compose runs both with a process that collects, a root that is read-only, and more patience than a stop takes', async () => {
  const text = await read('compose.yaml');
  for (const rule of [/^ {2}init: true$/m, /^ {2}read_only: true$/m, /^ {2}cap_drop: \[ALL\]$/m, /^ {2}user: /m]) {
    expect(text).toMatch(rule);
  }
  const grace = Number(/stop_grace_period: (\d+)s/.exec(text)?.[1]);
  expect(grace).toBeGreaterThan(Number(settings.SHUTDOWN_GRACE_SECONDS.default) + 15);
  expect(await composeService('agent')).toContain('<<: *mendwatch');
  const executor = await composeService('executor');
  expect(executor).toMatch(/<<: \*mendwatch[\s\S]*command: \[serve\]/);
  // From other machines it is reached by whom the person lets in.
  expect(executor).toContain('ports: ["127.0.0.1:8003:8003"]');
  expect(executor).toMatch(/127\.0\.0\.1:8003\/health/);
});
