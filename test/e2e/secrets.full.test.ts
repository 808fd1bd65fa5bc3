import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { conversation, script } from '../../src/claude/rehearsal/server.ts';
import { findPackageRoot } from '../../src/config/package-root.ts';
import { run } from '../../src/process/process.ts';
import { compiled } from '../rig/compiled.ts';
import { GitHubServer } from '../rig/github-server.ts';
import { isFixer, isPlanner } from '../rig/menders.ts';
import { setStage } from '../rig/set-stage.ts';
import type { Stage } from '../rig/stage.ts';
import { WebhookServer } from '../rig/webhook-server.ts';
import { inContext, samples } from '../secrets/samples.ts';

const configured = { EMAIL_WEBHOOK_SECRET: 'what-signs-the-letters' };
const inEnvironment = { CI_DEPLOY_TOKEN: 'known by its name alone' };
const whileItRuns = { ADDED_PASSWORD: 'written while it runs' };
const inEnvFile = {
  SHOP_DB_PASSWORD: 'plain words of a person',
  SIGNING: 'Qm7Lx2Vt9Rb4',
  MANY_LINES_KEY: 'first line of key\nsecond line of key',
};
const byForm: Readonly<Record<string, string>> = {
  ...samples,
  ...Object.fromEntries(Object.entries(inContext).map(([kind, [, secret]]) => [kind, secret])),
};
const texts = [...Object.values(samples), ...Object.values(inContext).map(([text]) => text)];
const token = samples['a token of GitLab'] ?? '';

/** What must be seen nowhere: of keys of many lines, any line. */
const planted = new Map(
  Object.entries({ ...byForm, ...configured, ...inEnvironment, ...inEnvFile, ...whileItRuns }).map(([name, secret]) => {
    const lines = secret.split('\n').filter((line) => line.length > 10 && !line.startsWith('-----'));
    return [
      name,
      lines.flatMap((line) => [line, JSON.stringify(line).slice(1, -1), Buffer.from(line).toString('base64')]),
    ];
  }),
);

/** Files are found by their names, so that these stay as they are in the state folder, and nowhere else. */
const inName = `glpat-${'FileName0'.repeat(2)}42`;
const named = `src/${inName}.ts`;

function foundIn(text: string): readonly string[] {
  return [...planted].filter(([, shapes]) => shapes.some((shape) => text.includes(shape))).map(([name]) => name);
}

const source = (good: boolean, keys: readonly string[]): string =>
  `export const good = ${good};\nexport const keys: string[] = [\n${keys.map((key) => `  ${JSON.stringify(key)},\n`).join('')}];\n`;

const leak = `import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { good, keys } from '../src/keys.ts';
import '../${named}';

const variables = readFileSync(new URL('../.env', import.meta.url), 'utf8');

test('prints in pieces', async () => {
  for (const key of keys) {
    process.stdout.write(key.slice(0, 9));
    await new Promise((resolve) => setImmediate(resolve));
    process.stdout.write(key.slice(9) + '\\n');
  }
  console.error(variables, process.env.CI_DEPLOY_TOKEN);
  expect(good).toBe(true);
});

test('compares', () => {
  expect(good ? [] : keys).toEqual([]);
});

test('uses ${token}', () => {
  if (!good) throw new Error('cannot use ' + variables, { cause: new Error(keys.join(' ')) });
});

test('fails with all of them', () => {
  if (!good) throw Object.assign(new Error(keys.slice(10).join(' ; ')), { request: { headers: { 'x-api-key': keys[0] } } });
});
`;

const envFile = (variables: Readonly<Record<string, string>>): string =>
  Object.entries(variables)
    .map(([name, value]) => `${name}="${value}"\n`)
    .join('');

const channelsTo = (github: GitHubServer, slack: WebhookServer, email: WebhookServer) => ({
  ...{ GITHUB_TOKEN: github.token, GITHUB_REPO: github.repository, GITHUB_API_URL: github.url },
  ...{ SLACK_WEBHOOK_URL: slack.url, EMAIL_WEBHOOK_URL: email.url },
});

function strategyOf(summary: string): unknown {
  return { summary, cause: summary, steps: [summary], files: [], keeps_intent: true };
}

