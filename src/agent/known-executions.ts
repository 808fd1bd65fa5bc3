import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { executionIdPattern } from '../domain/execution-id.ts';
import { ExitCode, MendwatchError } from '../errors.ts';

/** What a list says of an execution. */
export interface ListedExecution {
  readonly id: string;
  /** ISO 8601; null where its record cannot be read. */
  readonly startedAt: string | null;
  /** What was run: a command, or a task for Claude. */
  readonly what: string;
  readonly end: string;
}

const maxWords = 200;
const maxCandidates = 10;

/**
 * The whole id of the one execution that this is the beginning of; `exec_` may be left out. A whole id is given back as it is.
 *
 * @param folder holds the records
 * @throws MendwatchError (exit code 2)
 */
export async function wholeExecutionId(folder: string, id: string): Promise<string> {
  const wanted = id.toLowerCase().replace(/^exec_/, '');
  if (executionIdPattern.test(`exec_${wanted}`)) return `exec_${wanted}`;
  if (!/^[0-9a-f]+$/.test(wanted)) {
    throw wrong(`${id} is no execution id: expected exec_ and 16 hex digits, or the beginning of that.`);
  }
  const known = await executionIds(folder);
  const matches = known.filter((each) => each.startsWith(`exec_${wanted}`));
  const [only] = matches;
  if (only === undefined) throw wrong(`There is no execution ${id} in ${folder}.`);
  if (matches.length === 1) return only;
  const lines = matches.slice(0, maxCandidates).map((match) => `  ${match}`);
  const more = matches.length - lines.length;
  throw wrong(
    [`${id} fits ${matches.length} executions:`, ...lines, ...(more > 0 ? [`  and ${more} more`] : [])].join('\n'),
  );
}

/** Newest first, by their records. */
export async function executionIds(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  const ids = names.flatMap((name) => {
    const id = name.replace(/\.json$/, '');
    return name.endsWith('.json') && executionIdPattern.test(id) ? [id] : [];
  });
  const dated = await Promise.all(
    ids.map(async (id) => {
      const found = await stat(join(folder, `${id}.json`)).catch(() => undefined);
      return { id, at: found?.mtimeMs ?? 0 };
    }),
  );
  return dated.sort((a, b) => b.at - a.at).map(({ id }) => id);
}

/** The latest, newest first. */
export async function latestExecutions(folder: string, most: number): Promise<readonly ListedExecution[]> {
  const ids = (await executionIds(folder)).slice(0, most);
  return Promise.all(ids.map((id) => readListed(folder, id)));
}

async function readListed(folder: string, id: string): Promise<ListedExecution> {
  try {
    const record: Readonly<Record<string, unknown>> = JSON.parse(await readFile(join(folder, `${id}.json`), 'utf8'));
    const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
    const what = text(record.task) ?? text(record.command) ?? '';
    const end = text(record.outcome) ?? text(record.cause) ?? 'ended';
    return { id, startedAt: text(record.startedAt) ?? null, what: what.slice(0, maxWords), end };
  } catch {
    return { id, startedAt: null, what: '', end: 'its record cannot be read' };
  }
}

function wrong(message: string): MendwatchError {
  return new MendwatchError(message, {
    remedy: '`mendwatch verify --list` lists the latest.',
    exitCode: ExitCode.configuration,
  });
}
