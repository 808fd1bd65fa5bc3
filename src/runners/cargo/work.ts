import type { KeptTarget } from './kept-target.ts';
import type { Selection } from './select.ts';
import type { Session } from './session.ts';
import type { Workspace } from './workspace.ts';

/** One run of the tests of a workspace. */
export interface Work {
  readonly session: Session;
  readonly workspace: Workspace;
  readonly selection: Selection;
  readonly kept: KeptTarget;
  /** The kind of machine that is built for. */
  readonly host: string;
  /** For what is needed during the run alone. */
  readonly folder: string;
}
