/** A pattern of what a line may look at, with what that is called in the reason. */
export interface Mark {
  readonly pattern: RegExp;
  readonly what: string;
  /** A file with such a line is not the program but what tests it, whatever its name. */
  readonly isOfTests?: true;
}
