/** How a command is shown. */
export interface Entry {
  /** For the list of all commands; one line. */
  readonly summary: string;
  /** For its own help, where there is more to say. */
  readonly about?: string;
  /** What its arguments are, by their names. */
  readonly words?: Readonly<Record<string, string>>;
  /** Flags, what they do, and what holds without them. */
  readonly options?: ReadonlyArray<readonly [flags: string, does: string, otherwise?: string]>;
  readonly examples?: readonly string[];
}

/** @param usage name and arguments: `show <id>` */
export type Add = <Words extends unknown[]>(
  usage: string,
  entry: Entry,
  run: (...words: Words) => Promise<number>,
) => void;

/** Commands behind other doors: loaded when they are called, and handed in, since doors do not know each other. */
export interface OtherDoors {
  serve(tell: (text: string) => void): Promise<number>;
  mcp(): Promise<number>;
}

export const asJson = ['--json', 'as JSON'] as const;

/** A command that is loaded when it is called: one that only looks should not load the whole agent first. */
export function later<Module, Words extends unknown[]>(
  load: () => Promise<Module>,
  pick: (module: Module) => (...words: Words) => Promise<number>,
): (...words: Words) => Promise<number> {
  return async (...words) => pick(await load())(...words);
}
