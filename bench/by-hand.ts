import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { findPackageRoot } from '../src/config/package-root.ts';
import { run, start } from '../src/process/process.ts';
import type { Stage } from '../test/rig/stage.ts';
import { breakOf, file, whole } from './shop-break.ts';
import type { Defer } from './suite.ts';

/** What people have without us: a copy of the project, and the two commands. */
export interface ByHand {
  readonly project: string;
  readonly env: Readonly<Record<string, string>>;
  readonly node: string;
  readonly vitest: string;
  readonly claude: string;
  /** Breaks the copy, as a person would by a save. */
  breakIt(round: number): Promise<void>;
}

export async function prepareByHand(stage: Stage, name: string): Promise<ByHand> {
  const home = join(stage.folder, `home-${name}`);
  await mkdir(home);
  const root = findPackageRoot();
  const vitest = join(dirname(createRequire(join(root, 'package.json')).resolve('vitest/package.json')), 'vitest.mjs');
  const claude = join(root, 'node_modules', '.bin', 'claude');
  const env = { PATH: process.env.PATH ?? '', ...stage.rehearsal.environment(home) };
  const project = join(stage.folder, name);
  await run({ command: 'cp', args: ['-r', stage.project, project], cwd: stage.folder, env });
  const breakIt = async (round: number): Promise<void> => {
    const text = await readFile(join(project, file), 'utf8');
    if (!text.includes(whole)) throw new Error(`Round ${round} found ${file} still broken`);
    await writeFile(join(project, file), text.replace(whole, breakOf(round)));
  };
  return { project, env, node: process.execPath, vitest, claude, breakIt };
}

const patienceMs = 300_000;
const planSchema = JSON.stringify({ type: 'object' });
const fixSchema = JSON.stringify({
  ...{ type: 'object', properties: { summary: { type: 'string' } }, required: ['summary'] },
});

/** What a person would put into a loop: related tests, one cold Claude for the plan, one for the fix, related tests. */
export async function prepareShell(stage: Stage): Promise<(round: number) => Promise<number>> {
  const hand = await prepareByHand(stage, 'by-shell');
  const { project, env, node, vitest, claude } = hand;
  const script = join(stage.folder, 'loop.sh');
  await writeFile(
    script,
    `#!/bin/bash
cd '${project}' || exit 1
start=$(date +%s%3N)
red=$('${node}' '${vitest}' related ${file} --run 2>&1)
plan=$('${claude}' -p "Plan a fix. $red" --tools Read,Grep,Glob --json-schema '${planSchema}' --output-format json </dev/null)
'${claude}' -p "Fix it. $plan" --tools Read,Edit,Write,Grep,Glob --permission-mode acceptEdits --json-schema '${fixSchema}' --output-format json </dev/null >/dev/null
'${node}' '${vitest}' related ${file} --run >/dev/null 2>&1 || exit 1
echo $(( $(date +%s%3N) - start ))
`,
  );
  return async (round) => {
    await hand.breakIt(round);
    const { end, stdout, stderr } = await run({
      command: 'bash',
      args: [script],
      cwd: project,
      env,
      timeoutMs: patienceMs,
    });
    if (end.kind !== 'exited' || end.code !== 0)
      throw new Error(`The shell loop failed: ${JSON.stringify(end)} ${stdout} ${stderr}`);
    return Number(stdout.trim().split('\n').at(-1));
  };
}

/** As aider watches: see `watch-loop.ts`. What it waits for a quiet moment is left out, as it is of the agent. */
export async function prepareLoop(stage: Stage, defer: Defer): Promise<(round: number) => Promise<number>> {
  const hand = await prepareByHand(stage, 'by-loop');
  const { project: cwd, env, node, vitest, claude } = hand;
  const args = [join(import.meta.dirname, 'watch-loop.ts'), claude, node, vitest, 'run'];
  const loop = start({ command: node, args, cwd, env, stdin: 'open', stdout: { kind: 'stream' } });
  defer(async () => void (await loop.cancel('measured')));
  const said = loop.stdout?.iterator({ destroyOnReturn: false });
  const next = async (): Promise<string> => {
    const timer = setTimeout(() => void loop.cancel('it says nothing'), patienceMs);
    const { value, done } = (await said?.next()) ?? { value: undefined, done: true };
    clearTimeout(timer);
    if (done) throw new Error(`The watch loop has ended: ${(await loop.result).stderr}`);
    return String(value).trim();
  };
  await next();
  return async (round) => {
    await hand.breakIt(round);
    const [colour, ms] = (await next()).split(' ');
    if (colour !== 'green') throw new Error('The watch loop did not mend it');
    return Number(ms);
  };
}
