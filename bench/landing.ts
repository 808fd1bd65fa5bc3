import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { conversation, type Scenario, script } from '../src/claude/rehearsal/server.ts';
import { findPackageRoot } from '../src/config/package-root.ts';
import { type Mark, waterfallOf } from '../src/domain/timing.ts';
import { markOf } from '../src/pipeline/timeline.ts';
import { run } from '../src/process/process.ts';
import { openStage, type Stage } from '../test/rig/stage.ts';
import { type Figure, median, type Suite, withReleases } from './suite.ts';

/** As it is when nobody sets it: what the agent makes ready in this time, it has ready in real life. */
const debounceMs = 2_000;
const file = 'src/discount.ts';
const whole = 'subtotal >= 10_000';
/** Two in turns: the very same break again would be the person taking the fix back, and left alone. */
const breaks = ['subtotal > 10_000', 'subtotal >= 10_001'] as const;
const breakOf = (round: number): string => breaks[round % 2 === 0 ? 0 : 1];

/** Answers at once, so that only the programs around the model are measured. */
const scenario: Scenario = script(
  conversation(
    ({ tools }) => !tools.includes('Edit'),
    [
      { calls: [{ tool: 'Read', input: { file_path: file } }] },
      {
        structured: {
          summary: 'Compare with >= again',
          cause: 'It is >',
          steps: [],
          files: [file],
          keeps_intent: false,
        },
      },
    ],
  ),
  conversation(
    ({ tools }) => tools.includes('Edit'),
    [
      { calls: [{ tool: 'Read', input: { file_path: file } }] },
      ({ results }) => {
        const broken = breaks.find((text) => results.at(-1)?.text.includes(text)) ?? whole;
        return { calls: [{ tool: 'Edit', input: { file_path: file, old_string: broken, new_string: whole } }] };
      },
      { structured: { summary: 'Compares with >= again' } },
    ],
  ),
);

export const landing: Suite = {
  name: 'landing',
  title: 'save → landed, with a model that answers at once, against the same work by hand in a shell loop',
  run: (isQuick) =>
    withReleases(async (defer) => {
      const folder = await mkdtemp(join(tmpdir(), 'mendwatch-bench-'));
      defer(() => rm(folder, { recursive: true, force: true }));
      const stage = await openStage(
        folder,
        { scenario, settings: { FILE_WATCH_DEBOUNCE_SECONDS: String(debounceMs / 1_000), VERIFY_SCOPE: 'related' } },
        defer,
      );
      const byHand = await prepareShell(stage);
      const rounds = isQuick ? 1 : 7;
      const ours: number[] = [];
      const shell: number[] = [];
      const falls: Fall[] = [];
      await oneByAgent(stage, 0);
      await byHand();
      for (let round = 1; round <= rounds; round++) {
        // Alternating order, so that a machine that slows down slows both.
        const agent = async (): Promise<void> => {
          const { totalMs, fall } = await oneByAgent(stage, round);
          ours.push(totalMs);
          falls.push(fall);
        };
        const loop = async (): Promise<void> => void shell.push(await byHand());
        for (const act of round % 2 === 0 ? [agent, loop] : [loop, agent]) await act();
      }
      const ratios = ours.map((ms, index) => ms / (shell[index] ?? Number.NaN));
      const figures: Figure[] = [
        { name: 'agent, debounce left out', value: median(ours), unit: 'ms' },
        {
          name: 'shell loop',
          value: median(shell),
          unit: 'ms',
          note: 'vitest related, claude -p plan, claude -p fix, vitest related',
        },
        {
          name: 'agent / shell loop',
          value: median(ratios),
          unit: 'ratio',
          target: '≤ 0.9',
          note: `median of ${rounds} pairs`,
        },
        {
          name: "the harness's own share",
          value: median(falls.map(({ ownMs }) => ownMs)),
          unit: 'ms',
          target: '< 400',
          note: 'without debounce, test runs and turns of Claude',
        },
        ...stepFigures(falls),
      ];
      return figures;
    }),
};

type Fall = ReturnType<typeof waterfallOf>;

async function oneByAgent(stage: Stage, round: number): Promise<{ totalMs: number; fall: Fall }> {
  const from = stage.events.length;
  const startedAt = Date.now();
  await stage.edit(file, whole, breakOf(round));
  const landed = await stage.until('land.landed', () => true, from);
  await stage.until('task.finished', ({ outcome }) => outcome === 'fixed', from);
  const saved: Mark = { name: 'save', at: startedAt + debounceMs };
  const marks = stage.events
    .slice(from)
    .filter(({ at }) => at <= landed.at)
    .flatMap((event) => markOf(event) ?? []);
  return { totalMs: landed.at - saved.at, fall: waterfallOf([saved, ...marks]) };
}

/** Where the time goes, step by step: the median of each. */
function stepFigures(falls: readonly Fall[]): Figure[] {
  const steps = Map.groupBy(
    falls.flatMap(({ steps }) => steps),
    ({ name }) => name,
  );
  const figures = [...steps].map(
    ([name, each]): Figure => ({
      name: `  ${name}`,
      value: median(each.map(({ durationMs }) => durationMs)),
      unit: 'ms',
    }),
  );
  const sums: Figure[] = [
    { name: '  of it: tests', value: median(falls.map(({ testsMs }) => testsMs)), unit: 'ms' },
    { name: '  of it: turns of Claude', value: median(falls.map(({ modelMs }) => modelMs)), unit: 'ms' },
  ];
  return [...figures, ...sums];
}

/** What a person would put into a loop: related tests, one cold Claude for the plan, one for the fix, related tests. */
async function prepareShell(stage: Stage): Promise<() => Promise<number>> {
  const home = join(stage.folder, 'shell-home');
  await mkdir(home);
  const root = findPackageRoot();
  const vitest = join(dirname(createRequire(join(root, 'package.json')).resolve('vitest/package.json')), 'vitest.mjs');
  const claude = join(root, 'node_modules', '.bin', 'claude');
  const env = { PATH: process.env.PATH ?? '', ...stage.rehearsal.environment(home) };
  const project = join(stage.folder, 'by-hand');
  await run({ command: 'cp', args: ['-r', stage.project, project], cwd: stage.folder, env });
  const script = join(stage.folder, 'loop.sh');
  const schema = JSON.stringify({ type: 'object', properties: { summary: { type: 'string' } }, required: ['summary'] });
  const planSchema = JSON.stringify({ type: 'object' });
  await writeFile(
    script,
    `#!/bin/bash
cd '${project}' || exit 1
sed -i 's/${whole}/${breaks[0]}/' ${file}
start=$(date +%s%3N)
red=$('${process.execPath}' '${vitest}' related ${file} --run 2>&1)
plan=$('${claude}' -p "Plan a fix. $red" --tools Read,Grep,Glob --json-schema '${planSchema}' --output-format json </dev/null)
'${claude}' -p "Fix it. $plan" --tools Read,Edit,Write,Grep,Glob --permission-mode acceptEdits --json-schema '${schema}' --output-format json </dev/null >/dev/null
'${process.execPath}' '${vitest}' related ${file} --run >/dev/null 2>&1 || exit 1
echo $(( $(date +%s%3N) - start ))
`,
  );
  return async () => {
    const { end, stdout, stderr } = await run({
      command: 'bash',
      args: [script],
      cwd: project,
      env,
      timeoutMs: 300_000,
    });
    if (end.kind !== 'exited' || end.code !== 0)
      throw new Error(`The shell loop failed: ${JSON.stringify(end)} ${stdout} ${stderr}`);
    return Number(stdout.trim().split('\n').at(-1));
  };
}
