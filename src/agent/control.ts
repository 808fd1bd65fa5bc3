import type { Task } from '../domain/task.ts';
import type { AgentEvent } from '../events.ts';
import type { Restored } from '../land/restore.ts';
import type { StateDocument } from '../state/schema.ts';

/** How an agent stands: what its state file says of it. */
export type Standing = StateDocument['processes']['orchestrator'];

/** What a person can say to an agent, whether it runs in this process, in another, or not at all. */
export interface AgentCommands {
  /** No task is claimed until `resume`; what is under way comes to the end of its attempt. Outlasts a restart. */
  pause(): Promise<Standing>;
  /** Ends a pause and a snooze. */
  resume(): Promise<Standing>;
  /** No fix is begun for this long; changes are looked at as ever. Outlasts a restart. */
  snooze(ms: number): Promise<Standing>;
  /** The task is tried again, at once. @throws MendwatchError when there is nothing to try again */
  retry(taskId: string): Promise<Task>;
  /** Ends a task that waits or is in work. Gives what became of it: it may have ended in another way. */
  cancel(taskId: string): Promise<Task>;
  /** Takes a landed fix back. @throws MendwatchError when nothing of it is in the tree */
  undo(taskId: string): Promise<Restored>;
  /** Puts a parked fix into the tree. @throws MendwatchError when it has none */
  apply(taskId: string): Promise<Restored>;
}

/** A running agent, for callers in its own process. */
export interface AgentControl extends AgentCommands {
  /** The state as it was last written. */
  readonly state: StateDocument;
  /** Settles when the agent has stopped; rejects with what ended it when that was no `stop`. */
  readonly done: Promise<void>;
  /**
   * Stops watching, lets what is under way finish within `SHUTDOWN_GRACE_SECONDS` or puts it back, ends every child,
   * writes the state. Idempotent.
   */
  stop(reason: string): Promise<void>;
  /** The same without the grace. */
  force(reason: string): Promise<void>;
  /** The same, for an error that nobody caught: it is logged, and `done` rejects with it. */
  fail(error: unknown): Promise<void>;
  /** Returns the function that ends the subscription. Nothing secret is in what comes. */
  onEvent(listener: (event: AgentEvent) => void): () => void;
}
