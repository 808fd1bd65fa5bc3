/** Moments at which programs of the person's own are asked or told. */
export const hookPoints = ['pre-execute', 'post-execute', 'pre-fix', 'post-fix', 'pre-land'] as const;

export type HookPoint = (typeof hookPoints)[number];

/** What a hook wants to have written down beside the thing that it was asked about. */
export interface HookNote {
  readonly hook: string;
  readonly note: string;
}

/** A hook that failed; what it was asked about goes on without it. */
export interface HookWarning {
  readonly hook: string;
  readonly message: string;
}

/** What all hooks of a moment have said together. */
export interface HookOutcome {
  /** The first that refused; those after it were not asked. */
  readonly refusal: { readonly hook: string; readonly reason: string } | undefined;
  /** Variables for the process that is about to start. */
  readonly env: Readonly<Record<string, string>>;
  readonly notes: readonly HookNote[];
  readonly warnings: readonly HookWarning[];
}

export interface HookStatus {
  /** `pre-execute.d/10-limits` */
  readonly name: string;
  readonly point: HookPoint;
  /** `rejected`: it was not fit to be run at the start. `off`: it has failed too often since. */
  readonly state: 'on' | 'off' | 'rejected';
  readonly reason: string | undefined;
  readonly runs: number;
  readonly failures: number;
  readonly refusals: number;
  readonly lastMs: number | undefined;
  readonly meanMs: number | undefined;
  readonly longestMs: number | undefined;
}

export interface HooksStatus {
  readonly isEnabled: boolean;
  /** Why none is run at all. */
  readonly reason: string | undefined;
  readonly folder: string;
  readonly hooks: readonly HookStatus[];
}