test('F57, RUN-9, F56: planted secrets are in no log, state, run file, event, message, command’s output or request to the model', {
  timeout: 240_000,
}, async () => {
  const advice = `Use ${token}, ${inEnvFile.SHOP_DB_PASSWORD} and ${configured.EMAIL_WEBHOOK_SECRET}`;
  const github = await new GitHubServer().start();
  const [slack, email] = [await new WebhookServer().start(), await new WebhookServer().start()];
  for (const server of [github, slack, email]) onTestFinished(() => server.close());
  const stage = await setStage({
    bare: true,
    env: inEnvironment,
    git: false,
    files: {
      '.gitignore': 'node_modules/\n.env\n',
      'package.json': '{"type":"module","devDependencies":{"vitest":"*"}}',
      'src/keys.ts': source(true, []),
      [named]: 'export {};\n',
      'test/leak.test.ts': leak,
      'CLAUDE.md': `The password is ${inEnvFile.SHOP_DB_PASSWORD}, the token ${token}.\n`,
      '.env': envFile(inEnvFile),
    },
    settings: {
      MAX_RETRIES: '2',
      LANE_LINKS: '.env',
      LOG_LEVEL: 'trace',
      ...configured,
      ...channelsTo(github, slack, email),
    },
    scenario: script(
      // In the last answer of each process only: what a model has said is in its next request.
      conversation(isPlanner, [({ questions }) => ({ structured: strategyOf(questions === 2 ? advice : 'Mend it') })]),
      conversation(isFixer, [
        { calls: [{ tool: 'Write', input: { file_path: 'src/note.ts', content: '// A note\n' } }] },
        { structured: { summary: advice } },
      ]),
    ),
  });
  expect(planted.size).toBeGreaterThanOrEqual(25);
  await stage.save('.env', envFile({ ...inEnvFile, ...whileItRuns }));
  await stage.save(named, '// A change\nexport {};\n');
  await stage.save('src/keys.ts', source(false, texts));
  // Each wait has a limit of its own.
  await stage.until('regression.found');
  await stage.until('attempt.rejected');
  const { taskId } = await stage.until('task.failed');
  for (const channel of ['github', 'slack', 'email'])
    await stage.until('escalation.sent', (event) => event.channel === channel);
  await stage.agent.stop('the test is over');

  const seen: Record<string, string> = {
    'the events': JSON.stringify(stage.events),
    ...Object.fromEntries(stage.rehearsal.requests.map(({ body, number }) => [`request ${number}`, body])),
    ...bodies('GitHub', github.requests),
    ...bodies('Slack', slack.received),
    ...bodies('e-mail', email.received),
    'tasks --json': await said(stage, 'tasks', '--json'),
    show: await said(stage, 'show', taskId),
    'escalations --json': await said(stage, 'escalations', '--json'),
  };
  expect(Object.values(seen).join('\n')).not.toContain(inName);
  expect(seen['tasks --json']).toContain('src/[secret].ts');
  for (const folder of ['state', 'logs']) {
    for (const path of readdirSync(join(stage.folder, folder), { recursive: true })) {
      const file = join(stage.folder, folder, String(path));
      if (statSync(file).isFile()) seen[join(folder, String(path))] = readFileSync(file, 'utf8');
    }
  }
  expect(Object.keys(seen).join('\n')).toMatch(/report\.md[\s\S]*transcript\.jsonl|transcript\.jsonl[\s\S]*report\.md/);
  expect(stage.rehearsal.requests.length).toBeGreaterThanOrEqual(4);
  expect(Object.fromEntries(Object.entries(seen).map(([where, text]) => [where, foundIn(text)]))).toEqual(
    Object.fromEntries(Object.keys(seen).map((where) => [where, []])),
  );
});

function bodies(to: string, requests: readonly { readonly body: string }[]): Record<string, string> {
  return Object.fromEntries(requests.map(({ body }, index) => [`${to} ${index}`, body]));
}

/** What `mendwatch …` prints. */
async function said({ folder, project, stateFile }: Stage, ...args: string[]): Promise<string> {
  const { stdout } = await run({
    command: process.execPath,
    args: [join(findPackageRoot(), 'automation', 'mendwatch.ts'), ...args],
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', HOME: folder, PROJECT_ROOT: project, STATE_FILE: stateFile, ...compiled },
    timeoutMs: 60_000,
  });
  expect(stdout).toMatch(/task_[0-9a-f]{8}/);
  return stdout;
}
