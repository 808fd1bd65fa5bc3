import { styleText } from 'node:util';
import type { LogEntry, LogLevel } from '../agent/log-entry.ts';
import type { AgentEvent } from '../events.ts';
import { inOneLine, printable } from './line.ts';
import { lineOf } from './lines.ts';

const colours = {
  trace: 'gray',
  debug: 'gray',
  info: 'cyan',
  warn: 'yellow',
  error: 'red',
  fatal: 'red',
} as const satisfies Record<LogLevel, string>;

const maxField = 120;

/** A line of the log for people: time, level, what happened, and the task where it does not name it. */
export function logLine(entry: LogEntry, out: NodeJS.WriteStream): string {
  const { line, fields, level, at } = entry;
  const safe = (text: string): string => printable(inOneLine(text));
  if (Number.isNaN(at)) return safe(line);
  const { taskId } = fields;
  const text = safe(told(entry) ?? plain(fields));
  const task = typeof taskId === 'string' && !text.includes(taskId) ? ` (${safe(taskId)})` : '';
  const gray = (part: string): string => (part === '' ? '' : styleText('gray', part, { stream: out }));
  const time = gray(new Date(at).toLocaleString('sv-SE'));
  return `${time} ${styleText(colours[level], level.padEnd(5), { stream: out })} ${text}${gray(task)}`;
}

/** In the words of the view; undefined for what it does not tell, or tells otherwise in this version. */
function told({ fields, at }: LogEntry): string | undefined {
  const { event, level: _level, time: _time, pid: _pid, msg: _msg, ...rest } = fields;
  if (typeof event !== 'string') return undefined;
  try {
    const text = lineOf({ ...rest, type: event, at } as AgentEvent)?.text;
    // The event had other fields in the version that wrote it.
    return text === undefined || /\b(?:undefined|NaN)\b/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

function plain(fields: LogEntry['fields']): string {
  const { event: _event, level: _level, time: _time, pid: _pid, taskId: _task, msg, err, ...rest } = fields;
  const message = typeof err === 'object' && err !== null && 'message' in err ? String(err.message) : undefined;
  const words = [
    ...(typeof msg === 'string' ? [msg] : []),
    ...(message === undefined || message === msg ? [] : [message]),
    ...Object.entries(rest).map(([name, value]) => `${name}=${shortly(value)}`),
  ];
  return words.join(' ');
}

function shortly(value: unknown): string {
  const rounded = typeof value === 'number' ? Math.round(value * 10_000) / 10_000 : value;
  const text = typeof rounded === 'string' ? rounded : (JSON.stringify(rounded) ?? '');
  return text.length > maxField ? `${text.slice(0, maxField)}…` : text;
}
