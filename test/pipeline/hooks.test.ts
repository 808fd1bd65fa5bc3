import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Patch } from '../../src/workspace/types.ts';
import { hooksFolder, hooksIn } from '../hooks/rig.ts';
import { failing, passing, reportOf } from '../rig/reports.ts';
import { type Bench, bench } from './rig.ts';

/** A regression in one file, which the fixer answers by this patch, or by a question to the person. */
async function broken(
  scripts: Readonly<Record<string, string>>,
  patch?: Patch,
): Promise<{ on: Bench; folder: string }> {
  const on = await bench(passing('a.test.ts', 'a'));
  const folder = await hooksFolder(scripts);
  Object.assign(on.parts, { hooks: hooksIn(folder) });
  const report = { ...reportOf(failing('a.test.ts', 'a')), imports: { 'a.test.ts': ['a.ts'] } };
  on.world.tests = async () => ({ kind: 'report', report, outputTail: '' });
  on.parts.fixer.fix = async () => {
    on.world.asked++;
    const usage = { costUsd: 0.01, turns: 1, inputTokens: 1, outputTokens: 1 };
    const outcome = { kind: 'done', text: '', structured: {}, denials: 0 } as const;
    const answer = { outcome, usage, sessionId: undefined, durationMs: 1 };
    if (patch === undefined) {
      return { fix: { kind: 'question', patch, question: 'Is it?', answer }, transcript: '' };
    }
    on.world.tests = async () => ({ kind: 'report', report: reportOf(passing('a.test.ts', 'a')), outputTail: '' });
    return { fix: { kind: 'patch', patch, summary: 'done', answer }, transcript: '' };
  };
  return { on, folder };
}

const has =
  ({ events }: Bench, type: string) =>
  () =>
    events.some((event) => event.type === type);

test('EXEC-7: a hook lets a task wait before it costs anything, and is told how its attempt ended', async () => {
  const { on, folder } = await broken({
    'pre-fix.d/hours': `[ -e "$PWD/open" ] || { echo 'after hours' >&2; exit 2; }`,
    'post-fix.d/tell': `cat > "$PWD/told"; echo '{"note": "written down"}'`,
  });
  on.start();
  await on.pipeline.enqueue(['a.ts']);
  await on.until(has(on, 'model.unavailable'));
  expect(on.events.find(({ type }) => type === 'model.unavailable')).toMatchObject({
    kind: 'hook',
    detail: 'the hook pre-fix.d/hours refused: after hours',
  });
  expect(on.world.asked).toBe(0);
  expect(on.state().circuit_breakers).toEqual({});
  expect(on.state().queues.pending).toMatchObject([{ attempts: [], retry_count: 0 }]);

  await writeFile(join(folder, 'open'), '');
  await on.until(has(on, 'task.finished'), 1_000);
  const told = JSON.parse(await readFile(join(folder, 'told'), 'utf8'));
  expect(told).toMatchObject({ point: 'post-fix', outcome: 'question', reasons: ['Is it?'], changed_files: ['a.ts'] });
  expect(on.events.find(({ type }) => type === 'hook.note')).toMatchObject({ note: 'written down' });
});

test('EXEC-7: a hook keeps a proven fix out of the tree: it is parked, with the reason', async () => {
  const [old, fresh] = ['1'.repeat(40), '2'.repeat(40)];
  const base = { commit: 'a'.repeat(40), tree: 'a'.repeat(40) };
  const change = { path: 'a.ts', kind: 'modified', oldMode: '100644', newMode: '100644', oldBlob: old, newBlob: fresh };
  const result = { commit: 'f'.repeat(40), tree: 'f'.repeat(40) };
  const patch = { base, result, changes: [change], text: '- old\n+ new\n' } as Patch;
  const { on, folder } = await broken(
    { 'pre-land.d/freeze': `cat > "$PWD/asked"; echo 'a freeze' >&2; exit 2` },
    patch,
  );
  // The lane in which the verdict looks at what was changed.
  await writeFile(join(on.parts.workspace.root, 'a.ts'), 'export const a = 1;\n');
  Object.assign(on.parts.workspace, { blob: async () => Buffer.from('text'), mode: async () => '100644' });
  on.start();
  await on.pipeline.enqueue(['a.ts']);
  await on.until(() => has(on, 'land.parked')() || has(on, 'fault')());
  expect(on.events.find(({ type }) => type === 'fault')).toBeUndefined();
  expect(on.events.find(({ type }) => type === 'land.parked')).toMatchObject({
    reason: 'the hook pre-land.d/freeze refused: a freeze',
  });
  const asked = JSON.parse(await readFile(join(folder, 'asked'), 'utf8'));
  expect(asked).toMatchObject({ point: 'pre-land', files: ['a.ts'], patch: '- old\n+ new\n' });
});
