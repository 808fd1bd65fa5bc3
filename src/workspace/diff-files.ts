import parseDiff from 'parse-diff';

/** The files of a unified diff, by where they are after it; what is gone, by where it was. */
export function filesOfDiff(text: string): ReadonlyMap<string, parseDiff.File> {
  return new Map(parseDiff(text).map((file) => [pathOf(file), file]));
}

function pathOf({ from, to }: parseDiff.File): string {
  return (to === '/dev/null' ? from : (to ?? from)) ?? '';
}
