import { checkId, parseEntries } from './objects.ts';
import { toText } from './paths.ts';
import type { Project } from './project.ts';
import type { HeadMove } from './types.ts';

/** What git notes in the reflog for a command that brings another commit into the working tree (git-reflog(1)). */
const broughtIn = /^(?:checkout|switch|pull|merge|rebase|reset|cherry-pick|revert|am|bisect)\b/;
/** More steps than these since the last look are not looked through. */
const maxSteps = 1_000;

/** How HEAD went from one commit to another; undefined where git has not noted it. */
export async function headMove(project: Project, from: string, to: string): Promise<HeadMove | undefined> {
  const steps = await stepsSince(project, from);
  if (steps === undefined) return undefined;
  if (!steps.some((step) => broughtIn.test(step))) return { isSwitch: false, blobs: new Map() };
  // A project in a subfolder of its repository is a tree of its own.
  const listing = await project.ask(['ls-tree', '-r', '-z', '--full-tree', `${checkId(to)}:${project.prefix}`]);
  if (listing === undefined) return undefined;
  return { isSwitch: true, blobs: new Map(parseEntries(listing).map(({ path, id }) => [toText(path), id])) };
}

/** The reflog's words for what moved HEAD since it was at this commit, newest first. */
async function stepsSince(project: Project, from: string): Promise<readonly string[] | undefined> {
  const format = ['--no-show-signature', '--format=%H %gs', `--max-count=${maxSteps}`];
  const log = await project.ask(['-c', 'log.showSignature=false', 'log', '-g', ...format, 'HEAD', '--']);
  const lines = log?.toString('utf8').split('\n') ?? [];
  const last = lines.findIndex((line) => line.startsWith(`${from} `));
  return last < 0 ? undefined : lines.slice(0, last).map((line) => line.slice(line.indexOf(' ') + 1));
}
