import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findPackageRoot } from '../../src/config/package-root.ts';
import { type ProcessResult, run, start } from '../../src/process/process.ts';
import { compiled } from '../rig/compiled.ts';
import { placesIn } from '../rig/places.ts';
import { writeProject } from '../rig/sample-project.ts';
import { scratch } from '../rig/scratch.ts';

const entry = join(findPackageRoot(), 'automation', 'start.ts');
const passing = `import { expect, test } from 'vitest';\ntest('adds', () => { expect(1 + 1).toBe(2); });\n`;

interface Place {
  readonly folder: string;
  readonly project: string;
  readonly env: Record<string, string>;
}

async function place(): Promise<Place> {
  const folder = await scratch('start');
  const project = join(folder, 'project');
  await mkdir(project);
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: join(folder, 'home'),
    PROJECT_ROOT: project,
    ...placesIn(folder),
    ...compiled,
    ANTHROPIC_API_KEY: 'none',
    ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
  };
  return { folder, project, env };
}

function launch({ folder, env }: Place): Promise<ProcessResult> {
  return run({ command: process.execPath, args: [entry], cwd: folder, env, timeoutMs: 60_000 });
}

/** Exit 2, a message without a stack trace, and nothing beside the project. */
async function expectRefusal(where: Place, ...said: readonly RegExp[]): Promise<void> {
  const { end, stderr } = await launch(where);
  for (const pattern of said) expect(stderr).toMatch(pattern);
  expect(end).toEqual({ kind: 'exited', code: 2 });
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(await readdir(where.folder)).toEqual(['project']);
}

describe('a start that cannot work exits with 2, says what to do, and makes nothing', () => {
  test('PROJECT_ROOT is missing', async () => {
    const where = await place();
    delete where.env.PROJECT_ROOT;
    await expectRefusal(where, /PROJECT_ROOT is not set: expected/);
  });

  test('PROJECT_ROOT does not exist', async () => {
    const where = await place();
    where.env.PROJECT_ROOT = join(where.folder, 'nowhere');
    await expectRefusal(where, /PROJECT_ROOT=.*nowhere: expected a folder/);
  });

  test('several values are wrong: all are told at once', async () => {
    const where = await place();
    Object.assign(where.env, { MAX_RETRIES: 'many', AUTO_FIX_ENABLED: 'perhaps', FILE_WATCH_DEBOUNCE_SECONDS: '-1' });
    await expectRefusal(
      where,
      /3 problems/,
      /MAX_RETRIES=many/,
      /AUTO_FIX_ENABLED=perhaps/,
      /FILE_WATCH_DEBOUNCE_SECONDS=-1/,
    );
  });

  test('F41: there is no test runner', async () => {
    const where = await place();
    await writeFile(join(where.project, 'package.json'), '{"name":"bare"}');
    await expectRefusal(where, /vitest/);
  });

  test('F32: there is no claude at CLAUDE_COMMAND', async () => {
    const where = await place();
    await writeProject(where.project, { 'a.test.ts': passing });
    where.env.CLAUDE_COMMAND = join(where.folder, 'no-claude');
    await expectRefusal(where, /no-claude/, /CLAUDE_COMMAND/);
  });
});

test('RUN-4: a second agent on the same project exits with 3 and names the first; SIGTERM ends the first in good order', async () => {
  const where = await place();
  await writeProject(where.project, { 'a.test.ts': passing });
  const first = start({
    command: process.execPath,
    args: [entry],
    cwd: where.folder,
    env: where.env,
    stdout: { kind: 'stream' },
    timeoutMs: 80_000,
  });
  let said = '';
  first.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  try {
    await expect.poll(() => said, { timeout: 30_000 }).toContain('"baseline.made"');
    const second = await launch(where);
    expect(second.end).toEqual({ kind: 'exited', code: 3 });
    expect(second.stderr).toMatch(
      new RegExp(`already running.*process ${first.pid} on .*, since \\d{4}-\\d\\d-\\d\\d \\d\\d:`),
    );
  } finally {
    if (first.pid !== undefined) process.kill(first.pid, 'SIGTERM');
  }
  expect((await first.result).end).toEqual({ kind: 'exited', code: 0 });
  const state = JSON.parse(await readFile(where.env.STATE_FILE ?? '', 'utf8'));
  expect(state.processes.orchestrator.status).toBe('stopped');

  // Its output is no terminal: it is the log itself, and what a person should know in the same way.
  const lines = said.trimEnd().split('\n');
  const told = lines.map((line) => JSON.parse(line));
  expect(told.filter(({ msg }) => msg.startsWith('When a save turns a green test red'))).toHaveLength(1);
  expect(told.find(({ event }) => event === 'agent.starting')).toMatchObject({ projectRoot: where.project });
  expect(told.at(-1)).toMatchObject({ event: 'agent.stopped', level: 'info' });
  const logged = (await readFile(where.env.LOG_FILE ?? '', 'utf8')).trimEnd().split('\n');
  const isEvent = (line: string): boolean => line.includes('"event":');
  expect(lines.filter(isEvent)).toEqual(logged.filter(isEvent));
});
