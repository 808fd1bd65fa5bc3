import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findPackageRoot } from '../src/config/package-root.ts';
import { run, start } from '../src/process/process.ts';
import { placesIn } from '../test/rig/places.ts';
import { writeProject } from '../test/rig/sample-project.ts';
import type { Defer } from './suite.ts';

const filesPerFolder = 100;

/** An agent as `npm run automation:start` has it, in a process of its own. */
export interface AgentProcess {
  readonly pid: number;
  readonly startedAt: number;
  /** When it has said this, counted from `from`: where the text stood before (default: from the start). */
  said(pattern: RegExp, from?: number): Promise<number>;
  /** How much it has said so far. */
  readonly length: number;
}

/** The one test of a project of modules. */
export const oneTest = `import { expect, test } from 'vitest';\ntest('one', () => { expect(1).toBe(1); });\n`;

/** A project with one test and so many modules. */
export async function makeTree(project: string, files: number): Promise<void> {
  await mkdir(project, { recursive: true });
  await writeProject(project, { 'one.test.ts': oneTest });
  await writeModules(project, files);
}

/** `src/part-<n>/module-<n>.ts`, each folder with the same number of them. */
export async function writeModules(project: string, files: number): Promise<void> {
  for (let first = 0; first < files; first += filesPerFolder) {
    const place = join(project, 'src', `part-${first / filesPerFolder}`);
    await mkdir(place, { recursive: true });
    const made = Array.from({ length: Math.min(filesPerFolder, files - first) }, (_, file) =>
      writeFile(join(place, `module-${file}.ts`), `export const value = ${first + file};\n`),
    );
    await Promise.all(made);
  }
}

export async function launchAgent(
  folder: string,
  project: string,
  defer: Defer,
  settings: Readonly<Record<string, string>> = {},
): Promise<AgentProcess> {
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: join(folder, 'home'),
    PROJECT_ROOT: project,
    ...placesIn(folder),
    ANTHROPIC_API_KEY: 'none',
    ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
    ...settings,
  };
  const automation = join(findPackageRoot(), 'automation');
  const args = ['--import', join(automation, 'compile-cache.mjs'), join(automation, 'start.ts'), '--plain'];
  // The very first start on a machine compiles the sources, and this one would keep the compiler in memory: it ends
  // at once, for want of a project.
  await run({ command: process.execPath, args, cwd: folder, env: { ...env, PROJECT_ROOT: join(folder, 'none') } });
  const startedAt = performance.now();
  const agent = start({ command: process.execPath, args, cwd: folder, env, stdout: { kind: 'stream' } });
  defer(async () => void (await agent.cancel('measured')));
  const { stdout, pid } = agent;
  if (stdout === undefined || pid === undefined) throw new Error('The agent could not start');
  let text = '';
  let isOver = false;
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  stdout.on('data', (chunk) => {
    text += String(chunk);
    tell();
  });
  void agent.result.then(({ stderr }) => {
    isOver = true;
    text += stderr;
    tell();
  });
  return {
    pid,
    startedAt,
    get length() {
      return text.length;
    },
    said: (pattern, from = 0) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (pattern.test(text.slice(from))) resolve(performance.now());
          else if (isOver) reject(new Error(`The agent ended without ${pattern}: ${text.slice(from)}`));
          else return;
          listeners.delete(look);
        };
        listeners.add(look);
        look();
      }),
  };
}
