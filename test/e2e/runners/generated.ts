import { expect } from 'vitest';
import { Baseline } from '../../../src/triage/baseline.ts';
import { type ToolSample, writeFiles } from '../../runners/tool-sample.ts';
import { reportOf } from '../../runners/vitest-sample.ts';

/** A module of a generated project: its function is `n * factor` and the functions of the modules that it uses. */
export interface Part {
  readonly name: string;
  readonly factor: number;
  readonly uses: readonly Part[];
}

/** Always the same numbers for the same seed. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * sides);
  };
}

/** Modules that use up to two of those before them. */
export function generateParts(seed: number, count: number): readonly Part[] {
  const roll = dice(seed);
  const parts: Part[] = [];
  for (let at = 0; at < count; at += 1) {
    const uses = new Set(parts.length === 0 ? [] : Array.from({ length: roll(3) }, () => parts[roll(parts.length)]));
    const name = `m${String(at).padStart(2, '0')}`;
    parts.push({ name, factor: 2 + roll(7), uses: [...uses].filter((each) => each !== undefined) });
  }
  return parts;
}

export function valueAt({ factor, uses }: Part, n: number): number {
  return uses.reduce((sum, each) => sum + valueAt(each, n), n * factor);
}

/** Whether a part is, or uses, one of these. */
export function isTouched(part: Part, broken: readonly Part[]): boolean {
  return broken.includes(part) || part.uses.some((each) => isTouched(each, broken));
}

/** Saves that belong together, by the text that each file has afterwards. */
type Saves = Readonly<Record<string, string>>;

export interface Course {
  readonly project: ToolSample;
  readonly files: Saves;
  readonly tests: number;
  /** Rounds of saves that change nothing that a test could see. */
  readonly innocent: readonly Saves[];
  /** Rounds of saves that break something, with the tests that see it. */
  readonly breaks: readonly { readonly saves: Saves; readonly red: readonly string[] }[];
}

/** Plays the saves as triage does: the related tests, compared with what one full run knew. Each round begins at the same tree. */
export async function playSaves({ project, files, tests, innocent, breaks }: Course): Promise<void> {
  const full = reportOf(await project.run());
  expect(full.tests.map(({ status }) => status)).toEqual(Array(tests).fill('passed'));
  const baseline = Baseline.fromReport(full, 'a'.repeat(40), '2026-01-01T00:00:00Z');
  const regressed = async (saves: Saves): Promise<readonly string[]> => {
    await writeFiles(project.root, saves);
    const changed = Object.keys(saves);
    const run = await project.run({ kind: 'related', files: changed });
    await writeFiles(project.root, Object.fromEntries(changed.map((file) => [file, files[file] ?? ''])));
    if (run.kind === 'no-tests') return [];
    const setAside = new Set(changed.filter((file) => project.runner.isTestFile(file)));
    return baseline
      .compare(reportOf(run), setAside)
      .regressed.map(({ id }) => id)
      .sort();
  };
  for (const saves of innocent) expect(await regressed(saves)).toEqual([]);
  for (const { saves, red } of breaks) expect(await regressed(saves)).toEqual([...red].sort());
}

/** As many rounds of different items as it takes. */
export function rounds<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}
