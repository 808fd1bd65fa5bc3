import { z } from 'zod';

const headLimit = 16_000;
const tailLimit = 32_000;

/** A line of `go test -json`; what is not named here does not matter. */
const eventSchema = z.object({
  Action: z.string(),
  Package: z.string().optional(),
  Test: z.string().optional(),
  Output: z.string().optional(),
  Elapsed: z.number().optional(),
  /** From Go 1.24 on: what the compiler says is an event, too. */
  ImportPath: z.string().optional(),
  FailedBuild: z.string().optional(),
});
type Event = z.infer<typeof eventSchema>;

type End = 'pass' | 'fail' | 'skip';

export interface TestEvents {
  readonly name: string;
  end: End | undefined;
  elapsedMs: number;
  output: string;
}

export interface PackageEvents {
  /** Tests that began, in their order. */
  readonly tests: Map<string, TestEvents>;
  end: End | undefined;
  /** It, or what it imports, cannot be built. */
  isUnbuilt: boolean;
  /** What no test has printed. */
  output: string;
}

export interface GoEvents {
  readonly packages: Map<string, PackageEvents>;
  /** What the compiler said, from Go 1.24 on; before that it is on the standard error output. */
  buildOutput: string;
}

/** What `go test -json` printed. Lines that are no events are left out: only events end a test or a package. */
export function readEvents(stdout: string): GoEvents {
  const events: GoEvents = { packages: new Map(), buildOutput: '' };
  for (const line of stdout.split('\n')) {
    const event = line.startsWith('{') ? parse(line) : undefined;
    if (event !== undefined) take(events, event);
    // Before Go 1.20 as it is, later inside of an event.
    else noteUnbuilt(events, line);
  }
  return events;
}

function parse(line: string): Event | undefined {
  try {
    return eventSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function take(events: GoEvents, event: Event): void {
  if (event.Action === 'build-output') {
    events.buildOutput = grown(events.buildOutput, event.Output ?? '');
    return;
  }
  if (event.Package === undefined) return;
  const found = packageOf(events, event.Package);
  if (event.FailedBuild !== undefined) found.isUnbuilt = true;
  if (event.Test === undefined) {
    if (event.Action === 'output') {
      noteUnbuilt(events, event.Output ?? '');
      found.output = grown(found.output, event.Output ?? '');
    } else if (isEnd(event.Action)) found.end = worst(found.end, event.Action);
    return;
  }
  takeTest(found, event.Test, event);
}

/** A text that looks like the end of a test makes an event of a test that never began. */
function takeTest(found: PackageEvents, name: string, { Action, Output = '', Elapsed = 0 }: Event): void {
  if (Action === 'run' && !found.tests.has(name)) {
    found.tests.set(name, { name, end: undefined, elapsedMs: 0, output: '' });
  }
  if (Action === 'output') noteLateEnd(found, Output);
  const test = found.tests.get(name);
  if (test === undefined) {
    if (Action === 'output') found.output = grown(found.output, Output);
    return;
  }
  if (Action === 'output') test.output = grown(test.output, Output);
  if (!isEnd(Action)) return;
  test.end = worst(test.end, Action);
  test.elapsedMs = Math.max(test.elapsedMs, Elapsed * 1_000);
}

/** Before Go 1.20 the end of a test is not seen if the test has printed half a line before it. */
function noteLateEnd({ tests }: PackageEvents, output: string): void {
  const [, before = '', word = '', name = ''] =
    /^(.*?)--- (PASS|FAIL|SKIP): (\S+) \(\d+\.\d+s\)\n?$/.exec(output) ?? [];
  const test = tests.get(name);
  if (before.trim() === '' || test === undefined || test.end !== undefined) return;
  const end = word.toLowerCase();
  if (isEnd(end)) test.end = end;
}

function noteUnbuilt(events: GoEvents, line: string): void {
  const path = /^FAIL\t(\S+) \[(?:build|setup) failed\]/.exec(line)?.[1];
  if (path === undefined) return;
  const found = packageOf(events, path);
  found.isUnbuilt = true;
  found.end = 'fail';
}

function packageOf({ packages }: GoEvents, path: string): PackageEvents {
  const known = packages.get(path) ?? { tests: new Map(), end: undefined, isUnbuilt: false, output: '' };
  packages.set(path, known);
  return known;
}

function isEnd(action: string): action is End {
  return action === 'pass' || action === 'fail' || action === 'skip';
}

function worst(known: End | undefined, next: End): End {
  return known === 'fail' ? known : next;
}

/** The beginning and the end of a text that grows. */
function grown(text: string, more: string): string {
  const whole = text + more;
  if (whole.length <= headLimit + 2 * tailLimit) return whole;
  return `${whole.slice(0, headLimit)}\n…\n${whole.slice(-tailLimit)}`;
}
