/**
 * The steps of a change at which a test can end, fail or freeze the agent, in the order of its way. Each stands where
 * something has just become true, or is about to: between two of them there is nothing that a crash could tear.
 */
export const failpoints = [
  'batch.noticed',
  'batch.enqueued',
  'triage.claimed',
  'triage.started',
  'triage.finished',
  'triage.tasks-durable',
  'triage.baseline-saved',
  'triage.settled',
  'fix.claimed',
  'phase.plan',
  'money.reserved',
  'plan.answered',
  'phase.fix',
  'fix.answered',
  'fix.written',
  'phase.verify',
  'verdict.given',
  'phase.land',
  'land.kept',
  'land.recorded',
  'land.file',
  'land.placed',
  'land.settled',
  'park.kept',
  'attempt.settled',
  'attempt.rejected',
  'report.written',
  'give-up.settled',
  'red.marked',
  'move.recorded',
  'move.planned',
  'move.placed',
  'recover.landings',
  'recover.tasks',
  'baseline.made',
] as const;

export type Failpoint = (typeof failpoints)[number];

/** `kill` is SIGKILL to this process, at once; `hang` never goes on. */
const acts = ['kill', 'throw', 'hang'] as const;

interface Armed {
  readonly name: string;
  readonly act: (typeof acts)[number];
  /** So many times it is passed before. */
  left: number;
}

let armed: Armed | undefined;

/**
 * Takes up `MENDWATCH_FAIL=name:n:kill|throw|hang` (the n-th time that the step is come to), under test only.
 *
 * @param env the environment of the launch
 */
export function armFailpoint(env: Readonly<Record<string, string | undefined>>): void {
  armed = env.NODE_ENV === 'test' && env.MENDWATCH_FAIL ? parse(env.MENDWATCH_FAIL) : undefined;
}

/** A step that was come to. To be awaited. */
export function failpoint(name: Failpoint): Promise<never> | undefined {
  return isDue(name) && act() === 'hang' ? new Promise<never>(() => undefined) : undefined;
}

/** The same where nothing may be awaited: a hang freezes the process. */
export function failpointNow(name: Failpoint): void {
  if (isDue(name) && act() === 'hang') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function isDue(name: Failpoint): boolean {
  return armed !== undefined && armed.name === name && armed.left-- === 0;
}

function act(): Armed['act'] | undefined {
  if (armed?.act === 'kill') process.kill(process.pid, 'SIGKILL');
  if (armed?.act === 'throw') throw new Error(`The failpoint ${armed.name} was to throw`);
  return armed?.act;
}

function parse(text: string): Armed {
  const [name = '', count = '1', wanted = 'kill'] = text.split(':');
  const known = acts.find((each) => each === wanted);
  if (!failpoints.some((each) => each === name) || !/^[1-9]\d*$/.test(count) || known === undefined) {
    throw new Error(`MENDWATCH_FAIL=${text}: expected name:n:kill|throw|hang with one of ${failpoints.join(', ')}`);
  }
  return { name, act: known, left: Number(count) - 1 };
}
