import { cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { run, start } from '../../src/process/process.ts';
import { composeService, copiesOf, dockerStages, environmentOf, of, repository, wordsOf } from '../house/dockerfile.ts';
import { writeProject } from '../rig/sample-project.ts';
import { scratch } from '../rig/scratch.ts';

const passing = `import { expect, test } from 'vitest';\ntest('adds', () => { expect(1 + 1).toBe(2); });\n`;

interface Image {
  readonly env: Record<string, string>;
  readonly cwd: string;
  /** The words of the image, with its root in the scratch folder. */
  words(name: string): string[];
}

/** What the steps of the Dockerfile make, in a folder instead of an image. */
async function image(): Promise<Image> {
  const root = await scratch('image');
  const last = (await dockerStages()).at(-1);
  const [workdir = ''] = of(last, 'WORKDIR');
  const inside = (path: string): string => join(root, path);
  const cwd = inside(workdir);
  await mkdir(cwd, { recursive: true });
  for (const [from, to] of copiesOf(last)) await cp(join(repository, from), join(cwd, to), { recursive: true });
  await copyPackages(join(cwd, 'node_modules'));
  for (const made of ['/project', '/state', '/cache', '/home/node', '/bin'])
    await mkdir(inside(made), { recursive: true });
  await symlink(process.execPath, inside('/bin/node'));
  const own = Object.entries(environmentOf(last)).filter(([name]) => name !== 'PATH');
  const env = Object.fromEntries(own.map(([name, value]) => [name, inside(value)]));
  return {
    cwd,
    env: { ...env, PATH: `${inside('/bin')}:/usr/bin:/bin`, AUTO_FIX_ENABLED: 'false', HEARTBEAT_SECONDS: '0.2' },
    words: (name) => wordsOf(last, name).map((word) => (word.startsWith(workdir) ? inside(word) : word)),
  };
}

/** As `npm ci --omit=dev` would: real folders, so that nothing is found which a published Mendwatch does not bring. */
async function copyPackages(to: string): Promise<void> {
  const lock = JSON.parse(await readFile(join(repository, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; optional?: boolean }>;
  };
  const folders = Object.entries(lock.packages).flatMap(([folder, { dev, optional }]) =>
    folder === '' || dev === true || optional === true ? [] : [folder],
  );
  expect(folders.length).toBeGreaterThan(20);
  for (const folder of folders) {
    const target = join(dirname(to), folder);
    const isNested = (path: string): boolean => path.slice(join(repository, folder).length).includes('/node_modules');
    await cp(join(repository, folder), target, { recursive: true, filter: (path) => !isNested(path) });
  }
}

function begin({ env, cwd }: Image, [command = '', ...args]: readonly string[]) {
  const child = start({ command, args, cwd, env, stdout: { kind: 'ignore' }, timeoutMs: 80_000 });
  onTestFinished(async () => void (await child.cancel('the test is over')));
  return child;
}

async function untilHealthy({ env, cwd }: Image, [command = '', ...args]: readonly string[]): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const { end, stdout, stderr } = await run({ command, args, cwd, env, timeoutMs: 20_000 });
    if (end.kind === 'exited' && end.code === 0) return;
    if (performance.now() > deadline) throw new Error(`It is not well: ${stdout}${stderr}`);
  }
}

test('EXEC-13: what the image starts watches with the packages of the image alone, is found well, and stops in order', async () => {
  const made = await image();
  await writeProject(made.env.PROJECT_ROOT ?? '', { 'a.test.ts': passing });
  const agent = begin(made, [...made.words('ENTRYPOINT'), ...made.words('CMD')]);
  await untilHealthy(made, made.words('HEALTHCHECK'));
  if (agent.pid !== undefined) process.kill(agent.pid, 'SIGTERM');
  expect((await agent.result).end).toEqual({ kind: 'exited', code: 0 });
  const gone = made.words('HEALTHCHECK');
  const { end } = await run({ command: gone[0] ?? '', args: gone.slice(1), cwd: made.cwd, env: made.env });
  expect(end).toEqual({ kind: 'exited', code: 4 });
});

test('EXEC-13: and so does the executor, with the check of compose', async () => {
  const made = await image();
  const compose = await composeService('executor');
  const [, script = ''] = /test:\s*\[\s*CMD,\s*node,\s*-e,\s*"(.*)",?\s*\]/.exec(compose) ?? [];
  const settings = {
    EXECUTOR_HOST: '0.0.0.0',
    EXECUTOR_PORT: '0',
    EXECUTOR_TOKEN: 'a-long-random-text',
    ALLOWED_COMMANDS: 'git',
  };
  const executor = start({
    ...{ command: 'node', args: [...made.words('ENTRYPOINT').slice(1), 'serve'], cwd: made.cwd },
    env: { ...made.env, ...settings },
    stdout: { kind: 'stream' },
    timeoutMs: 80_000,
  });
  onTestFinished(async () => void (await executor.cancel('the test is over')));
  let said = '';
  for await (const chunk of executor.stdout ?? []) {
    said += String(chunk);
    if (/:\d+\//.test(said)) break;
  }
  const port = /:(\d+)\//.exec(said)?.[1] ?? '';
  await untilHealthy(made, ['node', '-e', script.replace('8003', port)]);
  executor.stdout?.resume();
  if (executor.pid !== undefined) process.kill(executor.pid, 'SIGTERM');
  expect((await executor.result).end).toEqual({ kind: 'exited', code: 0 });
});
