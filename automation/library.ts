export { type ExecuteListOptions, type ExecuteOptions, execute, executeList } from '../src/agent/execute.ts';
export type {
  ChangedFiles,
  ListEvent,
  ListedResult,
  ListResult,
  ListTask,
  TaskChoice,
  TaskEnd,
  TaskEvent,
  TaskResult,
} from '../src/domain/claude-task.ts';
export type { HookNote } from '../src/domain/hooks.ts';
export { MendwatchError } from '../src/errors.ts';
