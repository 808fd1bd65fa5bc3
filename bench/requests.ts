import { tokensOf } from '../src/claude/rehearsal/reply.ts';
import type { RehearsalRequest } from '../src/claude/rehearsal/server.ts';
import type { AgentEvent } from '../src/events.ts';
import { run } from '../src/process/process.ts';
import { openStage, type Stage } from '../test/rig/stage.ts';
import { prepareByHand } from './by-hand.ts';
import { breakOf, file, mendsAtOnce, whole } from './shop-break.ts';
import { type Figure, figureOf, leastRounds, paired, ratios, type Suite, scratch, withReleases } from './suite.ts';

/** What the first question of each brings to the service: a plan, a fix, and a plain `claude -p` on the same red tests. */
export const requests: Suite = {
  name: 'requests',
  title: 'the first request of a plan and of a fix, against a plain `claude -p` on the same red tests',
  quickly: `one in place of ${leastRounds}: later plans of a session bring what was asked before`,
  promises: ['plan', 'plan / plain', 'fix', 'fix / plain', 'plain `claude -p`'],
  run: (isQuick) =>
    withReleases(async (defer) => {
      const folder = await scratch(defer);
      const stage = await openStage(folder, { scenario: mendsAtOnce }, defer);
      const byPlain = await preparePlain(stage);
      const byAgent = (round: number): Promise<Firsts> => oneByAgent(stage, round);
      const { agent, plain } = await paired({ agent: byAgent, plain: byPlain }, isQuick ? 1 : leastRounds, 0);
      const bytesOf = (all: readonly RehearsalRequest[]): readonly number[] => all.map(({ bytes }) => bytes);
      const plans = agent.map(({ plan }) => plan);
      const fixes = agent.map(({ fix }) => fix);
      const target = { target: '≤ 0.35', note: 'bytes' };
      return [
        ...sizes('plan', plans),
        figureOf('  plan / plain', ratios(bytesOf(plans), bytesOf(plain)), 'ratio', target),
        ...sizes('fix', fixes),
        figureOf('  fix / plain', ratios(bytesOf(fixes), bytesOf(plain)), 'ratio', target),
        ...sizes('plain `claude -p`', plain),
      ];
    }),
};

interface Firsts {
  readonly plan: RehearsalRequest;
  readonly fix: RehearsalRequest;
}

async function oneByAgent(stage: Stage, round: number): Promise<Firsts> {
  const from = stage.events.length;
  const seen = stage.rehearsal.requests.length;
  await stage.edit(file, whole, breakOf(round));
  const ended = await stage.until(['task.finished', 'task.failed'], isEnd, from);
  if (ended.type === 'task.failed') throw new Error(`The agent gave up: ${ended.reason}`);
  const firstOf = (isFix: boolean): RehearsalRequest =>
    first(stage, seen, ({ tools }) => tools.includes('Edit') === isFix);
  return { plan: firstOf(false), fix: firstOf(true) };
}

function isEnd(event: AgentEvent): boolean {
  return event.type === 'task.failed' || (event.type === 'task.finished' && event.outcome === 'fixed');
}

/** As one does it without further thought: the output of the tests, and whatever the command brings by itself. */
async function preparePlain(stage: Stage): Promise<(round: number) => Promise<RehearsalRequest>> {
  const hand = await prepareByHand(stage, 'by-hand');
  const { project: cwd, env, node, vitest, claude } = hand;
  return async (round) => {
    await hand.breakIt(round);
    const red = await run({ command: node, args: [vitest, 'related', file, '--run'], cwd, env });
    const seen = stage.rehearsal.requests.length;
    const args = ['-p', `Fix it. ${red.stdout}${red.stderr}`, '--permission-mode', 'acceptEdits'];
    const { end, stderr } = await run({ command: claude, args, cwd, env, timeoutMs: 120_000 });
    if (end.kind !== 'exited' || end.code !== 0) throw new Error(`claude -p failed: ${JSON.stringify(end)} ${stderr}`);
    return first(stage, seen, () => true);
  };
}

function first({ rehearsal }: Stage, from: number, fits: (request: RehearsalRequest) => boolean): RehearsalRequest {
  // A session that is kept open sends its earlier questions along: the first question of a round may be its second.
  const found = rehearsal.requests.slice(from).find((request) => request.isMain && request.step === 0 && fits(request));
  if (found === undefined) throw new Error('Nothing of that kind was asked');
  return found;
}

function sizes(name: string, asked: readonly RehearsalRequest[]): readonly Figure[] {
  const parts = asked.map(({ body }) => partsOf(body));
  const kilobytes = (of: (part: Parts) => number): readonly number[] => parts.map((part) => of(part) / 1_000);
  return [
    figureOf(
      name,
      kilobytes(({ all }) => all),
      'KB',
    ),
    figureOf(
      '  tokens',
      parts.map(({ all }) => tokensOf(all)),
      'tokens',
      { note: 'at four bytes each' },
    ),
    figureOf(
      '  of it: tools',
      kilobytes(({ tools }) => tools),
      'KB',
    ),
    figureOf(
      '  of it: system prompt',
      kilobytes(({ system }) => system),
      'KB',
    ),
    figureOf(
      '  of it: messages',
      kilobytes(({ messages }) => messages),
      'KB',
    ),
  ];
}

interface Parts {
  readonly all: number;
  readonly tools: number;
  readonly system: number;
  readonly messages: number;
}

function partsOf(body: string): Parts {
  const parsed = JSON.parse(body) as Record<string, unknown>;
  const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value ?? null));
  return {
    all: Buffer.byteLength(body),
    tools: bytesOf(parsed.tools),
    system: bytesOf(parsed.system),
    messages: bytesOf(parsed.messages),
  };
}
