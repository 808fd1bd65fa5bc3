import { readFile } from 'node:fs/promises';
import { type BaselineDocument, baselineSchema, flipsOf, isFileLevel } from '../domain/baseline.ts';
import { codeOf } from '../errors.ts';

/** Which tests can make work, and why not the others. As `status --json` prints it. */
export interface Watched {
  /** What ran them, with `+` between. */
  readonly runner: string;
  readonly tests: number;
  readonly watched: number;
  readonly red_before: number;
  readonly flaky: readonly { name: string; file: string; rate: number; flips: number; runs: number }[];
  readonly skipped: number;
  /** Test files, whose tests are not among the others. */
  readonly cannot_load: readonly string[];
  /** Test files that write where the project is read-only for them. */
  readonly barred: readonly string[];
  readonly unlinked: readonly { path: string; files: readonly string[] }[];
}

/** From the baseline as it stands in its file; undefined when there is none yet, or none that can be read. */
export async function readWatched(baselineFile: string, laneLinks: readonly string[]): Promise<Watched | undefined> {
  try {
    const { data } = baselineSchema.safeParse(JSON.parse(await readFile(baselineFile, 'utf8')));
    return data && summarise(data, laneLinks);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function summarise(
  { runner, tests, barred = [], missing_links = [] }: BaselineDocument,
  laneLinks: readonly string[],
): Watched {
  const all = Object.entries(tests);
  const own = all.filter(([id]) => !isFileLevel(id)).map(([, entry]) => entry);
  const numberOf = (wanted: string): number => own.filter(({ status }) => status === wanted).length;
  const unloaded = all.filter(([id, { status }]) => id.endsWith('|(load)') && status === 'red');
  return {
    runner,
    tests: own.length,
    watched: numberOf('green'),
    red_before: numberOf('red'),
    flaky: all
      .filter(([, { status }]) => status === 'flaky')
      .map(([, entry]) => ({ name: entry.title, file: entry.file, ...flipsOf(entry) }))
      .sort((a, b) => b.rate - a.rate || a.file.localeCompare(b.file) || a.name.localeCompare(b.name)),
    skipped: numberOf('skipped'),
    cannot_load: [...new Set(unloaded.map(([, { file }]) => file))].sort(),
    barred,
    // Set since, and linked when the agent starts the next time.
    unlinked: missing_links.filter(({ path }) => !laneLinks.includes(path)),
  };
}
