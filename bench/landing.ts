import { type Mark, type Waterfall, waterfallOf } from '../src/domain/timing.ts';
import { marksOf } from '../src/pipeline/timeline.ts';
import { openStage, type Stage } from '../test/rig/stage.ts';
import { prepareLoop, prepareShell } from './by-hand.ts';
import { breakOf, file, mendsAtOnce, whole } from './shop-break.ts';
import { type Figure, figureOf, paired, quickRounds, ratios, type Suite, scratch, withReleases } from './suite.ts';

/** As it is when nobody sets it: what the agent makes ready in this time, it has ready in real life. */
const usualDebounceMs = 2_000;
/** Enough for that on a machine that has nothing else to do. */
const quickDebounceMs = 1_000;

export const landing: Suite = {
  name: 'landing',
  title: 'save → landed, with a model that answers at once, against two ways to do without an agent',
  quickly: `${quickRounds} rounds in place of 9, none to warm up, a debounce of ${quickDebounceMs / 1_000} s`,
  promises: [
    ...['agent, debounce left out', 'shell loop', 'watch loop', 'agent / shell loop', 'agent / watch loop'],
    ...["the harness's own share", 'snapshot', 'triage', 'plan', 'fix', 'verify', 'landing'],
    ...['of it: tests', 'of it: turns of Claude'],
  ],
  run: (isQuick) =>
    withReleases(async (defer) => {
      const folder = await scratch(defer);
      const debounceMs = isQuick ? quickDebounceMs : usualDebounceMs;
      const settings = { FILE_WATCH_DEBOUNCE_SECONDS: String(debounceMs / 1_000), VERIFY_SCOPE: 'related' };
      const stage = await openStage(folder, { scenario: mendsAtOnce, settings }, defer);
      const byAgent = (round: number): Promise<Waterfall> => oneByAgent(stage, round, debounceMs);
      const acts = { agent: byAgent, shell: await prepareShell(stage), loop: await prepareLoop(stage, defer) };
      const { agent, shell, loop } = await (isQuick ? paired(acts, quickRounds, 0) : paired(acts, 9));
      const ours = agent.map(({ totalMs }) => totalMs);
      // Its tests run at a low priority, as in real life: where others work, they wait.
      const pairs = `${agent.length} pairs; for a machine that has nothing else to do`;
      return [
        figureOf('agent, debounce left out', ours, 'ms'),
        figureOf('shell loop', shell, 'ms', {
          note: 'vitest related, claude -p plan, claude -p fix, vitest related',
        }),
        figureOf('watch loop', loop, 'ms', { note: 'vitest run, claude -p, vitest run, in your own files' }),
        figureOf('agent / shell loop', ratios(ours, shell), 'ratio', { target: '≤ 0.65', note: pairs }),
        figureOf('agent / watch loop', ratios(ours, loop), 'ratio', { note: pairs }),
        figureOf(
          "the harness's own share",
          agent.map(({ ownMs }) => ownMs),
          'ms',
          { target: '< 250', note: 'without debounce, test runs and turns of Claude' },
        ),
        ...stepFigures(agent),
      ];
    }),
};

/** From the end of the debounce to the landing. */
async function oneByAgent(stage: Stage, round: number, debounceMs: number): Promise<Waterfall> {
  const from = stage.events.length;
  const startedAt = Date.now();
  await stage.edit(file, whole, breakOf(round));
  const landed = await stage.until(['land.landed', 'task.failed'], () => true, from);
  if (landed.type === 'task.failed') throw new Error(`The agent gave up: ${landed.reason}`);
  await stage.until('task.finished', ({ outcome }) => outcome === 'fixed', from);
  const marks = stage.events
    .slice(from)
    .filter(({ at }) => at <= landed.at)
    .flatMap(marksOf)
    .filter(({ name }) => name !== 'seen');
  const saved: Mark = { name: 'save', at: startedAt + debounceMs };
  return waterfallOf([saved, ...marks]);
}

/** Where the time goes, step by step. */
function stepFigures(falls: readonly Waterfall[]): Figure[] {
  const names = [...new Set(falls.flatMap(({ steps }) => steps.map(({ name }) => name)))];
  const sumOf = ({ steps }: Waterfall, wanted: string): number =>
    steps.filter(({ name }) => name === wanted).reduce((sum, { durationMs }) => sum + durationMs, 0);
  const isBeside = (wanted: string): boolean =>
    falls.some(({ steps }) => steps.some(({ name, beside }) => name === wanted && beside));
  const each = names.map((name) => {
    const samples = falls.map((fall) => sumOf(fall, name));
    return figureOf(`  ${name}`, samples, 'ms', isBeside(name) ? { note: 'beside the others' } : {});
  });
  return [
    ...each.filter(({ value }) => value > 0),
    figureOf(
      '  of it: tests',
      falls.map(({ testsMs }) => testsMs),
      'ms',
    ),
    figureOf(
      '  of it: turns of Claude',
      falls.map(({ modelMs }) => modelMs),
      'ms',
    ),
  ];
}
