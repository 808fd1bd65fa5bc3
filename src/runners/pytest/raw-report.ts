import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { codeOf, messageOf } from '../../errors.ts';

/** What `mendwatch_report.py` writes, a line for each thing that happened: absolute paths, untrusted text. */
const lineSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('begin'),
    version: z.string(),
    /** Absolute, without links; the names of tests are relative to it. */
    rootdir: z.string(),
    patterns: z.array(z.string()),
    testpaths: z.array(z.string()),
  }),
  /** A set-up file at the beginning that cannot be loaded. */
  z.object({ kind: z.literal('conftest'), path: z.string(), text: z.string() }),
  /** A file, a folder or a class whose tests cannot be found out. */
  z.object({ kind: z.literal('load'), node: z.string(), text: z.string() }),
  /** A file that leaves itself out. */
  z.object({ kind: z.literal('left-out'), node: z.string() }),
  z.object({ kind: z.literal('collected'), nodes: z.array(z.string()) }),
  z.object({ kind: z.literal('running'), node: z.string() }),
  z.object({
    kind: z.literal('test'),
    node: z.string(),
    when: z.string(),
    outcome: z.string(),
    durationMs: z.number(),
    xfail: z.boolean(),
    crash: z.string().optional(),
    text: z.string().optional(),
    printed: z.string().optional(),
    subtest: z.string().optional(),
  }),
  z.object({ kind: z.literal('internal'), text: z.string() }),
  z.object({ kind: z.literal('interrupted'), text: z.string() }),
  z.object({ kind: z.literal('end'), exitCode: z.number() }),
]);
type Line = z.infer<typeof lineSchema>;
type Of<Kind extends Line['kind']> = Extract<Line, { kind: Kind }>;
export type RawTest = Of<'test'>;

export interface RawReport {
  readonly begin: Of<'begin'>;
  readonly conftest: Of<'conftest'> | undefined;
  readonly loads: readonly Of<'load'>[];
  readonly leftOut: readonly string[];
  /** Undefined before pytest knew, and where workers do it. */
  readonly collected: readonly string[] | undefined;
  /** Tests that began, in their order. */
  readonly began: readonly string[];
  readonly tests: readonly RawTest[];
  readonly internal: string | undefined;
  readonly interrupted: string | undefined;
  readonly end: Of<'end'> | undefined;
}

export type ReadReport =
  | { readonly kind: 'report'; readonly report: RawReport }
  /** pytest ended before it had begun. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly problem: string };

/** Reads a report whose every line carries `token`; a line without it was not written by our plugin in this run. */
export async function readReport(path: string, token: string): Promise<ReadReport> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? { kind: 'missing' } : { kind: 'unreadable', problem: messageOf(error) };
  }
  return parseReport(text, token);
}

export function parseReport(text: string, token: string): ReadReport {
  const told = text.split('\n');
  // A process that was killed may leave half a line behind.
  const half = told.pop() ?? '';
  const lines: Line[] = [];
  for (const line of told) {
    const read = parseLine(line, token);
    if (typeof read === 'string') return { kind: 'unreadable', problem: read };
    lines.push(read);
  }
  const of = <Kind extends Line['kind']>(kind: Kind): Of<Kind>[] =>
    lines.filter((line): line is Of<Kind> => line.kind === kind);
  const [begin] = of('begin');
  if (begin === undefined) return { kind: 'missing' };
  const report: RawReport = {
    begin,
    conftest: of('conftest')[0],
    loads: of('load'),
    leftOut: of('left-out').map(({ node }) => node),
    collected: of('collected')[0]?.nodes,
    began: of('running').map(({ node }) => node),
    tests: of('test'),
    internal: of('internal')[0]?.text,
    interrupted: of('interrupted')[0]?.text,
    end: half === '' ? of('end')[0] : undefined,
  };
  return { kind: 'report', report };
}

function parseLine(line: string, token: string): Line | string {
  try {
    const read: unknown = JSON.parse(line);
    if (typeof read !== 'object' || read === null || !('token' in read) || read.token !== token) {
      return 'it is not from this run';
    }
    const parsed = lineSchema.safeParse(read);
    return parsed.success ? parsed.data : z.prettifyError(parsed.error).slice(0, 500);
  } catch (error) {
    return messageOf(error);
  }
}
