import type { Patch, Workspace } from '../../../src/workspace/types.ts';

/** Where the operations of a case act: a project or a lane, and a folder beside the project that is nobody's business. */
export interface Place {
  readonly root: string;
  readonly outside: string;
}

/** One thing that a person or a model does to a tree. */
export type Operation = (place: Place) => void;

/** Files by their path, relative to the root. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

/** A project whose tests are green. Its baseline is made once for all situations in it. */
export interface Project {
  readonly name: string;
  /** Committed when the person begins. `package.json` and `.gitignore` are added where they are missing. */
  readonly files: Files;
  /** Paths of `files` that are executable. */
  readonly executable?: readonly string[];
  /** Packages in the project's own `node_modules`, which no snapshot holds. */
  readonly modules?: Files;
  /** Links in `node_modules`, such as a workspace has them, with what they hold. */
  readonly moduleLinks?: Readonly<Record<string, string>>;
  /** What the verdict runs; `full` unless told. */
  readonly scope?: 'related' | 'full';
}

/** A project, and the person's change that turned some of its tests red. */
export interface Situation {
  readonly name: string;
  readonly project: Project;
  readonly change: readonly Operation[];
  /** The files of the change that triage is told of. */
  readonly saved: readonly string[];
}

export type Expected =
  | { readonly kind: 'landed' }
  | { readonly kind: 'refused'; readonly reason: RegExp }
  | { readonly kind: 'parked'; readonly reason: RegExp };

/** A patch that some model might make, and what the harness must say of it. */
export interface Case {
  readonly family: string;
  readonly name: string;
  readonly situation: Situation;
  /** What the model does to its lane; where the patch lands, the project gets the same. */
  readonly fix: readonly Operation[];
  /** What the model does beside the patch: nothing of it may reach the project, whatever the verdict. */
  readonly mischief?: readonly Operation[];
  /** What the person does while the fix is made. */
  readonly meanwhile?: readonly Operation[];
  readonly expected: Expected;
  /** `PROTECTED_PATHS` of the project. */
  readonly protectedPaths?: readonly string[];
  /** Of the run for the verdict. */
  readonly timeoutMs?: number;
  /** Looked at when all is over; throws when something is wrong. */
  readonly afterwards?: (stage: CorpusStage) => Promise<void>;
}

/** What a played case leaves behind, for as long as its folder is there. */
export interface CorpusStage {
  readonly folder: string;
  readonly project: string;
  readonly outside: string;
  /** `TMPDIR` of everything that runs. */
  readonly temporary: string;
  readonly workspace: Workspace;
  /** The patch that was judged last; undefined when the model changed nothing. */
  patch: Patch | undefined;
  /** Where a landing keeps both sides of every file: what undo needs. */
  readonly landing: string;
}

export type Outcome =
  | { readonly kind: 'landed' }
  | { readonly kind: 'refused'; readonly reasons: readonly string[] }
  | { readonly kind: 'parked'; readonly reasons: readonly string[] }
  | { readonly kind: 'broken'; readonly reasons: readonly string[] };

export interface Played {
  readonly outcome: Outcome;
  /** Everything that is not as expected; empty when the case passes. */
  readonly deviations: readonly string[];
  /** The harness changed something that was not its to change. */
  readonly isHarmed: boolean;
  readonly durationMs: number;
}
