import type { CheckCommand, CheckName } from '../../domain/runner-names.ts';
import type { Checked } from '../../domain/tests.ts';
import type { ProcessResult } from '../../process/types.ts';
import type { Broken } from '../report/ends.ts';
import type { SettingsChain } from '../settings-chain.ts';
import type { Finding, Search } from '../types.ts';

/** What a check said, before it has an id. */
export interface Problem {
  /** As the tool wrote it: absolute, or relative to where it ran; empty for what belongs to no file. */
  readonly file: string;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  readonly code?: string | undefined;
  /** The first line is what it is known by. */
  readonly message: string;
  readonly severity: 'error' | 'warning';
}

/** What came of one run of a tool. */
export type Looked =
  | { readonly kind: 'problems'; readonly problems: readonly Problem[]; readonly unread?: Checked['unread'] }
  | { readonly kind: 'broken'; readonly reason: Broken['reason']; readonly detail: string };

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Where a run takes place. Folders are real paths. */
export interface Place {
  readonly root: string;
  /** Of the check, inside the root. */
  readonly folder: string;
  readonly reportFolder: string;
  /** Has a file removed when the run is over. */
  readonly leave: (file: string) => void;
}

/** A check of a project, found and ready. */
export interface Setup {
  readonly check: CheckName;
  /** Relative to the root with `/`; empty is the root. */
  readonly folder: string;
  readonly version: string;
  /** What it looks at, for people; empty where its name says it. */
  readonly what: string;
  readonly wants: (path: string) => boolean;
  readonly isSettings: (path: string) => boolean;
  /** What its settings take from other files, where they can. */
  readonly chain?: SettingsChain;
  readonly commands: (place: Place) => Promise<readonly Command[]>;
  /** What a command that came to its end has said. */
  readonly read: (ended: Ended, place: Place) => Looked | Promise<Looked>;
}

export interface Ended extends Pick<ProcessResult, 'stdout' | 'stderr'> {
  readonly code: number;
}

export interface CheckSearch extends Search {
  readonly checkCommand: CheckCommand | undefined;
}

/** A kind of check before it is known whether the project uses it. */
export interface CheckFamily {
  readonly name: CheckName;
  /** As of a `Family`. */
  readonly find: (search: CheckSearch) => Promise<readonly Finding[]>;
}
