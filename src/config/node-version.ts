/** The oldest minor and patch of each major that `engines` in package.json allows; every major from the last on is allowed. */
const oldest: ReadonlyArray<readonly [major: number, minor: number, patch: number]> = [
  [22, 22, 2],
  [24, 15, 0],
  [26, 0, 0],
];

/**
 * A sentence for people when this Node cannot run Mendwatch, else undefined. An entry point calls it before it imports
 * anything else, since an import of a newer library would fail first with words that help nobody.
 *
 * @param version as `process.versions.node` gives it: `24.15.0`
 */
export function unsupportedNode(version: string): string | undefined {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  const line = oldest.find(([known]) => known === major);
  const supported = line ? minor > line[1] || (minor === line[1] && patch >= line[2]) : major > 26;
  if (supported) return undefined;
  return `Mendwatch needs Node 22.22.2 or later, 24.15 or later, or 26 and newer; this is Node ${version}. Install a newer one from https://nodejs.org and try again.`;
}
