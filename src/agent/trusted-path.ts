import { delimiter, isAbsolute } from 'node:path';
import { isInside, realOrSame } from '../config/places.ts';

/**
 * A PATH without the folders that lie in the project in the end, by a link or not, and without those that are meant from
 * wherever a process runs: a program there could have been put to pass for another.
 */
export function outsideOf(projectRoot: string, path: string): string {
  const project = realOrSame(projectRoot);
  return path
    .split(delimiter)
    .filter((entry) => isAbsolute(entry) && !isInside(realOrSame(entry), project))
    .join(delimiter);
}
