type Version = readonly [major: number, minor: number, patch: number];

/**
 * Whether a version of Node (`v20.19.0` or `20.19.0`) is in a range as `engines` fields have them: `^`, `~`, `>=`, `>`, `<`, `<=`,
 * `20.x`, `||` for either, a space for both. What it cannot read counts as satisfied: an odd field must not stop a project.
 */
export function satisfies(version: string, range: string): boolean {
  const actual = parse(version.replace(/^v/, ''));
  if (actual === undefined) return true;
  return range.split('||').some((part) => {
    const comparators = part
      .trim()
      .replaceAll(/([<>=^~])\s+/g, '$1')
      .split(/\s+/);
    return comparators.every((comparator) => holds(actual, comparator));
  });
}

function holds(actual: Version, comparator: string): boolean {
  const [, operator = '', rest = ''] = /^([<>=^~]*)(.*)$/.exec(comparator) ?? [];
  const wanted = parse(rest);
  if (wanted === undefined) return true;
  const order = compare(actual, wanted);
  switch (operator) {
    case '>=':
      return order >= 0;
    case '>':
      return order > 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '^':
      return order >= 0 && actual[0] === wanted[0];
    case '~':
      return order >= 0 && actual[0] === wanted[0] && actual[1] === wanted[1];
    default:
      return rest.split('.').every((part, index) => !/^\d+$/.test(part) || Number(part) === actual[index]);
  }
}

/** Missing or `x` parts count as 0; undefined when there is no number at all (`*`). */
function parse(text: string): Version | undefined {
  const match = /^(\d+)(?:\.(\d+|[x*]))?(?:\.(\d+|[x*]))?/.exec(text);
  if (match === null) return undefined;
  const part = (index: number) => Number.parseInt(match[index] ?? '', 10) || 0;
  return [part(1), part(2), part(3)];
}

function compare(left: Version, right: Version): number {
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}
