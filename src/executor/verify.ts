import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { executionIdPattern } from '../domain/execution-id.ts';
import { ExitCode, MendwatchError, messageOf } from '../errors.ts';
import { parseJson } from './parse-json.ts';

export interface Verified {
  readonly executionId: string;
  readonly agrees: boolean;
  /** What was compared, a sentence each. */
  readonly checks: readonly { readonly what: string; readonly difference: string | undefined }[];
}

export interface VerifyPlaces {
  /** Holds `<id>.json` and `<id>.jsonl`. */
  readonly folder: string;
  readonly logFile: string;
}

const recordSchema = z.looseObject({ executionId: z.string(), startedAt: z.string() });
const logLineSchema = z.looseObject({ msg: z.literal('execution ended'), execution: z.string() });

/** What pino and the session add, which is in no record. */
const onlyInLog = new Set(['level', 'time', 'pid', 'msg', 'execution', 'request', 'session', 'recordSha256']);

type Fields = Readonly<Record<string, unknown>>;

/** Of a result, whatever is in the record; what may be left out where there is nothing to say. */
const taskFields = {
  mustHave: [
    ...['outcome', 'reason', 'text', 'files', 'costUsd', 'turns', 'durationMs', 'sessionId', 'notes', 'transcript'],
  ],
  mayHave: [],
};
const commandFields = {
  mustHave: [
    ...['status', 'pid', 'pgid', 'exitCode', 'executionTime', 'activeTime', 'canceled', 'timedOut', 'outputLimited'],
    ...['reason', 'stdout', 'stderr', 'reaped', 'survivors'],
  ],
  mayHave: ['error', 'notes', 'seq'],
};

/**
 * Compares what log, record, transcript and, where it is given, the result say of one execution.
 *
 * @param result as the client or the command line got it, parsed
 * @throws MendwatchError when this is no id, or nothing is known of it
 */
export async function verifyExecution(
  executionId: string,
  { folder, logFile }: VerifyPlaces,
  result?: unknown,
): Promise<Verified> {
  if (!executionIdPattern.test(executionId)) {
    throw new MendwatchError(`${executionId} is no execution id; expected exec_ and 16 hex digits.`, {
      exitCode: ExitCode.configuration,
    });
  }
  const file = join(folder, `${executionId}.json`);
  const bytes = await readFile(file).catch(() => undefined);
  const line = await findInLog(executionId, logFile);
  if (bytes === undefined && line === undefined) {
    throw new MendwatchError(`Nothing is known of ${executionId}: no record in ${folder}, no line in ${logFile}.`, {
      remedy: 'Ask where it was run; old records are removed after a thousand newer ones.',
    });
  }
  const record = bytes === undefined ? undefined : readRecord(bytes);
  const checks = [
    { what: `the record ${file}`, difference: inRecord(record, bytes, executionId) },
    { what: `the log ${logFile}`, difference: inLog(line, record, bytes) },
    ...(await ofTranscript(record, folder, executionId)),
    ...(result === undefined ? [] : [{ what: 'the result', difference: inResult(result, record, bytes) }]),
  ];
  return { executionId, agrees: checks.every(({ difference }) => difference === undefined), checks };
}

function inRecord(record: Fields | string | undefined, bytes: Buffer | undefined, id: string): string | undefined {
  if (bytes === undefined || record === undefined) return 'it is missing';
  if (typeof record === 'string') return record;
  return record.executionId === id ? undefined : `it is of ${String(record.executionId)}`;
}

function inLog(line: Fields | undefined, record: Fields | string | undefined, bytes: Buffer | undefined) {
  if (line === undefined) return 'it has no line about the end of it (LOG_LEVEL has to be info or more telling)';
  if (bytes === undefined || typeof record !== 'object') return 'there is no record to compare it with';
  if (line.recordSha256 !== sha256(bytes))
    return `its checksum of the record is ${String(line.recordSha256)}, the record has ${sha256(bytes)}`;
  return differenceOf(line, record, onlyInLog);
}

/** Only a task has one: what its Claude has said, line by line. */
async function ofTranscript(record: Fields | string | undefined, folder: string, id: string) {
  if (typeof record !== 'object' || typeof record.transcriptSha256 !== 'string') return [];
  const file = join(folder, `${id}.jsonl`);
  const what = `the transcript ${file}`;
  const bytes = await readFile(file).catch(() => undefined);
  if (bytes === undefined) return [{ what, difference: 'it is missing' }];
  const isSame = sha256(bytes) === record.transcriptSha256;
  if (!isSame)
    return [{ what, difference: `its checksum is ${sha256(bytes)}, the record says ${record.transcriptSha256}` }];
  const { sessionId } = record;
  const hasSession = typeof sessionId !== 'string' || bytes.includes(sessionId);
  return [{ what, difference: hasSession ? undefined : `it does not name the session ${sessionId}` }];
}

