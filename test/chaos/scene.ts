import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Rehearsal, startRehearsal } from '../../src/claude/rehearsal/server.ts';
import { compiled } from '../rig/compiled.ts';
import { type Edit, mender } from '../rig/menders.ts';
import { vitestFolder } from '../rig/sample-project.ts';

export const kinds = ['mended', 'three files', 'parked', 'given up', 'undone', 'set aside'] as const;
/** What a pipeline comes to when nothing is killed. */
export type Kind = (typeof kinds)[number] | 'several';

export interface Scene {
  readonly kind: Kind;
  readonly folder: string;
  /** The real CLI, and no stand-in. */
  readonly isReal: boolean;
  readonly project: string;
  readonly stateFile: string;
  /** Of every process of the product. */
  readonly env: Readonly<Record<string, string>>;
  /** What the person breaks. */
  readonly damages: readonly Edit[];
  /** The files with tests. */
  readonly tests: readonly string[];
  /** What stands in each file at the end. */
  readonly expected: Readonly<Record<string, string>>;
  save(path: string, text: string): void;
  read(path: string): string;
  git(...args: string[]): Promise<string>;
  close(): Promise<void>;
}

const sources: Readonly<Record<string, string>> = {
  'src/price.ts': 'export const price = (goods: number): number => goods * 2;\n',
  'src/label.ts': "export const label = (): string => 'two';\n",
  'src/note.ts': "// A note.\nexport const note = 'none';\n",
};
const test = `import { expect, test } from 'vitest';
import { label } from '../src/label.ts';
import { note } from '../src/note.ts';
import { price } from '../src/price.ts';
test('price', () => { expect(price(2)).toBe(4); });
test('label', () => { expect([label(), note]).toEqual(['two', 'none']); });
`;
const parts = ['price', 'label', 'note'] as const;
/** Each part with a test of its own, so that each break is a regression of its own. */
const testOf: Readonly<Record<(typeof parts)[number], string>> = {
  price: 'price(2)).toBe(4)',
  label: "label()).toBe('two')",
  note: "note).toBe('none')",
};
const apart = Object.fromEntries(
  parts.map((part) => [
    `test/${part}.test.ts`,
    `import { expect, test } from 'vitest';\nimport { ${part} } from '../src/${part}.ts';\ntest('${part}', () => { expect(${testOf[part]}; });\n`,
  ]),
);
/** The person's own, which nothing of this concerns. */
export const unrelated: Readonly<Record<string, string>> = {
  'notes.txt': 'not committed\n',
  'docs/plan.md': '# later\n',
};

const damage: Edit = { file: 'src/price.ts', from: 'goods * 2', to: 'goods * 3' };
const mend: Edit = { file: damage.file, from: damage.to, to: damage.from };
const more: readonly Edit[] = [
  { file: 'src/label.ts', from: "'two'", to: '`two`' },
  { file: 'src/note.ts', from: '// A note.', to: '// The note.' },
];
const several: readonly Edit[] = [
  damage,
  { file: 'src/label.ts', from: "'two'", to: "'three'" },
  { file: 'src/note.ts', from: "'none'", to: "'some'" },
];
/** What is only done where the question names this. */
type Fix = Edit & { readonly only?: string };
const fixes: Readonly<Record<Kind, readonly Fix[]>> = {
  several: several.map(({ file, from, to }) => ({ file, from: to, to: from, only: testFileOf(file) })),
  mended: [mend],
  'three files': [mend, ...more],
  parked: [mend],
  'given up': [{ file: damage.file, from: damage.to, to: 'goods * 4' }],
  undone: [mend],
  'set aside': [mend],
};

