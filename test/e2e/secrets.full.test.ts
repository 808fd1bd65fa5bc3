import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { conversation, script } from '../../src/claude/rehearsal/server.ts';
import { isFixer, isPlanner } from '../rig/menders.ts';
import { setStage } from '../rig/set-stage.ts';
import { inContext, samples } from '../secrets/samples.ts';

const configured = { EMAIL_WEBHOOK_SECRET: 'what-signs-the-letters' };
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
  Object.entries({ ...byForm, ...configured, ...inEnvFile }).map(([name, secret]) => {
    const lines = secret.split('\n').filter((line) => line.length > 10 && !line.startsWith('-----'));
    return [
      name,
      lines.flatMap((line) => [line, JSON.stringify(line).slice(1, -1), Buffer.from(line).toString('base64')]),
    ];
  }),
);

function foundIn(text: string): readonly string[] {
  return [...planted].filter(([, shapes]) => shapes.some((shape) => text.includes(shape))).map(([name]) => name);
}

const source = (good: boolean, keys: readonly string[]): string =>
  `export const good = ${good};\nexport const keys: string[] = [\n${keys.map((key) => `  ${JSON.stringify(key)},\n`).join('')}];\n`;

const leak = `import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { good, keys } from '../src/keys.ts';

const variables = readFileSync(new URL('../.env', import.meta.url), 'utf8');

test('prints in pieces', async () => {
  for (const key of keys) {
    process.stdout.write(key.slice(0, 9));
    await new Promise((resolve) => setImmediate(resolve));
    process.stdout.write(key.slice(9) + '\\n');
  }
  console.error(variables);
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

function strategyOf(summary: string): unknown {
  return { summary, cause: summary, steps: [summary], files: [], keeps_intent: true };
}

test('F57, RUN-9, F56: planted secrets are in no log, state, run file, event or request to the model', async () => {
  const said = `Use ${token}, ${inEnvFile.SHOP_DB_PASSWORD} and ${configured.EMAIL_WEBHOOK_SECRET}`;
  const stage = await setStage({
    bare: true,
    git: false,
    files: {
      '.gitignore': 'node_modules/\n.env\n',
      'package.json': '{"type":"module","devDependencies":{"vitest":"*"}}',
      'src/keys.ts': source(true, []),
      'test/leak.test.ts': leak,
      'CLAUDE.md': `The password is ${inEnvFile.SHOP_DB_PASSWORD}, the token ${token}.\n`,
      '.env': Object.entries(inEnvFile)
        .map(([name, value]) => `${name}="${value}"\n`)
        .join(''),
    },
    settings: { MAX_RETRIES: '2', LANE_LINKS: '.env', LOG_LEVEL: 'trace', ...configured },
    scenario: script(
      // In the last answer of each process only: what a model has said is in its next request.
      conversation(isPlanner, [({ questions }) => ({ structured: strategyOf(questions === 2 ? said : 'Mend it') })]),
      conversation(isFixer, [
        { calls: [{ tool: 'Write', input: { file_path: 'src/note.ts', content: '// A note\n' } }] },
        { structured: { summary: said } },
      ]),
    ),
  });
  expect(planted.size).toBeGreaterThanOrEqual(25);
  await stage.save('src/keys.ts', source(false, texts));
  // Each wait has a limit of its own.
  await stage.until('regression.found');
  await stage.until('attempt.rejected');
  await stage.until('task.failed');
  await stage.agent.stop('the test is over');

  const seen: Record<string, string> = {
    'the events': JSON.stringify(stage.events),
    ...Object.fromEntries(stage.rehearsal.requests.map(({ body, number }) => [`request ${number}`, body])),
  };
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
