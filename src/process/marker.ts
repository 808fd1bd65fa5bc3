import { randomUUID } from 'node:crypto';

/** The environment variable by which a process and its descendants are known. */
export const MARKER = 'MENDWATCH_MARKER';

/**
 * A marked process may start marked processes of its own, and an environment has room for one value: so it is a list,
 * the outermost first, and a process belongs to every family whose element it carries.
 */
export function nestedMarker(outer: readonly string[]): string {
  return [...new Set(outer), randomUUID()].join(':');
}

export function elementsOf(marker: string | undefined): string[] {
  return marker ? marker.split(':').filter((element) => element !== '') : [];
}

/** The element that names the family itself, not the families around it. */
export function ownElement(marker: string): string {
  return elementsOf(marker).at(-1) ?? '';
}
