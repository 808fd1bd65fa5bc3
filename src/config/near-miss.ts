/** The one of the names that this text was probably meant to be; undefined where it is one of them, or none is near. */
export function nearMiss(text: string, names: readonly string[]): string | undefined {
  if (names.includes(text)) return undefined;
  const plain = simplified(text);
  const candidates = names.map((name) => ({ name, distance: distanceOf(plain, simplified(name)) }));
  const [best] = candidates.sort((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= allowed(best.name) ? best.name : undefined;
}

/** `Max-Retries` and `MAXRETRIES` are `MAX_RETRIES` to a person. */
function simplified(name: string): string {
  return name.toUpperCase().replace(/[_.-]/g, '');
}

/** Among short names a difference is rather another name: LANG is not LAND. */
function allowed({ length }: string): number {
  if (length <= 6) return 0;
  return length <= 8 ? 1 : 2;
}

/** How many letters were added, left out, changed or swapped with the next one. */
function distanceOf(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= a.length; row++) {
    const line = [row];
    for (let column = 1; column <= b.length; column++) {
      const at = (up: number, left: number): number => (up === 0 ? line : (rows[row - up] ?? []))[column - left] ?? 0;
      const isSame = a[row - 1] === b[column - 1];
      const isSwapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const ways = [at(1, 0) + 1, at(0, 1) + 1, at(1, 1) + (isSame ? 0 : 1), ...(isSwapped ? [at(2, 2) + 1] : [])];
      line.push(Math.min(...ways));
    }
    rows.push(line);
  }
  return rows[a.length]?.[b.length] ?? 0;
}
