/** A pattern of what a line may look at, with what that is called in the reason. */
export interface Mark {
  readonly pattern: RegExp;
  readonly what: string;
}
