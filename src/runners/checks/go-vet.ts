import { z } from 'zod';
import type { Finding } from '../types.ts';
import { checkRunner } from './check-runner.ts';
import { firstThatRuns, nothingFound, unusable } from './find-tool.ts';
import { noReport, parseJson } from './parse.ts';
import { settingsFiles } from './settings-files.ts';
import type { CheckFamily, CheckSearch, Looked, Problem } from './types.ts';

const sources = /(?:\.(?:go|s|c|h)|(?:^|\/)go\.(?:mod|sum|work))$/;

const reportSchema = z.record(
  z.string(),
  z.record(z.string(), z.union([z.array(z.object({ posn: z.string(), message: z.string() })), z.unknown()])),
);
const findingsSchema = z.array(z.object({ posn: z.string(), message: z.string() }));

/** One for each module. */
export const goVet: CheckFamily = { name: 'go-vet', find };

async function find(search: CheckSearch): Promise<readonly Finding[]> {
  const modules = search.files.filter((file) => /(?:^|\/)go\.mod$/.test(file));
  if (modules.length === 0) return nothingFound(search, 'go-vet', 'go.mod');
  const tool = await firstThatRuns(search, [{ command: 'go', args: [] }], ['version']);
  if (tool === undefined)
    return [unusable('', 'The check go-vet is asked for but go is not on the PATH.', 'Install go.')];
  return modules.map((file): Finding => {
    const folder = file.split('/').slice(0, -1).join('/');
    const runner = checkRunner({
      check: 'go-vet',
      folder,
      version: tool.version,
      what: '',
      wants: (path) => sources.test(path),
      isSettings: (path) => settingsFiles.goVet.test(path),
      // Neither modules nor another Go are fetched.
      commands: async () => [
        { command: 'go', args: ['vet', '-json', './...'], env: { GOPROXY: 'off', GOTOOLCHAIN: 'local' } },
      ],
      read: ({ code, stdout, stderr }) => readGoVet(code, `${stdout}\n${stderr}`),
    });
    return { kind: 'runner', folder, runner };
  });
}

/** Before a package that it could not look at: `vet: ./a.go:2:8: …`, or the same without `vet:` from the compiler. */
const failure = /^(?:vet: )?(?<file>[^\s:][^:\n]*\.go):(?<line>\d+):(?<column>\d+): (?<message>.*)$/;

/**
 * Objects of JSON between lines for people. With problems its exit code is 0; any other says that a package does not
 * compile, and of that one nothing more is known.
 */
export function readGoVet(code: number, output: string): Looked {
  const problems: Problem[] = [];
  let isWhole = code === 0;
  let open: string[] | undefined;
  for (const text of output.split('\n')) {
    if (open === undefined && text.startsWith('{')) open = [];
    if (open !== undefined) {
      open.push(text);
      if (!/^\{?\}$/.test(text)) continue;
      const report = parseJson(open.join('\n'), reportSchema);
      if (report === undefined) return noReport('go vet', code, output);
      problems.push(...Object.values(report).flatMap(problemsOf));
      if (Object.values(report).some(hasError)) isWhole = false;
      open = undefined;
      continue;
    }
    const { groups } = failure.exec(text) ?? {};
    if (groups === undefined) continue;
    const at = { line: Number(groups.line), column: Number(groups.column) };
    problems.push({
      file: groups.file ?? '',
      ...at,
      code: 'compile',
      message: groups.message ?? '',
      severity: 'error',
    });
  }
  if (open !== undefined || (code !== 0 && problems.every((each) => each.code !== 'compile')))
    return noReport('go vet', code, output);
  return { kind: 'problems', problems, ...(isWhole ? {} : { unread: 'all' }) };
}

type Analysed = Readonly<Record<string, unknown>>;

function problemsOf(analysers: Analysed): readonly Problem[] {
  return Object.entries(analysers).flatMap(([code, found]) =>
    (findingsSchema.safeParse(found).data ?? []).map(({ posn, message }): Problem => {
      const { file = posn, line, column } = /^(?<file>.*?):(?<line>\d+)(?::(?<column>\d+))?$/.exec(posn)?.groups ?? {};
      const at = {
        line: line === undefined ? undefined : Number(line),
        column: column === undefined ? undefined : Number(column),
      };
      return { file, ...at, code, message, severity: 'error' };
    }),
  );
}

/** An analyser that failed says `{"error": …}` instead of what it found. */
function hasError(analysers: Analysed): boolean {
  return Object.values(analysers).some((found) => !Array.isArray(found));
}
