import type { ValueSchema } from './values.ts';

/** One setting as people write it: the parser, `.env.example` and the table of the README are made from this. */
export interface Setting<T> {
  readonly schema: ValueSchema<T>;
  /** The text that holds where nothing is set. */
  readonly default?: string;
  /** What happens where nothing is set and there is no fixed default. */
  readonly otherwise?: string;
  /** One line. */
  readonly description: string;
  readonly example: string;
  /** Never printed, logged or handed to the project's commands. */
  readonly secret?: true;
}

export const daySeconds = 86_400;
