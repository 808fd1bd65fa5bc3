/** How the service stands. Null: nobody can say, since what keeps services does not answer. */
export interface ServiceStanding {
  readonly name: string;
  readonly file: string;
  readonly installed: boolean;
  /** Whether the file says what would be written today. */
  readonly current: boolean;
  /** It starts by itself when the user logs in. */
  readonly enabled: boolean | null;
  readonly active: boolean | null;
  /** In the words of what keeps it. */
  readonly state: string | null;
  readonly pid: number | null;
}

export interface Done {
  /** Whether it runs now. False: the file is written, and a person has to do the rest. */
  readonly isRunning: boolean;
  /** What to type or to know, a line each. */
  readonly advice: readonly string[];
}

/** What keeps services on a machine: systemd or launchd. */
export interface ServiceKeeper {
  readonly name: string;
  readonly file: string;
  /** What the file shall say. */
  readonly text: string;
  /** @throws MendwatchError when the text is refused (nothing is left then) or the service does not come up */
  install(): Promise<Done>;
  /** Leaves nothing. Gives what a person has still to do. */
  uninstall(): Promise<readonly string[]>;
  standing(): Promise<ServiceStanding>;
}
