/** A copy of plain data with every text in it mapped, but not those under `except`. Keys stay. */
export function mapStrings<T>(value: T, map: (text: string) => string, except: ReadonlySet<string> = none): T {
  const visit = (part: unknown): unknown => {
    if (typeof part === 'string') return map(part);
    if (typeof part !== 'object' || part === null) return part;
    if (Array.isArray(part)) return part.map(visit);
    return Object.fromEntries(
      Object.entries(part).map(([key, inner]) => [key, except.has(key) ? inner : visit(inner)]),
    );
  };
  return visit(value) as T;
}

const none: ReadonlySet<string> = new Set();
