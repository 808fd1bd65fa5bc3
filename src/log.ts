import { renameSync, statSync } from 'node:fs';
import { type Logger, pino } from 'pino';
import type { Config } from './config/types.ts';
import { ExitCode, MendwatchError, messageOf } from './errors.ts';
import { isSecretName } from './secrets/names.ts';

export type { Logger } from 'pino';

export interface Log {
  readonly logger: Logger;
  /** Lines that come later are dropped. */
  close(): void;
}

const limits = {
  /** Beyond this the file is moved to `<file>.1` and begun anew. */
  fileBytes: 20 * 1024 * 1024,
  /** What is kept in memory while the disk takes nothing; later lines are counted and dropped. */
  backlogBytes: 4 * 1024 * 1024,
  textCharacters: 32_000,
  entries: 200,
  depth: 8,
};

/**
 * The agent's log: one JSON object a line, written before the call returns, so that nothing is lost when the process
 * is ended. Messages, fields, errors and stacks go through `scrub`. A full disk never throws into the caller.
 *
 * @param onLine gets every line that the file gets
 * @throws MendwatchError when the file cannot be opened
 */
export function createLogger(
  config: Pick<Config, 'logFile' | 'logLevel'>,
  scrub: (text: string) => string,
  onLine?: (line: string) => void,
): Log {
  const file = openLogFile(config.logFile, onLine);
  const logger = pino(
    {
      level: config.logLevel,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // Errors are plain objects by then; the default serializer would name them all "Object".
      serializers: { err: (error: unknown) => error },
      hooks: {
        logMethod(args, method) {
          method.apply(this, cleanArguments(args, scrub) as typeof args);
        },
      },
    },
    file,
  );
  // Bindings are turned into text before the hook sees them, and pino's own formatter skips those of children.
  const child = logger.child;
  logger.child = function (this: Logger, bindings: object, ...rest: unknown[]) {
    return Reflect.apply(child, this, [clean(bindings, scrub), ...rest]);
  } as typeof logger.child;
  file.onLost = (lines) => logger.warn({ lines }, 'log lines were lost while the log file could not be written');
  return { logger, close: file.close };
}

interface LogFile {
  write(line: string): void;
  close(): void;
  onLost: (lines: number) => void;
}

function openLogFile(path: string, onLine: (line: string) => void = () => {}): LogFile {
  rotateAbove(path, limits.fileBytes);
  const destination = open(path);
  let bytes = sizeOf(path);
  let lost = 0;
  let closed = false;
  // Without a listener a full disk would end the process. What could not be written is tried again with the next line.
  destination.on('error', () => {});
  destination.on('drop', () => {
    lost += 1;
  });
  destination.on('write', (written: number) => {
    bytes += written;
    if (lost === 0) return;
    const lines = lost;
    lost = 0;
    file.onLost(lines);
  });
  const file: LogFile = {
    onLost: () => {},
    write: (line) => {
      if (closed) return;
      onLine(line);
      if (bytes > limits.fileBytes && rotateAbove(path, limits.fileBytes)) {
        destination.reopen();
        bytes = 0;
      }
      destination.write(line);
    },
    close: () => {
      if (closed) return;
      closed = true;
      destination.end();
    },
  };
  return file;
}

function open(path: string) {
  try {
    return pino.destination({
      dest: path,
      sync: true,
      mkdir: true,
      append: true,
      mode: 0o600,
      maxLength: limits.backlogBytes,
    });
  } catch (error) {
    throw new MendwatchError(`The log file ${path} cannot be written: ${messageOf(error)}.`, {
      remedy: 'Give LOG_FILE a place that this user can write.',
      exitCode: ExitCode.configuration,
      cause: error,
    });
  }
}

/** Whether the file was moved aside. A file that cannot be moved just grows on. */
function rotateAbove(path: string, limitBytes: number): boolean {
  if (sizeOf(path) <= limitBytes) return false;
  try {
    renameSync(path, `${path}.1`);
    return true;
  } catch {
    return false;
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

type Scrub = (text: string) => string;

/** What a log method was called with, made safe. An error in front gives the message where there is none. */
function cleanArguments(args: readonly unknown[], scrub: Scrub): unknown[] {
  const [first, ...rest] = args;
  if (first instanceof Error) {
    const [message = first.message, ...others] = rest;
    return [{ err: clean(first, scrub) }, ...[message, ...others].map((part) => clean(part, scrub))];
  }
  return args.map((part) => clean(part, scrub));
}

/** A copy without secrets, of limited size, of which `JSON.stringify` runs nothing foreign. */
function clean(value: unknown, scrub: Scrub): unknown {
  const above = new Set<object>();
  const visit: Visit = (part) => {
    if (typeof part === 'string') return shorten(scrub(part));
    if (typeof part === 'bigint') return String(part);
    if (typeof part !== 'object' || part === null) return part;
    if (above.has(part)) return '[circular]';
    if (above.size >= limits.depth) return '[too deep]';
    if (ArrayBuffer.isView(part)) return `[${part.byteLength} bytes]`;
    above.add(part);
    try {
      return visitObject(part, visit, scrub);
    } catch (error) {
      return `[cannot be logged: ${scrub(messageOf(error))}]`;
    } finally {
      above.delete(part);
    }
  };
  return visit(value);
}

type Visit = (value: unknown) => unknown;

function visitObject(part: object, visit: Visit, scrub: Scrub): unknown {
  if (part instanceof Error) {
    const { name, message, stack, cause } = part;
    const own = { type: visit(name), message: visit(message), stack: visit(stack) };
    return { ...visitFields(part, visit, scrub), ...own, ...(cause === undefined ? {} : { cause: visit(cause) }) };
  }
  if ('toJSON' in part && typeof part.toJSON === 'function') return visit(part.toJSON());
  if (part instanceof Map || part instanceof Set) return visit([...part]);
  if (Array.isArray(part)) return part.slice(0, limits.entries).map(visit);
  return visitFields(part, visit, scrub);
}

function visitFields(part: object, visit: Visit, scrub: Scrub): object {
  const fields = Object.entries(part).slice(0, limits.entries);
  return Object.fromEntries(
    fields.map(([key, value]) => [scrub(key), isSecretName(key) && value ? '[secret]' : visit(value)]),
  );
}

function shorten(text: string): string {
  if (text.length <= limits.textCharacters) return text;
  return `${text.slice(0, limits.textCharacters)}… [${text.length - limits.textCharacters} characters left out]`;
}
