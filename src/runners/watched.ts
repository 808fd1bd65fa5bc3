import { isSource } from './foreign.ts';
import { isInFolder } from './report/paths.ts';
import type { Finding } from './types.ts';

type Found = Extract<Finding, { kind: 'runner' }>;

/** A folder in which something runs tests, or would if it could. */
interface Home {
  readonly finding: Finding;
  readonly folder: string;
}

/** The person has named these commands; which tests they run nobody else knows. */
const asked: readonly string[] = ['junit', 'command'];

/**
 * What runs the tests of the watched folders: the runners inside of them, and for source files that belong to none of
 * those the nearest ones above. The rest is left out, so that its tests are neither run nor known.
 *
 * @param watchPaths relative to the root with `/`; `.` is all of it.
 * @param files of the project, as `projectFiles` gives them.
 */
export function watchedOnly(
  findings: readonly Finding[],
  watchPaths: readonly string[],
  files: readonly string[],
): readonly Finding[] {
  if (watchPaths.includes('.')) return findings;
  const kept = new Map<Finding, Set<string>>();
  const keep = ({ finding, folder }: Home): void => {
    kept.set(finding, (kept.get(finding) ?? new Set()).add(folder));
  };
  const checks = findings.filter(isOfEach);
  const homes = findings.filter((each) => !checks.includes(each)).flatMap(homesOf);
  for (const watched of watchPaths) for (const home of homesFor(watched, homes, files)) keep(home);
  for (const home of checks.flatMap(homesOf)) {
    if (watchPaths.some((watched) => isInFolder(home.folder, watched) || isInFolder(watched, home.folder))) keep(home);
  }
  return findings.flatMap((finding) => {
    const folders = kept.get(finding);
    return folders === undefined ? [] : [narrowed(finding, [...folders])];
  });
}

/** Checks stand beside the tests and beside each other; none takes the place of another. */
function isOfEach(finding: Finding): boolean {
  return finding.kind === 'runner' && (finding.runner.isCheck === true || asked.includes(finding.runner.name));
}

function homesOf(finding: Finding): readonly Home[] {
  const folders = (finding.kind === 'runner' ? finding.homes : undefined) ?? [finding.folder];
  return folders.map((folder) => ({ finding, folder }));
}

function homesFor(watched: string, homes: readonly Home[], files: readonly string[]): readonly Home[] {
  const inside = homes.filter(({ folder }) => isInFolder(folder, watched));
  const isOwned = (path: string): boolean => inside.some(({ folder }) => isInFolder(path, folder));
  let left = files.filter(
    (path) => isInFolder(path, watched) && !isOwned(path) && (inside.length === 0 || isSource(path)),
  );
  const above = homes.filter(({ folder }) => folder !== watched && isInFolder(watched, folder));
  const chosen = [...inside];
  const levels = [...new Set(above.map(({ folder }) => folder))].sort((one, other) => other.length - one.length);
  for (const level of levels) {
    if (left.length === 0) break;
    const here = above.filter(({ folder }) => folder === level);
    const fit = here.filter(({ finding }) => finding.kind === 'unusable' || left.some(finding.runner.wants));
    chosen.push(...fit);
    left = left.filter((path) => !fit.some(({ finding }) => finding.kind === 'runner' && finding.runner.wants(path)));
  }
  return chosen;
}

function narrowed(finding: Finding, folders: readonly string[]): Finding {
  if (finding.kind !== 'runner' || finding.only === undefined) return finding;
  const isWhole = finding.homes?.every((home) => folders.includes(home)) === true;
  const runner: Found['runner'] = isWhole ? finding.runner : finding.only(folders);
  return { ...finding, runner, homes: folders };
}