/** A small project under git with the person's own changes in it, and a model that will do as the kind says. */
export async function setScene(folder: string, { kind, isReal }: { kind: Kind; isReal: boolean }): Promise<Scene> {
  const tests = kind === 'several' ? apart : { 'test/shop.test.ts': test };
  const damages = kind === 'several' ? several : [damage];
  const project = join(folder, 'project');
  const save = (path: string, text: string): void => {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), text);
  };
  const read = (path: string): string => readFileSync(join(project, path), 'utf8');
  const home = join(folder, 'home');
  mkdirSync(home, { recursive: true });
  mkdirSync(join(folder, 'tmp'));
  const files = { ...sources, ...tests, '.gitignore': 'node_modules/\n' };
  for (const [path, text] of Object.entries(files)) save(path, text);
  save('package.json', '{"type":"module","devDependencies":{"vitest":"*"}}');
  mkdirSync(join(project, 'node_modules'));
  symlinkSync(vitestFolder(5), join(project, 'node_modules', 'vitest'), 'dir');
  const git = gitIn(project, home);
  await git('init', '-q', '-b', 'main');
  await git('add', '-A');
  await git('commit', '-q', '-m', 'The shop');
  for (const [path, text] of Object.entries(unrelated)) save(path, text);
  const model = isReal ? await realModel(fixes[kind], home) : standIn(fixes[kind], folder);
  const stateFile = join(folder, 'state', 'app_state.json');
  const env = {
    ...{ PATH: process.env.PATH ?? '', HOME: home, TMPDIR: join(folder, 'tmp'), NODE_ENV: 'test' },
    ...{ PROJECT_ROOT: project, STATE_FILE: stateFile, LOG_FILE: join(folder, 'logs', 'automation.log') },
    ...{ CACHE_DIR: join(folder, 'cache'), FILE_WATCH_DEBOUNCE_SECONDS: '0.1', RETRY_DELAY_SECONDS: '0.1' },
    // Here it is the test that kills, and no task's fault. Calls that were cut short are paid at their estimate.
    ...{ MAX_RETRIES: '2', MAX_CRASHES: kind === 'set aside' ? '2' : '1000', SHUTDOWN_GRACE_SECONDS: '10' },
    ...{ MAX_COST_PER_TASK_USD: '1000', MAX_COST_PER_DAY_USD: '1000' },
    ...(kind === 'parked' ? { LAND: 'park' } : {}),
    ...(kind === 'several' ? { MAX_CONCURRENT_TASKS: '3' } : {}),
    ...model.env,
    ...compiled,
  };
  const broken = sources[damage.file]?.replace(damage.from, damage.to) ?? '';
  const isBroken = kind === 'given up' || kind === 'undone' || kind === 'set aside';
  const mended = kind === 'three files' ? edited(more) : sources;
  const expected = { ...mended, ...unrelated, ...(isBroken ? { [damage.file]: broken } : {}) };
  return {
    ...{ kind, isReal, folder, project, stateFile, env, damages, expected, save, read, git, close: model.close },
    tests: Object.keys(tests),
  };
}

function testFileOf(file: string): string {
  return file.replace(/^src\/(\w+)\.ts$/, 'test/$1.test.ts');
}

function edited(edits: readonly Edit[]): Record<string, string> {
  const texts = { ...sources };
  for (const { file, from, to } of edits) texts[file] = (texts[file] ?? '').replace(from, to);
  return texts;
}

interface Model {
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

function standIn(edits: readonly Fix[], folder: string): Model {
  const command = join(folder, 'model', 'claude');
  mkdirSync(dirname(command));
  cpSync(join(import.meta.dirname, 'fixtures', 'claude.mjs'), join(dirname(command), 'claude.mjs'));
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${dirname(command)}/claude.mjs' "$@"\n`, {
    mode: 0o755,
  });
  writeFileSync(join(dirname(command), 'edits.json'), JSON.stringify(edits));
  const env = { CLAUDE_COMMAND: command, ANTHROPIC_API_KEY: 'none', ANTHROPIC_BASE_URL: 'http://127.0.0.1:9' };
  return { env, close: async () => undefined };
}

async function realModel(edits: readonly Fix[], home: string): Promise<Model> {
  const rehearsal: Rehearsal = await startRehearsal((request) =>
    mender(edits.filter(({ only = '' }) => request.prompt.includes(only)))(request),
  );
  return { env: rehearsal.environment(home), close: () => rehearsal.close() };
}

function gitIn(project: string, home: string): Scene['git'] {
  const who = { NAME: 'A Person', EMAIL: 'person@example.com' };
  const env = {
    ...{ PATH: process.env.PATH ?? '', HOME: home, GIT_CONFIG_NOSYSTEM: '1' },
    ...{ GIT_AUTHOR_NAME: who.NAME, GIT_AUTHOR_EMAIL: who.EMAIL },
    ...{ GIT_COMMITTER_NAME: who.NAME, GIT_COMMITTER_EMAIL: who.EMAIL },
  };
  return async (...args) => (await promisify(execFile)('git', args, { cwd: project, env })).stdout;
}
