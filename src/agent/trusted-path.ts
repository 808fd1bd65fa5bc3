import { delimiter, sep } from 'node:path';

/** A PATH without the project's own folders: a program there could have been put to pass for another. */
export function outsideOf(projectRoot: string, path: string): string {
  const isInside = (entry: string) => entry === projectRoot || entry.startsWith(projectRoot + sep);
  return path
    .split(delimiter)
    .filter((entry) => !isInside(entry))
    .join(delimiter);
}
