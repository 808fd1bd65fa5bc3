import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findPackageRoot } from '../src/config/package-root.ts';
import { run, start } from '../src/process/process.ts';
import { placesIn } from '../test/rig/places.ts';
import { writeProject } from '../test/rig/sample-project.ts';
import { type Suite, withReleases } from './suite.ts';

const files = 20_000;
const filesPerFolder = 100;
/** Linux counts processor time in these (sysconf(_SC_CLK_TCK)). */
const ticksPerSecond = 100;

export const idle: Suite = {
  name: 'idle',
  title: `an idle agent on a tree of ${files.toLocaleString('en')} files`,
  run: (isQuick) =>
    withReleases(async (defer) => {
      const folder = await mkdtemp(join(tmpdir(), 'mendwatch-bench-'));
      defer(() => rm(folder, { recursive: true, force: true }));
      const project = join(folder, 'project');
      await makeTree(project);
      const env = {
        PATH: process.env.PATH ?? '',
        HOME: join(folder, 'home'),
        PROJECT_ROOT: project,
        ...placesIn(folder),
        ANTHROPIC_API_KEY: 'none',
        ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
      };
      const automation = join(findPackageRoot(), 'automation');
      // As `npm run automation:start` has it.
      const args = ['--import', join(automation, 'compile-cache.mjs'), join(automation, 'start.ts'), '--plain'];
      // The very first start on a machine compiles the sources, and this one would keep the compiler in memory: it ends
      // at once, for want of a project.
      await run({ command: process.execPath, args, cwd: folder, env: { ...env, PROJECT_ROOT: join(folder, 'none') } });
      const startedAt = performance.now();
      const agent = start({ command: process.execPath, args, cwd: folder, env, stdout: { kind: 'stream' } });
      defer(async () => void (await agent.cancel('measured')));
      const { stdout, pid } = agent;
      if (stdout === undefined || pid === undefined) throw new Error('The agent could not start');
      let said = '';
      let watchingMs = 0;
      for await (const chunk of stdout.iterator({ destroyOnReturn: false })) {
        said += String(chunk);
        if (watchingMs === 0 && /watching \d/.test(said)) watchingMs = performance.now() - startedAt;
        if (/tests? green/.test(said)) break;
      }
      stdout.resume();
      // The agent gives memory back within the first ten seconds of quiet.
      const settleMs = isQuick ? 12_000 : 20_000;
      const windowMs = isQuick ? 5_000 : 60_000;
      await sleep(settleMs);
      const before = await processorTicks(pid);
      await sleep(windowMs);
      const used = (await processorTicks(pid)) - before;
      const note = `over ${windowMs / 1_000} s, ${settleMs / 1_000} s after the baseline; not the very first start`;
      return [
        { name: 'start → watching', value: watchingMs, unit: 'ms', target: '< 3000' },
        { name: 'resident memory', value: await residentMb(pid), unit: 'MB', target: '< 100', note },
        {
          name: 'share of a core',
          value: ((used / ticksPerSecond) * 100_000) / windowMs,
          unit: '%',
          target: '< 1',
          note,
        },
      ];
    }),
};

async function makeTree(project: string): Promise<void> {
  await mkdir(project, { recursive: true });
  await writeProject(project, {
    'one.test.ts': `import { expect, test } from 'vitest';\ntest('one', () => { expect(1).toBe(1); });\n`,
  });
  for (let folder = 0; folder < files / filesPerFolder; folder++) {
    const place = join(project, 'src', `part-${folder}`);
    await mkdir(place, { recursive: true });
    const made = Array.from({ length: filesPerFolder }, (_, file) =>
      writeFile(join(place, `module-${file}.ts`), `export const value = ${folder * filesPerFolder + file};\n`),
    );
    await Promise.all(made);
  }
}

async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1_024;
}

/** User and system time of the process itself: fields 14 and 15 of proc(5) stat. */
async function processorTicks(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
