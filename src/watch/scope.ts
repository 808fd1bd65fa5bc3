/** Whether a path is at or below one of the watched ones; `.` is the whole project. */
export function isWatched(path: string, watchPaths: readonly string[]): boolean {
  return watchPaths.some((watched) => watched === '.' || path === watched || path.startsWith(`${watched}/`));
}
