import type { Program } from '../program.ts';

/** All that the text of a service depends on. */
export interface ServiceFacts {
  /** In file names; of no other project. */
  readonly id: string;
  readonly projectRoot: string;
  readonly program: Program;
  readonly variables: Readonly<Record<string, string>>;
  /** Those of them that somebody has asked for by name. */
  readonly asked: readonly string[];
  readonly shutdownGraceMs: number;
  readonly heartbeatMs: number;
  /** 0 to 19. */
  readonly nice: number;
  readonly logFile: string;
  readonly systemd: { readonly version: number; readonly hasNotify: boolean };
}

const askedWord = 'More variables asked for: ';

/** A line of a comment by which the next `service` without `--env` writes the same. */
export function askedLine(asked: readonly string[]): string {
  return `${askedWord}${asked.length === 0 ? 'none' : asked.join(',')}`;
}

export function askedIn(text: string): readonly string[] {
  const found = new RegExp(`${askedWord}([\\w,]+)`).exec(text)?.[1] ?? 'none';
  return found === 'none' ? [] : found.split(',');
}
