import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../../src/errors.ts';
import { keepPatch } from '../../../src/land/kept.ts';
import { land, park } from '../../../src/land/land.ts';
import { restore } from '../../../src/land/restore.ts';
import { type Verdict, verify } from '../../../src/verify/verify.ts';
import type { Patch, Snapshot } from '../../../src/workspace/types.ts';
import { differences, type Picture, takePicture } from './picture.ts';
import { type Prepared, prepare, setScene, testRuns } from './situation.ts';
import type { Case, CorpusStage, Operation, Outcome, Played } from './types.ts';

/** Plays one case in an empty folder, from the person's change to the landing, and compares everything afterwards. */
export async function play(item: Case, folder: string): Promise<Played> {
  const known = await prepare(item.situation);
  const startedAt = performance.now();
  const { root: project, ...scene } = await setScene(folder, item.situation.project);
  const stage: CorpusStage = { ...scene, folder, project, patch: undefined, landing: join(folder, 'landing') };
  const { outside, workspace } = stage;
  const act = (operations: readonly Operation[] | undefined, root: string): void => {
    for (const operation of operations ?? []) operation({ root, outside });
  };
  try {
    await workspace.snapshot();
    act(item.situation.change, project);
    const base = await workspace.snapshot();
    const lane = workspace.lane('fix');
    await lane.move(base);
    act(item.fix, lane.root);
    act(item.mischief, lane.root);
    stage.patch = await lane.takePatch(base);
    act(item.meanwhile, project);

    const before = takePicture(project);
    const around = takePicture(outside);
    const expected = join(folder, 'expected');
    if (item.expected.kind === 'landed') {
      cpSync(project, expected, { recursive: true, verbatimSymlinks: true });
      act(item.fix, expected);
    }
    const outcome = await judgeAndLand(item, stage, known);
    const durationMs = performance.now() - startedAt;
    const wanted = outcome.kind === 'landed' && item.expected.kind === 'landed' ? takePicture(expected) : before;
    const harm =
      outcome.kind === 'landed' && item.expected.kind !== 'landed'
        ? []
        : differences('the project', wanted, takePicture(project));
    const harms = [...harm, ...differences('outside', around, takePicture(outside))];
    const deviations = [...unexpected(item, outcome), ...harms, ...(await afterwards(item, stage))];
    if (outcome.kind === 'landed') deviations.push(...(await undone(stage, before)));
    return { outcome, deviations, isHarmed: harms.length > 0, durationMs };
  } finally {
    await workspace.close();
    rmSync(join(folder, 'expected'), { recursive: true, force: true });
  }
}

/** The way of a patch through the pipeline, without its state, its events and its models. */
async function judgeAndLand(item: Case, stage: CorpusStage, known: Prepared): Promise<Outcome> {
  const { workspace } = stage;
  if (stage.patch === undefined) return { kind: 'refused', reasons: ['The model changed nothing.'] };
  const verdict = await judge(item, stage, known, stage.patch);
  const refused = settled(verdict);
  if (refused !== undefined) return refused;
  if (verdict.kind === 'accepted' && verdict.suspicious.length > 0) return parked(stage, verdict.suspicious);
  if (verdict.kind === 'accepted' && verdict.silencing.length > 0) return parked(stage, verdict.silencing);
  const now = await workspace.snapshot();
  if (now.tree !== stage.patch.base.tree) {
    const again = await replay(item, stage, known, stage.patch, now);
    if (again !== undefined) return again;
  }
  await keepPatch(workspace, stage.patch, stage.landing);
  const placed = await land(workspace, stage.patch);
  if (placed.kind !== 'placed') return parked(stage, [`${placed.path} was being changed`]);
  const { tree } = await workspace.snapshot();
  return tree === stage.patch.result.tree
    ? { kind: 'landed' }
    : { kind: 'broken', reasons: ['What has landed is not what was proven.'] };
}

async function judge(item: Case, { workspace, folder }: CorpusStage, known: Prepared, patch: Patch): Promise<Verdict> {
  const { runner, baseline, regression, before } = known;
  return verify({
    ...{ patch, regression, before },
    lane: workspace.lane('verify'),
    guard: { extra: item.protectedPaths ?? [], isProtected: (path) => runner.isProtected(path) },
    known: (id) => baseline.entry(id)?.status,
    greenIdsOf: (file) => baseline.greenIdsOf(file),
    heldByOthers: new Set(),
    scope: item.situation.project.scope ?? 'full',
    changedFiles: item.situation.saved,
    runTests: testRuns(runner, folder, item.timeoutMs),
    signal: new AbortController().signal,
  });
}

async function replay(
  item: Case,
  stage: CorpusStage,
  known: Prepared,
  patch: Patch,
  now: Snapshot,
): Promise<Outcome | undefined> {
  const replayed = await stage.workspace.replay(patch, now);
  if (replayed.kind === 'conflict') return parked(stage, [`conflict in ${replayed.paths.join(', ')}`]);
  const verdict = await judge(item, stage, known, replayed.patch);
  if (verdict.kind === 'rejected') return parked(stage, verdict.reasons);
  stage.patch = replayed.patch;
  return settled(verdict);
}

function settled(verdict: Verdict): Outcome | undefined {
  switch (verdict.kind) {
    case 'accepted':
      return undefined;
    case 'rejected':
      return { kind: 'refused', reasons: verdict.reasons };
    case 'broken':
      return { kind: 'broken', reasons: [verdict.detail] };
    case 'cancelled':
      return { kind: 'broken', reasons: ['cancelled'] };
  }
}

async function parked(stage: CorpusStage, reasons: readonly string[]): Promise<Outcome> {
  if (stage.patch !== undefined) await park(stage.patch, join(stage.folder, 'parked'));
  return { kind: 'parked', reasons };
}

function unexpected({ expected }: Case, outcome: Outcome): readonly string[] {
  const said = 'reasons' in outcome ? outcome.reasons.join(' ') : '';
  if (outcome.kind !== expected.kind) return [`${outcome.kind}, expected ${expected.kind}. ${said}`.trim()];
  if (expected.kind === 'landed' || expected.reason.test(said)) return [];
  return [`${outcome.kind} for another reason than ${expected.reason}: ${said}`];
}

/** What was kept beside the landing has to bring everything back. */
async function undone({ project, landing }: CorpusStage, before: Picture): Promise<readonly string[]> {
  const done = await restore({ root: project, folder: landing, direction: 'undo', merge: async () => undefined });
  if (done.kind === 'conflict') return [`undo: conflict in ${done.paths.join(', ')}`];
  const after = [...takePicture(project)];
  // A folder that the landing made stays behind, empty.
  const kept = after.filter(([path, what]) => before.has(path) || !what.startsWith('folder'));
  return differences('the project after undo', before, new Map(kept));
}

async function afterwards(item: Case, stage: CorpusStage): Promise<readonly string[]> {
  try {
    await item.afterwards?.(stage);
    return [];
  } catch (error) {
    return [messageOf(error)];
  }
}
