const levels = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const;
export type LogLevel = keyof typeof levels;
export const logLevels = Object.keys(levels) as readonly LogLevel[];

/** One line of the log. What is no line of ours (a crash of the disk may tear one) has no fields. */
export interface LogEntry {
  readonly line: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly level: LogLevel;
  /** Epoch ms; NaN where it says none. */
  readonly at: number;
}

export interface LogChoice {
  readonly level?: LogLevel | undefined;
  /** The beginning of an id; `task_` may be left out. */
  readonly task?: string | undefined;
}

export function entryOf(line: string): LogEntry {
  const fields = fieldsOf(line);
  const { level, time } = fields;
  return {
    line,
    fields,
    level: logLevels.find((name) => name === level) ?? 'info',
    at: typeof time === 'string' ? Date.parse(time) : Number.NaN,
  };
}

export function isChosen({ level, fields }: LogEntry, choice: LogChoice): boolean {
  if (choice.level !== undefined && levels[level] < levels[choice.level]) return false;
  const { task } = choice;
  if (task === undefined) return true;
  const { taskId } = fields;
  return typeof taskId === 'string' && (taskId.startsWith(task) || taskId.startsWith(`task_${task}`));
}

function fieldsOf(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}
