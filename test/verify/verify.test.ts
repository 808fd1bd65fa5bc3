import { describe, expect, test } from 'vitest';
import type { TestRun } from '../../src/domain/tests.ts';
import type { TestScope } from '../../src/runners/types.ts';
import { Baseline } from '../../src/triage/baseline.ts';
import { type Verdict, type VerifyInput, verify } from '../../src/verify/verify.ts';
import type { Lane, Patch, Snapshot } from '../../src/workspace/types.ts';
import { failing, passing, redOf, reportOf } from '../rig/reports.ts';

const base: Snapshot = { tree: 'b'.repeat(40) };
const patched: Snapshot = { tree: 'd'.repeat(40) };
const file = 'a.test.ts';

function patchOf(path: string): Patch {
  const change = { path, kind: 'modified', oldMode: '100644', newMode: '100644', oldBlob: '1', newBlob: '2' } as const;
  return { base, result: patched, changes: [change], text: textOf(path) };
}

/** A change of one line, as git prints it. */
function textOf(path: string): string {
  return `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n@@ -1,1 +1,1 @@\n-const a = 1;\n+const a = 2;\n`;
}

async function play(
  run: TestRun,
  more: Partial<VerifyInput> = {},
): Promise<{ verdict: Verdict; did: readonly unknown[] }> {
  const did: unknown[] = [];
  const lane: Lane = {
    name: 'verify',
    root: '/lane',
    linkedFrom: [],
    move: () => Promise.reject(new Error('a verdict is never in a used lane')),
    renew: async ({ tree }) => void did.push(`renew ${tree}`),
    ready: async () => undefined,
    settled: async () => undefined,
    takePatch: async () => undefined,
  };
  const known = Baseline.fromReport(reportOf(passing(file, 'a')), 'tree', 'now');
  const verdict = await verify({
    patch: patchOf('src/a.ts'),
    lane,
    guard: { extra: [], isProtected: (path) => path.includes('.test.') },
    regression: failing(file, 'a').map(redOf),
    before: reportOf([...failing(file, 'a'), ...passing('b.test.ts', 'b')]),
    known: (id) => known.entry(id)?.status,
    greenIdsOf: (path) => known.greenIdsOf(path),
    heldByOthers: new Set(),
    scope: 'related',
    changedFiles: ['src/changed.ts'],
    runTests: async (_lane, scope: TestScope) => {
      did.push(scope);
      return run;
    },
    signal: new AbortController().signal,
    ...more,
  });
  return { verdict, did };
}

const ran = (...tests: Parameters<typeof reportOf>): TestRun => ({
  kind: 'report',
  report: reportOf(...tests),
  outputTail: 'tail',
});

describe('a verdict', () => {
  test('VERIFY-3: of a patch that touches what is protected is given before any test runs', async () => {
    const { verdict, did } = await play(ran([]), { patch: patchOf('src/a.test.ts') });
    expect(verdict).toMatchObject({
      kind: 'rejected',
      reasons: ['It changes src/a.test.ts, which is protected.'],
      ran: 0,
    });
    expect(did).toEqual([]);
  });

  test('VERIFY-8: is a run in a renewed lane of the patch, the change and all that ran before', async () => {
    const { verdict, did } = await play(ran(passing(file, 'a')));
    expect(verdict).toMatchObject({ kind: 'accepted', durationMs: 10 });
    expect(did).toEqual([
      `renew ${patched.tree}`,
      { kind: 'related', files: ['src/a.ts', 'src/changed.ts', 'a.test.ts', 'b.test.ts'] },
    ]);
    expect((await play(ran(passing(file, 'a')), { scope: 'full' })).did[1]).toEqual({ kind: 'all' });
  });

  test('VERIFY-4: is against the patch when the run shows a reason', async () => {
    expect((await play(ran(failing(file, 'a')))).verdict).toEqual({
      kind: 'rejected',
      reasons: ['A test is still red: a: a went wrong'],
      ran: 1,
      durationMs: 10,
      outputTail: 'tail',
      red: failing(file, 'a').map(redOf),
    });
  });

  test('F40: is against a patch with which no test runs', async () => {
    const { verdict } = await play({ kind: 'no-tests', durationMs: 7 });
    expect(verdict).toMatchObject({ kind: 'rejected', reasons: ['No test ran with this patch.'], durationMs: 7 });
  });

  test('F69: is none when tests speak of the machine, without the patch as well; a patch alone is told apart', async () => {
    const taken = failing(file, 'a').map((each) => ({ ...each, message: 'Error: listen EADDRINUSE: 127.0.0.1:80' }));
    const inBoth = await play(ran(taken));
    expect(inBoth.verdict).toEqual({
      kind: 'broken',
      detail: 'a port is in use, without the patch as well: a (a.test.ts)',
    });
    expect(inBoth.did.slice(2)).toEqual([`renew ${base.tree}`, { kind: 'files', files: [file] }]);
    const runs = [ran(taken), ran(passing(file, 'a'))];
    const { verdict } = await play(ran(taken), { runTests: async () => runs.shift() ?? ran([]) });
    expect(verdict).toMatchObject({ kind: 'rejected', reasons: [expect.stringMatching(/^A test is still red: a/)] });
    // It was the failure that is to be mended.
    const own = await play(ran(taken), { regression: taken.map(redOf) });
    expect([own.verdict.kind, own.did.length]).toEqual(['rejected', 2]);
  });

  test('VERIFY-6: is against a patch that makes the run hang, and none when the run could not start', async () => {
    const broken = { kind: 'broken', detail: 'It hung.', outputTail: 'tail', durationMs: 9 } as const;
    expect((await play({ ...broken, reason: 'timed-out' })).verdict).toMatchObject({
      kind: 'rejected',
      reasons: ['With this patch the tests could not be run to their end: It hung.'],
      outputTail: 'tail',
    });
    expect((await play({ ...broken, reason: 'could-not-start' })).verdict).toEqual({
      kind: 'broken',
      detail: 'It hung.',
    });
    expect((await play({ kind: 'cancelled' })).verdict).toEqual({ kind: 'cancelled' });
  });
});
