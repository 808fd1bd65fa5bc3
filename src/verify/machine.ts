import { machineFault } from '../domain/machine-faults.ts';
import type { RedTest, TestReport, TestRun } from '../domain/tests.ts';
import type { TestScope } from '../runners/types.ts';
import type { Lane, Patch } from '../workspace/types.ts';

const shown = 5;

export interface MachineInput {
  readonly patch: Patch;
  readonly lane: Lane;
  readonly regression: readonly RedTest[];
  readonly before: TestReport;
  readonly runTests: (lane: Lane, scope: TestScope, signal: AbortSignal) => Promise<TestRun>;
  readonly signal: AbortSignal;
}

/**
 * Why a run says nothing of the patch: tests in it speak of a fault of the machine that they did not have before, and have
 * it without the patch as well. A patch that listens twice is told apart by that. Moves the lane where it has to look.
 */
export async function machineReason(input: MachineInput, { tests }: TestReport): Promise<string | undefined> {
  const { lane, patch, before, regression, signal } = input;
  const saidBefore = new Map(
    [...before.tests, ...regression].map(({ id, message = '' }) => [id, machineFault(message)]),
  );
  const suspects = tests.flatMap(({ id, file, title, status, message = '' }) => {
    const what = status === 'failed' ? machineFault(message) : undefined;
    return what === undefined || saidBefore.get(id) === what ? [] : [{ id, file, title, what }];
  });
  if (suspects.length === 0) return undefined;
  await lane.renew(patch.base);
  const files = [...new Set(suspects.map(({ file }) => file))].filter((file) => file !== '');
  const run = await input.runTests(lane, { kind: 'files', files }, signal);
  if (run.kind !== 'report') return undefined;
  const without = new Map(run.report.tests.map(({ id, message = '' }) => [id, machineFault(message)]));
  const machine = suspects.filter(({ id, what }) => without.get(id) === what);
  if (machine.length === 0) return undefined;
  const what = [...new Set(machine.map((one) => one.what))].join(', ');
  const named = machine.slice(0, shown).map(({ title, file }) => `${title} (${file})`);
  const more = machine.length > shown ? `; and ${machine.length - shown} more` : '';
  return `${what}, without the patch as well: ${named.join('; ')}${more}`;
}
