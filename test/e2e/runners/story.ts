import { describe, expect, test } from 'vitest';
import { agentMarker } from '../../../src/agent/agent-marker.ts';
import type { Scenario } from '../../../src/claude/rehearsal/server.ts';
import { reapMarked } from '../../../src/process/process.ts';
import { type Edit, mender } from '../../rig/menders.ts';
import { setStage } from '../../rig/set-stage.ts';
import type { Stage } from '../../rig/stage.ts';

/** A project of one runner, and what people and models do to it. In an edit, `from` is what stands there before. */
export interface Story {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  /** Installs what the project needs, offline. */
  readonly prepare?: (project: string) => Promise<void>;
  readonly settings?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** How many tests are green and how many are red from the beginning. */
  readonly green: number;
  readonly redBefore: number;
  /** What the person writes that turns one test red, and the id of that test. */
  readonly breaks: Edit;
  readonly test: string;
  /** What a cheating model does to the tests instead of mending the source, and why that is refused. */
  readonly cheats: Edit;
  readonly refused: RegExp;
  /** What makes the same test red once and green from then on: it makes the file `marker` and fails where it is missing. */
  readonly flips: (marker: string) => Edit;
  /** What makes the same test never end. */
  readonly hangs: Edit;
  /** How long a run may take then; 8 by default, in which a quick tool is done on a busy machine. */
  readonly secondsToHang?: number;
}

const turned = ({ file, from, to }: Edit): Edit => ({ file, from: to, to: from });

/** The same five stories for every runner, each with the real tool, the real agent and the real Claude CLI. */
export function tellStories(story: Story): void {
  const set = (scenario: Scenario | undefined, settings: Record<string, string> = {}): Promise<Stage> =>
    setStage({
      bare: true,
      files: story.files,
      settings: { ...story.settings, ...settings },
      ...(scenario === undefined ? {} : { scenario }),
      ...(story.env === undefined ? {} : { env: story.env }),
      ...(story.prepare === undefined ? {} : { prepare: story.prepare }),
    });
  const save = (stage: Stage, { file, from, to }: Edit): Promise<void> => stage.edit(file, from, to);

  describe(`VERIFY-7: ${story.name}`, () => {
    test('a save that breaks a test is mended, and what was red before is left alone', async () => {
      const stage = await set(mender(turned(story.breaks)));
      expect(await stage.until('baseline.made')).toMatchObject({ green: story.green, red: story.redBefore });
      await save(stage, story.breaks);
      const end = await stage.until('task.finished');
      const state = await stage.state();
      const task = [...state.queues.completed, ...state.queues.failed].find(({ id }) => id === end.taskId);
      expect(task).toMatchObject({ outcome: 'fixed', regression: { tests: [story.test] } });
      expect(await stage.read(story.breaks.file)).toContain(story.breaks.from);
    });

    test('a patch that changes the tests is refused', async () => {
      const stage = await set(mender(story.cheats), { MAX_RETRIES: '1' });
      await save(stage, story.breaks);
      const end = await stage.until(['task.finished', 'task.failed']);
      const task = (await stage.state()).queues.failed.find(({ id }) => id === end.taskId);
      expect(task?.attempts.flatMap(({ reasons }) => reasons).join('\n')).toMatch(story.refused);
      expect(await stage.read(story.cheats.file)).toContain(story.cheats.from);
    });

    test('a test that is red once and green the next time is flaky, and nothing is paid', async () => {
      const stage = await set(undefined);
      await save(stage, story.flips(`${stage.folder}/marker`));
      expect(await stage.until('task.finished')).toMatchObject({ outcome: 'flaky' });
      expect(stage.rehearsal.requests).toEqual([]);
    });

    test('VERIFY-6: tests that never end are ended, with all their processes, and the agent goes on', async () => {
      const stage = await set(undefined, { TEST_TIMEOUT_SECONDS: String(story.secondsToHang ?? 8) });
      await save(stage, story.hangs);
      expect(await stage.until('triage.broken')).toMatchObject({ reason: 'timed-out' });
      const from = stage.events.length;
      await save(stage, turned(story.hangs));
      await stage.until('task.finished', () => true, from);
      await stage.agent.stop('the test is over');
      expect((await reapMarked(agentMarker(stage.config))).reached).toBe(0);
    });
  });
}