function inResult(result: unknown, record: Fields | string | undefined, bytes: Buffer | undefined): string | undefined {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return 'it is no JSON object';
  if (bytes === undefined || typeof record !== 'object') return 'there is no record to compare it with';
  const named = Object.fromEntries(Object.entries(result).map(([name, value]) => [camelCase(name), value]));
  const given = { ...named, ...reasonIn(named) };
  if (given.executionId === undefined) return 'it has no execution_id';
  if (typeof given.recordSha256 === 'string' && given.recordSha256 !== sha256(bytes)) {
    return `its checksum of the record is ${given.recordSha256}, the record has ${sha256(bytes)}`;
  }
  const known = { ...record, ...asSent(record) };
  return differenceOf(given, known, new Set(['recordSha256'])) ?? lackIn(given, known);
}

/** A result that says less or more than results do was not given by us as it is. */
function lackIn(given: Fields, known: Fields): string | undefined {
  const { mustHave, mayHave } = known.kind === 'task' ? taskFields : commandFields;
  const missing = mustHave.find((name) => isAbsent(given[name]) && !isAbsent(known[name]));
  if (missing !== undefined)
    return `it has no ${known.kind !== 'task' && missing === 'reason' ? 'error' : snakeCase(missing)}`;
  if (given.recordSha256 === undefined) return 'it has no record_sha256';
  const allowed = new Set<string>(['executionId', 'recordSha256', ...mustHave, ...mayHave]);
  const strange = Object.keys(given).find((name) => !allowed.has(name));
  if (strange !== undefined) return `it has ${shortened(snakeCase(strange)).slice(1, -1)}, which is in no result`;
  const invented = mustHave.find((name) => isAbsent(known[name]) && !isAbsent(given[name]));
  return invented === undefined ? undefined : `${invented} is ${shortened(given[invented])}, the record has none`;
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

/** What ended a command is in the record in words alone. */
function reasonIn({ error }: Fields): Fields {
  if (error === undefined) return {};
  return { reason: typeof error === 'object' && error !== null && 'message' in error ? error.message : error };
}

/** What `process.completed` says in other words than the record. */
function asSent({ cause, pid, exitCode, durationMs, activeMs }: Fields): Fields {
  if (cause === undefined) return {};
  return {
    pgid: pid,
    status: cause === 'exited' && exitCode === 0 ? 'completed' : 'failed',
    ...{ canceled: cause === 'canceled', timedOut: cause === 'timed-out', outputLimited: cause === 'output-limit' },
    ...{ executionTime: Number(durationMs) / 1_000, activeTime: Number(activeMs) / 1_000 },
  };
}

/** The first field that both have and that differs. Null is absent. */
function differenceOf(given: Fields, record: Fields, leftOut: ReadonlySet<string>): string | undefined {
  for (const [name, value] of Object.entries(given)) {
    const known = record[name];
    if (leftOut.has(name) || known === undefined || isDeepStrictEqual(plain(value), plain(known))) continue;
    return `${name} is ${shortened(value)}, the record has ${shortened(known)}`;
  }
  return undefined;
}

/** With the same names inside, however deep. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value ?? undefined;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [camelCase(name), plain(inner)]));
}

async function findInLog(executionId: string, logFile: string): Promise<Fields | undefined> {
  for (const file of [logFile, `${logFile}.1`]) {
    const text = await readFile(file, 'utf8').catch(() => '');
    for (const line of text.split('\n').reverse()) {
      if (!line.includes(executionId)) continue;
      const found = logLineSchema.safeParse(parseJson(line)).data;
      if (found?.execution === executionId) return found;
    }
  }
  return undefined;
}

function readRecord(bytes: Buffer): Fields | string {
  try {
    return recordSchema.parse(JSON.parse(bytes.toString()));
  } catch (error) {
    return `it cannot be read: ${messageOf(error)}`;
  }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_found, letter: string) => letter.toUpperCase());
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function shortened(value: unknown): string {
  const text = JSON.stringify(value) ?? 'absent';
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
